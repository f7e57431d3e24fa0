import { forEachPooled } from "../../base/pool.ts";
import type { BlobKind, PackContents, PackedBlob, PackTable } from "../format/blobIndex.ts";
import { compressor } from "../format/compress.ts";
import { PackBuilder, packTable } from "../format/pack.ts";
import type { Repository } from "../repository/repository.ts";

export interface RepackRequest {
  readonly from: Repository;
  /** May be the same. */
  readonly to: Repository;
  /** Which blobs of which packs; those of a pack in the order they lie in it. */
  readonly wanted: Iterable<PackContents> | AsyncIterable<PackContents>;
  /** Whether to compress what was stored plain, if the format allows it. */
  readonly compressPlain: boolean;
  /** Is given each new pack once it is saved. No index names it yet. */
  readonly onPack: (pack: PackTable) => void | Promise<void>;
  /** Is told how many stored bytes of `from` have been copied since the last time. */
  readonly onCopied?: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Blobs this close together are read in one request, with what lies between. */
const gapBytes = 256 * 1024;

/** A request reads no more, but always a whole blob. */
const runBytes = 32 * 1024 * 1024;

/** Runs in memory at once. */
const slots = 3;

/**
 * Copies blobs into new packs, each verified on the way. One that is damaged where it was to be read
 * is taken from wherever else it lies; fails with `damaged` if it is sound nowhere. Then, and on any
 * other failure, the new packs saved so far are in no index: they take space, and do no harm.
 */
export async function repack(request: RepackRequest): Promise<void> {
  const { wanted, signal } = request;
  const packs = new NewPacks(request);
  await forEachPooled(runs(wanted), slots, async (run) => {
    signal.throwIfAborted();
    await packs.addRun(run);
  });
  await packs.finish();
}

/** Blobs that are read in one request. */
interface Run {
  readonly pack: string;
  readonly blobs: readonly PackedBlob[];
}

async function* runs(wanted: RepackRequest["wanted"]): AsyncGenerator<Run, void, void> {
  for await (const { id, blobs } of wanted) {
    let run: PackedBlob[] = [];
    for (const blob of blobs) {
      if (run[0] && !belongs(run[0], run.at(-1) ?? run[0], blob)) {
        yield { pack: id, blobs: run };
        run = [];
      }
      run.push(blob);
    }
    if (run.length > 0) yield { pack: id, blobs: run };
  }
}

function belongs(first: PackedBlob, last: PackedBlob, next: PackedBlob): boolean {
  const gap = next.offset - end(last);
  return gap >= 0 && gap <= gapBytes && end(next) - first.offset <= runBytes;
}

function end({ offset, length }: PackedBlob): number {
  return offset + length;
}

/** The packs being filled, one for each kind of blob. */
class NewPacks {
  readonly #request: RepackRequest;
  readonly #builders: Readonly<Record<BlobKind, PackBuilder>>;

  constructor(request: RepackRequest) {
    const { sealingKey, version } = request.to;
    const compress = version > 1 ? compressor() : undefined;
    this.#request = request;
    this.#builders = {
      data: new PackBuilder(sealingKey, "data", compress),
      tree: new PackBuilder(sealingKey, "tree", compress),
    };
  }

  async addRun({ pack, blobs }: Run): Promise<void> {
    const { from, to, compressPlain, signal, onCopied } = this.#request;
    const start = blobs[0]?.offset ?? 0;
    const stop = blobs.reduce((furthest, blob) => Math.max(furthest, end(blob)), start);
    const bytes = await from.readPack(pack, start, stop, signal);
    const input = {
      from: from.taskKey,
      to: to.taskKey,
      compressPlain,
      run: { pack, start, bytes, blobs },
    };
    const { kernels } = from.options;
    const resealed = await kernels.run("reseal", input, signal, [bytes.buffer]);
    let at = 0;
    for (const { blob, length, plainLength } of resealed.blobs) {
      if (length === undefined) await this.#addFromElsewhere(blob);
      else {
        const sealed = resealed.bytes.subarray(at, at + length);
        this.#builders[blob.kind].addSealed(idBytes(blob), sealed, plainLength);
        at += length;
      }
      await this.#saveIfFull(blob.kind);
      onCopied?.(blob.length);
    }
  }

  async finish(): Promise<void> {
    for (const kind of ["data", "tree"] as const)
      if (!this.#builders[kind].isEmpty) await this.#save(kind);
  }

  async #addFromElsewhere(blob: PackedBlob): Promise<void> {
    const { from, signal } = this.#request;
    const plain = await from.loadBlob(blob.kind, blob.id, signal);
    this.#builders[blob.kind].add(idBytes(blob), plain);
  }

  async #saveIfFull(kind: BlobKind): Promise<void> {
    if (this.#builders[kind].isFull) await this.#save(kind);
  }

  async #save(kind: BlobKind): Promise<void> {
    const { to, onPack, signal } = this.#request;
    const pack = this.#builders[kind].finish();
    await to.savePack(pack, signal);
    await onPack(packTable(pack));
  }
}

function idBytes({ id }: PackedBlob): Uint8Array {
  return Buffer.from(id, "hex");
}
