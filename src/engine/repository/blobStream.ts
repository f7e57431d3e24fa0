import { breather } from "../../base/breath.ts";
import type { Bytes } from "../../base/bytes.ts";
import type { BlobIndex, BlobKind, BlobPlace } from "../format/blobIndex.ts";
import { isRepositoryError, RepositoryError } from "../errors.ts";
import { isStorageError } from "../../storage/errors.ts";
import { plainBytes } from "../format/blob.ts";
import { gapBytes } from "../format/spans.ts";

/** What reading blobs in a row needs of a repository. */
export interface BlobSource {
  readonly index: BlobIndex;
  readPack(pack: string, start: number, end: number, signal: AbortSignal): Promise<Bytes>;
  openBlob(place: BlobPlace, sealed: Uint8Array): Bytes;
  loadBlob(kind: BlobKind, id: string, signal: AbortSignal): Promise<Bytes>;
}

/** Blobs that lie side by side in a pack, read in one request. */
export interface BlobRun {
  readonly pack: string;
  readonly places: readonly BlobPlace[];
}

/** A run ends when it is this long, stored or plain: worth a request, and small enough to hold several. */
const runBytes = 8 * 1024 * 1024;

/** Runs fetched ahead of the one being consumed. */
const ahead = 3;

/** The data blobs `ids` in order, each verified; `source.index` must be loaded. Fails with `damaged`. */
export async function* readBlobs(
  source: BlobSource,
  ids: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Bytes, void, void> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const runs = runsOf(source.index, ids);
  const fetching: Promise<readonly Bytes[]>[] = [];
  const fetchNext = () => {
    const next = runs.next();
    if (next.done) return;
    const blobs = readRun(source, next.value, both);
    // Awaited in its turn; a failure before that is not an unhandled one.
    blobs.catch(() => undefined);
    fetching.push(blobs);
  };
  try {
    for (let i = 0; i <= ahead; i++) fetchNext();
    for (let blobs = fetching.shift(); blobs; blobs = fetching.shift()) {
      yield* await blobs;
      fetchNext();
    }
  } finally {
    stop.abort(new Error("no longer wanted"));
    await Promise.allSettled(fetching);
  }
}

/**
 * The bytes `start` (inclusive) to `end` (exclusive) of the file made of the blobs `ids`; only blobs with
 * some of them are read. What lies behind the file's end is passed over. Fails with `damaged`.
 */
export async function* readRange(
  source: BlobSource,
  ids: readonly string[],
  { start, end }: { readonly start: number; readonly end: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  let at = 0;
  let first = 0;
  const wanted: string[] = [];
  for (const id of ids) {
    const place = source.index.find("data", id);
    // How long it is nobody can tell, nor where those behind it begin.
    if (!place) throw new RepositoryError("damaged", `data blob ${id} is in no index`);
    const bytes = plainBytes(place);
    if (at + bytes > start && at < end) {
      if (wanted.length === 0) first = at;
      wanted.push(id);
    }
    at += bytes;
  }
  for await (const bytes of readBlobs(source, wanted, signal)) {
    yield bytes.subarray(Math.max(0, start - first), Math.max(0, end - first));
    first += bytes.length;
  }
}

/** Splits `ids` into runs, in order. An id that is in no index comes as it is. */
function* runsOf(
  index: BlobIndex,
  ids: readonly string[],
): Generator<BlobRun | string, void, void> {
  let places: BlobPlace[] = [];
  for (const id of ids) {
    const place = index.find("data", id);
    if (place && places.length > 0 && belongs(places, place)) {
      places.push(place);
      continue;
    }
    if (places[0]) yield { pack: places[0].pack, places };
    places = place ? [place] : [];
    if (!place) yield id;
  }
  if (places[0]) yield { pack: places[0].pack, places };
}

/** Whether `next` can be read in the same request as `places`. */
function belongs(places: readonly BlobPlace[], next: BlobPlace): boolean {
  const [first, last] = [places[0], places.at(-1)];
  if (!first || !last || next.pack !== last.pack) return false;
  const gap = next.offset - (last.offset + last.length);
  // The same blob again, as in a file full of zeros, needs no further bytes.
  if (next.offset !== last.offset && (gap < 0 || gap > gapBytes)) return false;
  const plain = places.reduce((sum, place) => sum + plainBytes(place), plainBytes(next));
  return plain <= runBytes && next.offset + next.length - first.offset <= runBytes;
}

/** The plain blobs of a run. One that is damaged here may lie whole elsewhere. */
async function readRun(
  source: BlobSource,
  run: BlobRun | string,
  signal: AbortSignal,
): Promise<readonly Bytes[]> {
  if (typeof run === "string") return [await source.loadBlob("data", run, signal)];
  const sealed = await sealedRun(source, run, signal);
  const plain: Bytes[] = [];
  const breathe = breather();
  for (const place of run.places) {
    await breathe();
    plain.push(
      (sealed && openIfWhole(source, place, sealed(place))) ??
        (await source.loadBlob("data", place.id, signal)),
    );
  }
  return plain;
}

/** Fetches a run. Returns what cuts a blob's stored bytes out of it, or undefined if it cannot be read. */
async function sealedRun(
  source: BlobSource,
  { pack, places }: BlobRun,
  signal: AbortSignal,
): Promise<((place: BlobPlace) => Uint8Array) | undefined> {
  const start = places[0]?.offset ?? 0;
  const end = (places.at(-1)?.offset ?? 0) + (places.at(-1)?.length ?? 0);
  try {
    const bytes = await source.readPack(pack, start, end, signal);
    return ({ offset, length }) => bytes.subarray(offset - start, offset - start + length);
  } catch (error) {
    // The pack is gone or cut. What else can go wrong would go wrong again.
    if (isStorageError(error) && !error.retryable) return undefined;
    throw error;
  }
}

function openIfWhole(source: BlobSource, place: BlobPlace, sealed: Uint8Array): Bytes | undefined {
  try {
    return source.openBlob(place, sealed);
  } catch (error) {
    if (isRepositoryError(error, "damaged")) return undefined;
    throw error;
  }
}
