import { constants, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { blobOf, type Bytes, collected, text } from "../../base/bytes.ts";

/** Up to here a file is read at once: it is looked at more than once, and each time is an opening. */
const smallBytes = 256 * 1024;
/** Read in one go. Node's own blobs read a sixteenth of it, which takes three times the processor. */
const chunkBytes = 1024 * 1024;

/**
 * A file as a blob, like `fs.openAsBlob`: its readers fail with a `NotReadableError` once it is not
 * the file any more that it is now.
 */
export async function openFileBlob(path: string): Promise<Blob> {
  await using file = await open(path, readFlags);
  const stats = await file.stat();
  if (!stats.isFile()) throw unreadable(undefined);
  const state = stateOf(stats);
  if (state.size > smallBytes) return new FileBlob(path, state, 0, state.size);
  return blobOf(await readPart(file, state, 0, state.size));
}

/** A pipe that has taken a file's place would keep its reader waiting for ever. */
const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

interface State {
  readonly size: number;
  readonly modifiedMs: number;
}

function stateOf({ size, mtimeMs }: Stats): State {
  return { size, modifiedMs: mtimeMs };
}

/** Inheritance, because `fetch` takes nothing for a body that is not an instance of Blob. */
class FileBlob extends Blob {
  override readonly size: number;
  readonly #path: string;
  readonly #state: State;
  readonly #start: number;
  readonly #end: number;

  constructor(path: string, state: State, start: number, end: number) {
    super([]);
    this.size = end - start;
    this.#path = path;
    this.#state = state;
    this.#start = start;
    this.#end = end;
  }

  override stream(): ReadableStream<Bytes> {
    const [path, state, end] = [this.#path, this.#state, this.#end];
    let at = this.#start;
    let file: FileHandle | undefined;
    const close = async () => await file?.close();
    return new ReadableStream<Bytes>(
      {
        async pull(controller) {
          try {
            file ??= await opened(path, state);
            const next = Math.min(end, at + chunkBytes);
            if (next > at) controller.enqueue(await readPart(file, state, at, next));
            at = next;
            if (at < end) return;
            await close();
            controller.close();
          } catch (error) {
            await close();
            throw error;
          }
        },
        cancel: close,
      },
      { highWaterMark: 0 },
    );
  }

  override slice(start = 0, end = this.size): Blob {
    const within = (at: number) =>
      this.#start + Math.min(this.size, Math.max(0, at < 0 ? this.size + at : at));
    const from = within(start);
    return new FileBlob(this.#path, this.#state, from, Math.max(from, within(end)));
  }

  override async bytes(): Promise<Bytes> {
    await using file = await opened(this.#path, this.#state);
    return await readPart(file, this.#state, this.#start, this.#end);
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  override async text(): Promise<string> {
    return text(await collected(this.stream()));
  }
}

async function opened(path: string, state: State): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, readFlags);
    await expectUnchanged(file, state);
    return file;
  } catch (error) {
    await file?.close();
    throw unreadable(error);
  }
}

/** The bytes from `start` to `end`. Fails if the file ends before, or is not what it was. */
async function readPart(
  file: FileHandle,
  state: State,
  start: number,
  end: number,
): Promise<Bytes> {
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) throw unreadable(undefined);
    at += bytesRead;
  }
  // What was changed while it was read is of two states.
  await expectUnchanged(file, state);
  return bytes;
}

async function expectUnchanged(file: FileHandle, { size, modifiedMs }: State): Promise<void> {
  const now = stateOf(await file.stat());
  if (now.size !== size || now.modifiedMs !== modifiedMs) throw unreadable(undefined);
}

function unreadable(cause: unknown): DOMException {
  return new DOMException("the file has changed", { name: "NotReadableError", cause });
}
