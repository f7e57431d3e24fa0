/** The storages of the demo: those of the servers that can be had here, and a folder in any case. */
import type { Draft } from "../../src/app/connections.ts";
import { openStorage } from "../../src/storage/open.ts";
import type { Answers } from "../../src/storage/provider.ts";
import { providerOf } from "../../src/storage/registry.ts";
import { startApache } from "../servers/apache.ts";
import { Unavailable, type Server } from "../servers/process.ts";

export interface Storages {
  /** Ready-made connections, secrets included. */
  readonly drafts: readonly (Draft & { readonly id: string })[];
  stop(): Promise<void>;
}

/** Starts what can be started, fills it, and says in one line each what could not. */
export async function startStorages(folder: string): Promise<Storages> {
  const started = await Promise.all([
    attempt("the WebDAV server", async () => await webdav()),
    attempt("the folder", async () => await inFolder(folder)),
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
  readonly draft: Draft & { readonly id: string };
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

async function webdav(): Promise<Sample> {
  const server = await startApache();
  const draft = {
    id: "demo-webdav",
    name: "Garden club (WebDAV)",
    provider: "webdav",
    answers: server.answers,
  };
  await fill(draft.provider, draft.answers, clubFiles);
  return { draft, server };
}

async function inFolder(path: string): Promise<Sample> {
  const draft = {
    id: "demo-folder",
    name: "USB disk (folder)",
    provider: "folder",
    answers: { path },
  };
  await fill(draft.provider, draft.answers, { "old plans/2024.txt": "Potatoes everywhere.\n" });
  return { draft };
}

/** Writes text objects through the product's own drivers. */
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

const clubFiles = {
  "minutes/2026-03.md": "# Minutes of March\n\nThe hose is shared from now on.\n",
  "minutes/2026-04.md": "# Minutes of April\n\nNobody has seen the hose.\n",
  "recipes/pesto.md": "Basil, oil, cheese, patience.\n",
};
