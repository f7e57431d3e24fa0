/** What restores have overwritten, kept so that they can be taken back, for a while. */
import { FileType, Uri, workspace } from "vscode";
import { cutOffRestore } from "../../app/backups/tasks.ts";
import type { RestoreUndo } from "../../engine/restore/restoreUndo.ts";
import type { BackupRoom } from "./backupRoom.ts";
import { setOffer } from "../offers.ts";

interface KeptRestore {
  readonly id: string;
  /** None while it is under way. */
  readonly parts: readonly RestoreUndo[];
  /** The process that is at it. */
  readonly process?: number;
}

const key = "restores";
const mostKept = 10;
const keepDays = 30;

/** One folder per restore below the safety folder; what to do with them in the workspace's state. */
export class UndoShelf {
  readonly #room: Pick<BackupRoom, "memento" | "safetyFolder" | "clock" | "log">;

  constructor(room: Pick<BackupRoom, "memento" | "safetyFolder" | "clock" | "log">) {
    this.#room = room;
  }

  /** A name for the next restore. It begins with the day, so that old ones can be told by it. */
  newId(): string {
    const time = this.#room.clock.now().toISOString().replace(/[:.]/g, "-");
    return `${time}-${crypto.randomUUID().slice(0, 8)}`;
  }

  folder(id: string): string {
    return Uri.joinPath(Uri.file(this.#room.safetyFolder), id).fsPath;
  }

  last(): KeptRestore | undefined {
    return this.#kept().find(({ parts }) => parts.length > 0);
  }

  /** Remembers that a restore is under way, should its window not see the end of it. */
  async begin(id: string): Promise<void> {
    await this.#save([{ id, parts: [], process: process.pid }, ...this.#kept()]);
  }

  /** It has ended, or was undone in part: this is what can be undone of it. */
  async put(id: string, parts: readonly RestoreUndo[]): Promise<void> {
    const kept = this.#kept().map((one) => (one.id === id ? { id, parts } : one));
    await this.#save(kept.slice(0, mostKept));
    for (const old of kept.slice(mostKept)) await this.#remove(old.id);
  }

  /** Forgets a restore that has changed nothing. */
  async forget(id: string): Promise<void> {
    await this.#save(this.#kept().filter((one) => one.id !== id));
  }

  /** Finds out what restores have replaced whose process is no more; gives the last of them. */
  async cutOff(): Promise<KeptRestore | undefined> {
    const dead = this.#kept().filter(({ process }) => process !== undefined && !isAlive(process));
    for (const { id } of dead) {
      const parts = await cutOffRestore(this.folder(id));
      await (parts.length > 0 ? this.put(id, parts) : this.forget(id));
    }
    return this.#kept().find(({ id }) => dead.some((one) => one.id === id));
  }

  /** Forgets a restore that was undone. */
  async drop(id: string): Promise<void> {
    await this.forget(id);
    await this.#remove(id);
  }

  /** Deletes what has been kept long enough, of any workspace, and tells whether there is anything to undo. */
  async clean(): Promise<void> {
    await this.#offer();
    const oldest = this.#room.clock.now().getTime() - keepDays * 24 * 3600 * 1000;
    const folders = await this.#folders();
    for (const id of folders)
      if (Date.parse(`${id.slice(0, 10)}T00:00:00Z`) < oldest) await this.#remove(id);
  }

  async #folders(): Promise<readonly string[]> {
    try {
      const entries = await workspace.fs.readDirectory(Uri.file(this.#room.safetyFolder));
      return entries.flatMap(([name, type]) => (type === FileType.Directory ? [name] : []));
    } catch {
      // Nothing was ever kept.
      return [];
    }
  }

  async #remove(id: string): Promise<void> {
    try {
      await workspace.fs.delete(Uri.file(this.folder(id)), { recursive: true });
    } catch (error) {
      this.#room.log.trace(`nothing to delete of the restore ${id}: ${String(error)}`);
    }
  }

  #kept(): readonly KeptRestore[] {
    const saved = this.#room.memento.get<{ version?: unknown; restores?: unknown }>(key);
    return saved?.version === 1 && Array.isArray(saved.restores) ? saved.restores : [];
  }

  async #save(restores: readonly KeptRestore[]): Promise<void> {
    await this.#room.memento.update(key, { version: 1, restores });
    await this.#offer();
  }

  async #offer(): Promise<void> {
    await setOffer("canUndoRestore", this.last() !== undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch {
    return false;
  }
}
