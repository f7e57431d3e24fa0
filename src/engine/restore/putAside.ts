import { closeSync, openSync, writeSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isObject, jsonObject } from "../../base/json.ts";
import { lstatIfThere } from "../disk/fileComparison.ts";
import { putBack } from "../disk/fileWriter.ts";
import { unsaved } from "../disk/localPath.ts";
import type { MadeEntry, RestoreUndo } from "./restoreUndo.ts";

const journalName = "journal";

/**
 * What a restore puts aside, each under a number. What it belongs to is written down before it is
 * touched, so that a process that dies takes none of it along; see `restoresCutOff`.
 */
export class PutAside {
  readonly folder: string;
  readonly #root: string;
  /** What is put aside, or about to be, for something that is not settled yet. */
  readonly #unsettled = new Map<string, MadeEntry>();
  #count = 0;
  #journal: number | undefined;

  /** `folder` is there before the first is put aside. */
  constructor(folder: string, root: string) {
    this.folder = folder;
    this.#root = root;
  }

  /** Where to keep what is in the place of `entry`. */
  for(entry: MadeEntry): string {
    const kept = this.next();
    const whole = { ...entry, kept };
    this.#unsettled.set(kept, whole);
    this.#writeDown(whole);
    return kept;
  }

  /** Where to keep something that whoever asks remembers. */
  next(): string {
    return join(this.folder, String(this.#count++));
  }

  /** What replaces it is there, and noted. */
  settle(kept: string): void {
    this.#unsettled.delete(kept);
  }

  /**
   * What was to replace it will not come: puts it back. Where that cannot be done, gives what is to be
   * noted, so that whoever undoes the restore can.
   */
  giveBack(kept: string): MadeEntry | undefined {
    const entry = this.#unsettled.get(kept);
    this.#unsettled.delete(kept);
    return entry && !putBack(unsaved(entry.path), kept) ? entry : undefined;
  }

  /** As `giveBack`, of whatever was under way when all came to its end. */
  giveAllBack(): readonly MadeEntry[] {
    return [...this.#unsettled.keys()].flatMap((kept) => this.giveBack(kept) ?? []);
  }

  close(): void {
    if (this.#journal !== undefined) closeSync(this.#journal);
    this.#journal = undefined;
  }

  #writeDown(entry: MadeEntry): void {
    if (this.#journal === undefined) {
      this.#journal = openSync(join(this.folder, journalName), "ax", 0o600);
      writeSync(this.#journal, `${JSON.stringify({ root: this.#root })}\n`);
    }
    writeSync(this.#journal, `${JSON.stringify(entry)}\n`);
  }
}

/**
 * What restores with this safety folder had replaced when their process died, to be taken back by
 * `undoRestore`. What they had made where nothing was is not known, and stays.
 */
export async function restoresCutOff(safetyFolder: string): Promise<readonly RestoreUndo[]> {
  const names = await readdir(safetyFolder).catch(() => []);
  const found = await Promise.all(names.map((name) => cutOffIn(join(safetyFolder, name))));
  return found.flatMap((one) => one ?? []);
}

async function cutOffIn(safetyFolder: string): Promise<RestoreUndo | undefined> {
  const journal = await readFile(join(safetyFolder, journalName), "utf8").catch(() => "");
  const [head, ...lines] = journal.split("\n").map(jsonObject);
  const root = head?.["root"];
  if (typeof root !== "string") return undefined;
  const made = lines.flatMap((line) => (isEntry(line) && isReplaced(line) ? [line] : []));
  return made.length > 0 ? { root, safetyFolder, made, touched: [] } : undefined;
}

/** Whether it is a line of ours, and a whole one. */
function isEntry(line: unknown): line is MadeEntry {
  if (!isObject(line)) return false;
  const { path, kept } = line;
  return typeof kept === "string" && (typeof path === "string" || isObject(path));
}

/** Whether what was kept is in its place no more. */
function isReplaced({ path, kept = "" }: MadeEntry): boolean {
  const aside = lstatIfThere(kept);
  if (!aside) return false;
  const there = lstatIfThere(unsaved(path));
  return there?.ino !== aside.ino || there.dev !== aside.dev;
}
