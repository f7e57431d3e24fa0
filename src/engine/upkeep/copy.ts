import { never } from "../../base/abort.ts";
import { breather } from "../../base/breath.ts";
import type { PackContents } from "../format/blobIndex.ts";
import { BlobSet } from "../format/blobSet.ts";
import { RepositoryError } from "../errors.ts";
import { repack } from "./repack.ts";
import type { Repository } from "../repository/repository.ts";
import { whileReading } from "../repository/sharedLock.ts";
import type { Snapshot } from "../format/snapshot.ts";
import { walkTrees } from "../repository/treeWalk.ts";

export interface CopyRequest {
  readonly from: Repository;
  readonly to: Repository;
  /** Of `from`. */
  readonly snapshot: Snapshot;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
}

export type CopyProgress =
  | { readonly phase: "searching"; readonly trees: number }
  | { readonly phase: "copying"; readonly bytesDone: number; readonly bytesTotal: number };

export interface CopyReport {
  /** In `to`. */
  readonly snapshot: Snapshot;
  /** Whether it was there already, from an earlier copy. */
  readonly existed: boolean;
  /** Stored bytes read from `from`. */
  readonly bytesCopied: number;
}

/**
 * Copies a snapshot and what it needs into another repository, under that one's key. Blobs are copied
 * as they are, so two repositories that cut files differently share nothing but what they copied.
 * Fails with `damaged` if anything of the snapshot cannot be read, and then leaves no snapshot.
 */
export async function copySnapshot(request: CopyRequest): Promise<CopyReport> {
  const { from, to, snapshot, signal = never } = request;
  return await whileReading(
    from,
    async (reading) =>
      await to.withLock(
        "shared",
        async (lock) => {
          const there = (await to.snapshots(lock.signal)).find((other) => isCopy(other, snapshot));
          if (there) return { snapshot: there, existed: true, bytesCopied: 0 };
          const bytesCopied = await copyBlobs(request, lock.signal);
          lock.assertHeld();
          await to.saveIndex(lock.signal);
          lock.assertHeld();
          // Its parent, if it has one, is a snapshot of the other repository.
          const { id, parent: _, ...rest } = snapshot;
          const saved = await to.saveSnapshot({ original: id, ...rest }, lock.signal);
          return { snapshot: saved, existed: false, bytesCopied };
        },
        reading,
      ),
    signal,
  );
}

function isCopy(other: Snapshot, snapshot: Snapshot): boolean {
  return (
    originOf(other) === originOf(snapshot) &&
    other.tree === snapshot.tree &&
    other.time === snapshot.time
  );
}

function originOf({ id, original = id }: Snapshot): string {
  return original;
}

async function copyBlobs(request: CopyRequest, signal: AbortSignal): Promise<number> {
  const { from, to, onProgress } = request;
  const { missing, bytesTotal } = await missingBlobs(request, signal);
  let bytesDone = 0;
  await repack({
    from,
    to,
    wanted: wantedBlobs(from, missing),
    compressPlain: true,
    onPack: async (table) => await to.addPacks(table, signal),
    onCopied: (bytes) => {
      bytesDone += bytes;
      onProgress?.({ phase: "copying", bytesDone, bytesTotal });
    },
    signal,
  });
  return bytesDone;
}

/** What `to` lacks of the snapshot. */
async function missingBlobs(
  { from, to, snapshot, onProgress }: CopyRequest,
  signal: AbortSignal,
): Promise<{ missing: BlobSet; bytesTotal: number }> {
  const missing = new BlobSet(from.index);
  let bytesTotal = 0;
  let trees = 0;
  const want = (kind: "data" | "tree", id: string) => {
    if (to.index.has(kind, id)) return;
    const isNew = missing.add(kind, id);
    if (isNew === undefined)
      throw new RepositoryError("damaged", `${kind} blob ${id} is in no pack`);
    if (isNew) bytesTotal += from.index.find(kind, id)?.length ?? 0;
  };
  await walkTrees(from, {
    roots: [{ id: snapshot.tree, where: "", depth: 0 }],
    seen: new BlobSet(from.index),
    signal,
    visit: (nodes, { id }) => {
      want("tree", id);
      for (const { content = [] } of nodes) for (const blob of content) want("data", blob);
      onProgress?.({ phase: "searching", trees: ++trees });
    },
    failed: (error) => {
      throw error;
    },
  });
  return { missing, bytesTotal };
}

/** The missing blobs pack by pack, each from one place. */
async function* wantedBlobs(
  from: Repository,
  missing: BlobSet,
): AsyncGenerator<PackContents, void, void> {
  const taken = new BlobSet(from.index);
  const breathe = breather();
  for (const { id, blobs } of from.index.contents()) {
    await breathe();
    yield {
      id,
      blobs: blobs.filter(
        (blob) => missing.has(blob.kind, blob.id) && taken.add(blob.kind, blob.id) === true,
      ),
    };
  }
}
