/** The storages of the demo: those of the servers that can be had here, and a folder in any case. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Draft } from "../../src/app/connections/connections.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { Answers } from "../../src/storage/provider.ts";
import { providerOf } from "../../src/storage/registry.ts";
import { startApache } from "../servers/apache.ts";
import { createBucket } from "../servers/buckets.ts";
import { startCeph } from "../servers/ceph.ts";
import { Unavailable, type Server } from "../servers/process.ts";

export interface Storages {
  /** Ready-made connections, secrets included. */
  readonly drafts: readonly SavedDraft[];
  stop(): Promise<void>;
}

type SavedDraft = Draft & { readonly id: string };

/** Starts what can be started, fills it, and says in one line each what could not. */
export async function startStorages(home: string): Promise<Storages> {
  const started = await Promise.all([
    attempt("an S3 server", s3),
    attempt("a WebDAV server", webdav),
    attempt("a folder", async () => await folder(join(home, "disk"))),
  ]);
  const storages = started.filter((storage) => storage !== undefined);
  return {
    drafts: storages.map(({ draft }) => draft),
    async stop() {
      await Promise.all(storages.map(async ({ server }) => await server?.stop()));
    },
  };
}

interface Sample {
  readonly draft: SavedDraft;
  readonly server?: Server;
}

async function attempt(what: string, start: () => Promise<Sample>): Promise<Sample | undefined> {
  try {
    return await start();
  } catch (error) {
    const reason = error instanceof Unavailable ? error.message : String(error);
    console.log(`The demo goes on without ${what}: ${reason}`);
    return undefined;
  }
}

async function s3(): Promise<Sample> {
  const server = await startCeph();
  const { answers } = server;
  for (const bucket of ["backups", "photos"]) await createBucket(answers, bucket);
  await fill("s3", { ...answers, bucket: "photos" }, photos());
  const draft = { id: "demo-s3", name: "Home server", provider: "s3", preset: "ceph", answers };
  return { draft, server };
}

async function webdav(): Promise<Sample> {
  const server = await startApache();
  const { answers } = server;
  await fill("webdav", answers, minutes);
  return { draft: { id: "demo-webdav", name: "Garden club", provider: "webdav", answers }, server };
}

async function folder(path: string): Promise<Sample> {
  mkdirSync(path, { recursive: true });
  const answers = { path };
  await fill("folder", answers, { "old plans/2024.txt": "Potatoes everywhere.\n" });
  return { draft: { id: "demo-folder", name: "Spare disk", provider: "folder", answers } };
}

/** Writes objects through the product's own drivers. */
async function fill(
  providerId: string,
  answers: Answers,
  objects: Readonly<Record<string, string>>,
): Promise<void> {
  const provider = providerOf(providerId);
  if (!provider) throw new Unavailable(`there is no provider ${providerId}`);
  const storage = await openStorage({ provider, answers }, () => {});
  for (const [key, text] of Object.entries(objects)) await storage.write(key, new Blob([text]));
}

const minutes = {
  "minutes/2026-03.md": "# Minutes of March\n\nThe hose is shared from now on.\n",
  "minutes/2026-04.md": "# Minutes of April\n\nNobody has seen the hose.\n",
  "recipes/pesto.md": "Basil, oil, cheese, patience.\n",
};

function photos(): Record<string, string> {
  const leaf = (hue: number) =>
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="hsl(${hue} 60% 45%)" d="M4 20C4 10 10 4 20 4c0 10-6 16-16 16Z"/></svg>\n`;
  const leaves = Array.from({ length: 24 }, (_, n) => [`leaves/leaf ${n + 1}.svg`, leaf(n * 15)]);
  return {
    "README.md": "# Photos\n\nDrawn, to be honest.\n",
    "2026/captions.csv": "file,caption\nleaf 1.svg,Beech\n",
    ...Object.fromEntries(leaves),
  };
}
