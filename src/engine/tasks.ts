import type { Bytes } from "../base/bytes.ts";
import type { PackTable } from "./blobIndex.ts";
import { Key } from "./crypto.ts";
import { damagedFile } from "./damage.ts";
import { parseIndex } from "./indexFile.ts";
import { fileKey } from "./layout.ts";
import { openUnpacked } from "./unpacked.ts";
import type { Arithmetic } from "./arithmetic.ts";

/** What every task needs to open what is sealed. */
export interface TaskKey {
  readonly masterKey: Uint8Array;
  readonly version: number;
}

/** A task's result, and the buffers in it that may move instead of being copied. */
interface Result<T> {
  readonly output: T;
  readonly transfer: readonly ArrayBuffer[];
}

/** What the threads can do: each a plain function, one message in, one message out. */
export const tasks = {
  decodeIndex({ key, id, sealed }: DecodeIndex, open: KeyOpener): Result<PackTable> {
    const opened = open(key);
    try {
      const table = parseIndex(openUnpacked(opened, key.version, sealed));
      return { output: table, transfer: [table.blobs.buffer] };
    } catch (error) {
      throw damagedFile(fileKey("index", id), error);
    }
  },
} as const;

export interface DecodeIndex {
  readonly key: TaskKey;
  readonly id: string;
  readonly sealed: Bytes;
}

export type TaskName = keyof typeof tasks;
export type TaskInput<N extends TaskName> = Parameters<(typeof tasks)[N]>[0];
export type TaskOutput<N extends TaskName> = ReturnType<(typeof tasks)[N]>["output"];

type KeyOpener = (key: TaskKey) => Key;

/** Makes keys for tasks, and keeps the last: making one takes longer than many a task. */
export function keyOpener(arithmetic: Arithmetic): KeyOpener {
  let last: Key | undefined;
  return ({ masterKey }) => {
    if (!last || Buffer.compare(last.bytes, masterKey) !== 0)
      last = Key.fromBytes(masterKey, arithmetic);
    return last;
  };
}
