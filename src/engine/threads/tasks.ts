import { release, type Bytes } from "../../base/bytes.ts";
import { openBlob } from "../format/blob.ts";
import type { PackedBlob, PackTable } from "../format/blobIndex.ts";
import type { Decompressor } from "../format/compress.ts";
import { Key } from "../format/crypto.ts";
import { damagedFile } from "../format/damage.ts";
import { parseIndex } from "../format/indexFile.ts";
import { writeFiles, type FetchedRun, type FileJob, type FileResult } from "../disk/fileWriter.ts";
import { compareFiles, type FoundFile, type WantedFile } from "../disk/fileComparison.ts";
import { setMetadata, type FormerMetadata, type WantedMetadata } from "../disk/metadata.ts";
import { fileKey } from "../format/layout.ts";
import { examinePack } from "../format/packExam.ts";
import { placeFiles, type Placed, type PlacedFile } from "../disk/placing.ts";
import { reseal, type RunOfBlobs } from "../format/repackBlobs.ts";
import { openUnpacked } from "../format/unpacked.ts";
import type { Arithmetic } from "../format/arithmetic.ts";

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
      const json = openUnpacked(opened, key.version, sealed);
      release(sealed);
      const table = parseIndex(json);
      release(json);
      return { output: table, transfer: [table.blobs.buffer] };
    } catch (error) {
      throw damagedFile(fileKey("index", id), error);
    }
  },

  examinePack(
    { key, id, bytes, blobs }: ExaminePack,
    open: KeyOpener,
    decompressOne: Decompressor,
  ): Result<readonly string[]> {
    const faults = examinePack(open(key), id, bytes, blobs, decompressOne);
    release(bytes);
    return { output: faults, transfer: [] };
  },

  reseal({ from, to, compressPlain, run }: Reseal, open: KeyOpener): Result<Resealed> {
    const target = { key: open(to), version: to.version, compressPlain };
    const blobs = reseal(open(from), target, run);
    const parts = blobs.map(({ sealed = new Uint8Array(0) }) => sealed);
    const bytes = new Uint8Array(Buffer.concat(parts));
    const output = {
      bytes,
      blobs: blobs.map(({ blob, sealed, ...rest }) => ({
        blob,
        ...rest,
        ...(sealed && { length: sealed.length }),
      })),
    };
    return { output, transfer: [bytes.buffer] };
  },

  compareFiles({ files, trustTimes }: CompareFiles): Result<readonly FoundFile[]> {
    return { output: compareFiles(files, trustTimes), transfer: [] };
  },

  writeFiles(
    { key, root, runs, jobs }: WriteFiles,
    open: KeyOpener,
    decompressOne: Decompressor,
  ): Result<readonly FileResult[]> {
    const opened = open(key);
    const results = writeFiles(
      (place, sealed) => openBlob(opened, place, sealed, decompressOne),
      root,
      runs,
      jobs,
    );
    for (const { bytes } of runs) release(bytes);
    return { output: results, transfer: [] };
  },

  placeFiles(files: readonly PlacedFile[]): Result<readonly Placed[]> {
    return { output: placeFiles(files), transfer: [] };
  },

  setMetadata({ root, wanted }: SetMetadata): Result<readonly (FormerMetadata | undefined)[]> {
    return { output: setMetadata(root, wanted), transfer: [] };
  },
} as const;

export interface ExaminePack {
  readonly key: TaskKey;
  readonly id: string;
  readonly bytes: Bytes;
  readonly blobs: readonly PackedBlob[];
}

export interface Reseal {
  readonly from: TaskKey;
  readonly to: TaskKey;
  readonly compressPlain: boolean;
  readonly run: RunOfBlobs;
}

/** Blobs sealed anew, one behind the other; those that are damaged have no length. */
export interface Resealed {
  readonly bytes: Bytes;
  readonly blobs: readonly {
    readonly blob: PackedBlob;
    readonly length?: number;
    readonly plainLength?: number;
  }[];
}

export interface CompareFiles {
  readonly files: readonly WantedFile[];
  readonly trustTimes: boolean;
}

export interface WriteFiles {
  readonly key: TaskKey;
  readonly root: string;
  readonly runs: readonly FetchedRun[];
  readonly jobs: readonly FileJob[];
}

export interface SetMetadata {
  readonly root: string;
  readonly wanted: readonly WantedMetadata[];
}

export interface DecodeIndex {
  readonly key: TaskKey;
  readonly id: string;
  readonly sealed: Bytes;
}

export type TaskName = keyof typeof tasks;
export type TaskInput<N extends TaskName> = Parameters<(typeof tasks)[N]>[0];
export type TaskOutput<N extends TaskName> = ReturnType<(typeof tasks)[N]>["output"];

export type KeyOpener = (key: TaskKey) => Key;

/** Makes keys for tasks, and keeps the last: making one takes longer than many a task. Loads what that takes when it is first needed. */
export function keyOpener(load: () => Arithmetic): KeyOpener {
  let arithmetic: Arithmetic | undefined;
  let last: Key | undefined;
  return ({ masterKey }) => {
    if (!last || Buffer.compare(last.bytes, masterKey) !== 0)
      last = Key.fromBytes(masterKey, (arithmetic ??= load()));
    return last;
  };
}
