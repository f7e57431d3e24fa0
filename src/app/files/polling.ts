/** Asks now and then what others have changed, for as many requests as that is allowed to cost. */
import { type ErrorKind, isStorageError } from "../../storage/errors.ts";
import type { Address, RemoteChange, RemoteFiles } from "./remoteFiles.ts";

export interface Round {
  /** Documents that are open. */
  readonly documents: readonly Address[];
  /** Whether somebody watches a folder that was listed. */
  readonly isWatched: (folder: Address) => boolean;
  /** No more than this. */
  readonly requests: number;
}

/** Objects that one request lists, by and large. */
const pageSize = 1000;

/**
 * Rounds in which a connection that goes on failing is left alone, at most: servers may lock out who
 * comes again and again, but who was offline is to see soon what has changed.
 */
const longestRest = { "signed-out": 16, throttled: 16, unreachable: 4 } as const;

/** A connection that has failed. */
interface Rest {
  readonly failures: number;
  readonly untilRound: number;
}

export class Polling {
  readonly #files: RemoteFiles;
  /** When a document was looked at, counted in rounds. */
  readonly #looked = new Map<string, number>();
  readonly #resting = new Map<string, Rest>();
  #rounds = 0;

  constructor(files: RemoteFiles) {
    this.#files = files;
  }

  /**
   * Looks at listed folders and at documents that lie in none of them, those that have waited
   * longest first. What cannot be reached is left for another round, and its whole connection for
   * more and more of them: some servers lock out who comes with an old password again and again.
   */
  async round({ documents, isWatched, requests }: Round): Promise<readonly RemoteChange[]> {
    const changes: RemoteChange[] = [];
    const round = ++this.#rounds;
    let left = requests;
    const look = async (address: Address, cost: number) => {
      if (cost > left || this.#isResting(address)) return;
      left -= cost;
      changes.push(...(await this.#look(address)));
    };
    const { listings } = this.#files;
    const folders = listings.folders().filter(isWatched);
    const seen = new Set(folders.map(idOf));
    const alone = documents
      .filter(({ connection, path }) => !seen.has(idOf({ connection, path: parentOf(path) })))
      .toSorted((a, b) => (this.#looked.get(idOf(a)) ?? 0) - (this.#looked.get(idOf(b)) ?? 0));
    // What is being edited matters most, but must not starve the folders.
    for (const document of alone.slice(0, Math.ceil(requests / 2))) {
      this.#looked.set(idOf(document), round);
      await look(document, 1);
    }
    for (const folder of folders) {
      const size = listings.get(folder)?.size ?? 0;
      // Whether an empty folder is still there is asked as well.
      await look(folder, size === 0 ? 2 : Math.ceil(size / pageSize));
    }
    return changes;
  }

  /** Connections were changed, so all of them are looked at in the next round. */
  restNoMore(): void {
    this.#resting.clear();
  }

  #isResting({ connection }: Address): boolean {
    return (this.#resting.get(connection)?.untilRound ?? 0) > this.#rounds;
  }

  async #look(address: Address): Promise<readonly RemoteChange[]> {
    const { connection } = address;
    try {
      const changes = await this.#files.lookAgain(address);
      this.#resting.delete(connection);
      return changes;
    } catch (error) {
      // Nobody asked for this look, so nobody is told that it failed.
      if (!isStorageError(error)) throw error;
      if (!isOfConnection(error.kind)) return [];
      const failures = (this.#resting.get(connection)?.failures ?? 0) + 1;
      const untilRound = this.#rounds + Math.min(2 ** failures, longestRest[error.kind]);
      this.#resting.set(connection, { failures, untilRound });
      return [];
    }
  }
}

/** Whether other looks at the connection would fare no better. */
function isOfConnection(kind: ErrorKind): kind is keyof typeof longestRest {
  return kind in longestRest;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function idOf({ connection, path }: Address): string {
  return `${connection}\n${path}`;
}
