/** Keeps transfers as files of one folder: `<id>.json`, `<id>.plan`, `<id>.begun` and `<id>.done`. */
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "./localFiles.ts";
import { jsonObject } from "../../base/json.ts";

/** Records beyond these are of a program that has gone wrong. */
const recordsAtMost = 500;
const recordBytesAtMost = 32 * 1024 * 1024;
/** The length of an item's short name. */
const nameLength = 16;

/** A record is written whole or not at all; done items are only ever added. */
export class TransferFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The records that are wanted, in the order of their ids; what cannot be read is left out. */
  async load(isWanted: (id: string) => boolean = () => true): Promise<readonly unknown[]> {
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) =>
      name.endsWith(".json"),
    );
    const ids = names.map((name) => name.replace(/\.json$/, ""));
    const records: unknown[] = [];
    for (const id of ids.toSorted().slice(-recordsAtMost).filter(isWanted)) {
      const file = async (kind: string) => await objectIn(join(this.#folder, `${id}.${kind}`));
      const record = await file("json");
      if (record) records.push({ ...record, ...(await file("plan")), ...(await file("begun")) });
    }
    return records;
  }

  /** The record by itself, without what is kept apart; undefined if there is none. */
  async look(id: string): Promise<unknown> {
    return await objectIn(this.#path(id, "json"));
  }

  async save(id: string, record: unknown): Promise<void> {
    await this.#write(this.#path(id, "json"), record);
  }

  /** What the record will be loaded with as its `plan`. */
  async savePlan(id: string, plan: unknown): Promise<void> {
    await this.#write(this.#path(id, "plan"), { plan });
  }

  /** What the record will be loaded with as its `checkpoints`. */
  async saveCheckpoints(id: string, checkpoints: unknown): Promise<void> {
    await this.#write(this.#path(id, "begun"), { checkpoints });
  }

  async remove(id: string): Promise<void> {
    for (const kind of ["json", "plan", "begun", "done", "lock"] as const)
      await rm(this.#path(id, kind), { force: true });
  }

  /**
   * Takes the transfer for this process, or keeps it. A window that has died, or has not kept it
   * for half a minute, has lost it. "gone" if there is no record.
   */
  async claim(id: string): Promise<"ours" | "theirs" | "gone"> {
    const path = this.#path(id, "lock");
    const found = await stat(this.#path(id, "json")).catch(() => undefined);
    if (!found) return "gone";
    for (let attempts = 0; attempts < 3; attempts++) {
      const holder = await holderOf(path);
      if (holder === process.pid) {
        const now = new Date();
        await utimes(path, now, now);
        return "ours";
      }
      if (holder !== undefined) return "theirs";
      // What is stale goes. Of two that see that, one may take away what the other has just made,
      // which that one hears when it keeps it.
      await rm(path, { force: true });
      try {
        await writeFile(path, String(process.pid), { flag: "wx", mode: 0o600 });
        return "ours";
      } catch (error) {
        if (!hasCode(error, "EEXIST")) throw error;
      }
    }
    return "theirs";
  }

  async release(id: string): Promise<void> {
    const path = this.#path(id, "lock");
    if ((await holderOf(path)) === process.pid) await rm(path, { force: true });
  }

  /** Adds short names of items that are done. */
  async addDone(id: string, items: readonly string[]): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await appendFile(this.#path(id, "done"), `${items.join("\n")}\n`, { mode: 0o600 });
  }

  async done(id: string): Promise<ReadonlySet<string>> {
    const text = await readFile(this.#path(id, "done"), "latin1").catch(() => "");
    // A name that was cut off by a crash is no name of this length, even with the next one behind it.
    return new Set(text.split("\n").filter((name) => name.length === nameLength));
  }

  async #write(path: string, value: unknown): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const temporary = `${path}.tmp`;
    await writeFile(temporary, JSON.stringify(value), { mode: 0o600 });
    await rename(temporary, path);
  }

  #path(id: string, kind: "json" | "plan" | "begun" | "done" | "lock"): string {
    if (!/^[\w-]+$/.test(id)) throw new Error("not the id of a transfer");
    return join(this.#folder, `${id}.${kind}`);
  }
}

async function objectIn(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > recordBytesAtMost) return undefined;
  return jsonObject(await readFile(path, "utf8").catch(() => ""));
}

/** A process that has not said for so long that it lives has lost what it held. */
const forgottenAfterMs = 30_000;

/** The living process that holds a lock. */
async function holderOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found || Date.now() - found.mtimeMs > forgottenAfterMs) return undefined;
  const pid = Number(await readFile(path, "utf8").catch(() => ""));
  return pid > 0 && isAlive(pid) ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and belongs to somebody else.
    return hasCode(error, "EPERM");
  }
}
