import { never } from "../base/abort.ts";
import { batches } from "../base/pool.ts";
import { blobOf, type Bytes } from "../base/bytes.ts";
import type { Capabilities, Driver } from "./driver.ts";
import { type ErrorPlace, isStorageError, StorageError, type Operation } from "./errors.ts";
import { aroundExtras, type ExtraOperation, type Extras } from "./extras.ts";
import { copied, mayBeOurs, moved, written } from "./lostAnswers.ts";
import type { Entry, ObjectInfo, NewDetails, ObjectState } from "./objects.ts";
import { pagesOf } from "./pages.ts";
import { isPerhapsOne } from "./paths.ts";
import type {
  CopyRequest,
  DeleteRequest,
  ListPage,
  MoveRequest,
  ReadReply,
  ReadRequest,
  Refusal,
  Written,
} from "./requests.ts";
import { notAskedFor, rooted } from "./rooted.ts";
import { wholeBody } from "./wholeBody.ts";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}
export interface ReadOptions extends CallOptions, Pick<ReadRequest, "range"> {}
export interface WriteOptions extends CallOptions {
  readonly contentType?: string;
  /** See `WriteRequest`. */
  readonly modified?: Date;
  /** See `WriteRequest`. */
  readonly details?: NewDetails;
  readonly ifAbsent?: boolean;
  readonly ifMatch?: string;
}
export interface CopyOptions extends CallOptions, Pick<CopyRequest, "source" | "ifAbsent"> {}
export interface MoveOptions extends CallOptions, Pick<MoveRequest, "ifAbsent"> {
  /** What is known of the source; by it an object is recognised at the target. */
  readonly source?: ObjectState;
}
export interface ListOptions extends CallOptions {
  readonly shallow?: boolean;
  /** See `ListRequest`. Fails with `unsupported` where a listing begins at its beginning. */
  readonly after?: string;
  /** See `ListRequest`. */
  readonly linksAsSuch?: true;
}

/** What the rest of the program uses: one container, ready for work. All logic shared by drivers lives here. */
export class Storage {
  readonly capabilities: Capabilities;
  /** What only some storages can do. */
  readonly extras: Extras;
  readonly #whole: Driver;
  readonly #driver: Driver;
  readonly #connection: string | undefined;
  readonly #root: string;
  readonly #place: string | undefined;
  #ignoresCase: boolean | undefined;

  /**
   * Of `driver`, the folder `root` (ends in `/`, or is empty for all of it); errors name whole keys.
   * `place` says where the driver's keys begin, the same over each connection that leads there.
   */
  constructor(driver: Driver, connection?: string, root = "", place?: string) {
    this.#whole = driver;
    this.#driver = rooted(driver, root);
    this.#connection = connection;
    this.#root = root;
    this.#place = place;
    this.capabilities = driver.capabilities;
    this.extras = aroundExtras(this.#driver.extras ?? {}, (extra, request, send) =>
      this.#placed(plainOperations[extra] ?? "extra", request.key ?? "", send),
    );
  }

  /** The same container, seen from `folder` (ends in `/`, or is empty for all of it). See `rooted`. */
  within(folder: string): Storage {
    return new Storage(this.#whole, this.#connection, this.#root + folder, this.#place);
  }

  /**
   * Whether `key` of `other` is known to lie in the folder `folder` of this one, be it over another
   * connection. One place may have several addresses, so that a no is none to rely on.
   */
  holds(folder: string, other: Storage, key: string): boolean {
    const own = this.#address(folder);
    return own !== undefined && other.#address(key)?.startsWith(own) === true;
  }

  #address(key: string): string | undefined {
    return this.#place === undefined ? undefined : this.#place + this.#root + key;
  }

  /** Every entry under `prefix`; pages are fetched as they are consumed. */
  async *list(prefix = "", options: ListOptions = {}): AsyncGenerator<Entry, void, void> {
    for await (const { entries } of this.pages(prefix, options)) yield* entries;
  }

  /** As `list`, a page at a time. */
  async *pages(prefix = "", options: ListOptions = {}): AsyncGenerator<ListPage, void, void> {
    yield* pagesOf(async (from) => await this.page(prefix, { ...options, ...from }));
  }

  /** One page of entries, for a caller that shows "Load more". */
  async page(prefix: string, options: ListOptions & { cursor?: string } = {}): Promise<ListPage> {
    const { signal = never, shallow = false, cursor, after, linksAsSuch } = options;
    if (after !== undefined && this.capabilities.listAfter !== true)
      throw new StorageError("unsupported", "cannot begin a listing in the middle");
    return await this.#placed("list", prefix, async () => {
      const page = await this.#driver.list({
        prefix,
        shallow,
        signal,
        ...(after !== undefined && { after }),
        ...(cursor !== undefined && { cursor }),
        ...(linksAsSuch && { linksAsSuch }),
      });
      // A server that mistakes a prefix would have us copy, move or delete what nobody meant.
      if (!page.entries.every(({ key }) => key.startsWith(prefix))) throw notAskedFor();
      return page;
    });
  }

  /** Whether the folder `key` is a symbolic link, and what it shows belongs elsewhere. */
  async isLink(key: string, { signal }: CallOptions = {}): Promise<boolean> {
    if (!this.canMove) return false;
    const holds = async (how: ListOptions) => {
      const { entries } = await this.page(key, { ...how, shallow: true, signal });
      return entries.length > 0;
    };
    return !(await holds({ linksAsSuch: true })) && (await holds({}));
  }

  /** Fails with `not-found`. */
  async stat(key: string, options: CallOptions = {}): Promise<ObjectInfo> {
    const { signal = never } = options;
    return await this.#placed("stat", key, () => this.#driver.stat({ key: named(key), signal }));
  }

  async exists(key: string, options: CallOptions = {}): Promise<boolean> {
    try {
      await this.stat(key, options);
      return true;
    } catch (error) {
      if (isStorageError(error, "not-found")) return false;
      throw error;
    }
  }

  /** Hands the object to `use`, which may be called again after a failure. See `Driver.read`. */
  async read<T>(
    key: string,
    use: (reply: ReadReply) => Promise<T>,
    options: ReadOptions = {},
  ): Promise<T> {
    const { range, signal = never } = options;
    if (range) this.#checkRange(range);
    return await this.#placed("read", key, () =>
      this.#driver.read({ key: named(key), signal, ...(range && { range }) }, use),
    );
  }

  /** The object in memory. For what is known to be small, or cut by `range`. */
  async bytes(key: string, options: ReadOptions = {}): Promise<Bytes> {
    return await this.read(key, async (reply) => await wholeBody(reply, options.range), options);
  }

  /** Creates or replaces the object, whole or not at all. Fails with `conflict` or `unsupported` on a condition. */
  async write(key: string, body: Blob | Bytes, options: WriteOptions = {}): Promise<Written> {
    const { signal = never, ...rest } = options;
    const { ifAbsent, ifMatch, maxObjectBytes = Infinity } = this.capabilities;
    const blob = body instanceof Blob ? body : blobOf(body);
    if (rest.ifAbsent && !ifAbsent)
      throw new StorageError("unsupported", "cannot write only if absent");
    if (rest.ifMatch !== undefined && !ifMatch)
      throw new StorageError("unsupported", "cannot write only if unchanged");
    if (blob.size > maxObjectBytes)
      throw new StorageError("unsupported", `an object is at most ${maxObjectBytes} bytes here`);
    return await this.#placed("write", key, async () => {
      const request = { key: named(key), body: blob, signal, ...rest };
      try {
        return await this.#driver.write(request);
      } catch (error) {
        if (!mayBeOurs(error) || error.kind !== "conflict") throw error;
        return (await written(this.#driver, request)) ?? Promise.reject(error);
      }
    });
  }

  /** Deletes `keys`, in batches. What is not there counts as deleted. See `DeleteRequest`. */
  async delete(
    keys: Iterable<string>,
    options: CallOptions &
      Pick<DeleteRequest, "ifMatch" | "linksAsSuch" | "onMark" | "onRefused"> = {},
  ): Promise<void> {
    const { deleteBatch } = this.capabilities;
    const { signal = never, onRefused, ...rest } = options;
    const told = onRefused && {
      onRefused: ({ key, error }: Refusal) => {
        error.place ??= this.#placeOf("delete", key);
        onRefused({ key, error });
      },
    };
    for (const batch of batches([...keys], deleteBatch))
      await this.#placed("delete", batch[0] ?? "", () =>
        this.#driver.delete({ keys: batch.map(named), signal, ...rest, ...told }),
      );
  }

  /** Has the server copy within the container. See `Driver.copy`; `unsupported` where it cannot. */
  async copy(from: string, to: string, options: CopyOptions = {}): Promise<ObjectInfo> {
    const { signal = never, ...rest } = options;
    const { copy } = this.#driver;
    if (!copy) throw new StorageError("unsupported", "the server cannot copy");
    if (rest.ifAbsent && this.capabilities.copyIfAbsent !== true)
      throw new StorageError("unsupported", "cannot copy only if absent");
    return await this.#placed("copy", from, async () => {
      const request = { from: named(from), to: named(to), signal, ...rest };
      try {
        return await copy(request);
      } catch (error) {
        if (!mayBeOurs(error) || error.kind !== "conflict") throw error;
        return (await copied(this.#driver, request)) ?? Promise.reject(error);
      }
    });
  }

  /** Whether the server copies by itself. */
  get canCopy(): boolean {
    return this.#driver.copy !== undefined;
  }

  /** Whether the server moves what is here without copying it. */
  get canMove(): boolean {
    return this.#driver.move !== undefined;
  }

  /** Whether a folder is there by itself, also with nothing in it. */
  get keepsFolders(): boolean {
    return this.#driver.makeFolder !== undefined;
  }

  /**
   * Whether two names are one that differ in case only, as a file in `folder` tells that answers to
   * the other case of its name. Found out once; false as long as there is no file to ask for.
   */
  async ignoresCase(folder: string, options: CallOptions = {}): Promise<boolean> {
    // Object stores tell all names apart.
    if (!this.keepsFolders) return false;
    if (this.#ignoresCase !== undefined) return this.#ignoresCase;
    const { entries } = await this.page(folder, { ...options, shallow: true });
    for (const { type, key } of entries) {
      const other = folder + otherCase(key.slice(folder.length));
      if (type !== "object" || key === other) continue;
      const answers = await this.exists(other, options);
      const there = answers ? await this.page(other, { ...options, shallow: true }) : { entries };
      return (this.#ignoresCase = answers && !there.entries.some((entry) => entry.key === other));
    }
    return false;
  }

  /** Gives an object or folder another key. See `Driver.move`; `unsupported` where it cannot. */
  async move(from: string, to: string, options: MoveOptions = {}): Promise<void> {
    const { signal = never, source, ...rest } = options;
    const { move } = this.#driver;
    if (!move) throw new StorageError("unsupported", "the server cannot move");
    if (from.endsWith("/") !== to.endsWith("/"))
      throw new StorageError("invalid", "a folder does not become an object, nor the other way");
    // Where case does not count, replacing what is at the target would be replacing the source.
    if (!rest.ifAbsent && isPerhapsOne(from, to))
      throw new StorageError("unsupported", "cannot replace what may be the same");
    await this.#placed("move", from, async () => {
      const request = { from: named(from), to: named(to), signal, ...rest };
      try {
        await move(request);
      } catch (error) {
        if (!mayBeOurs(error) || !(await moved(this.#driver, request, source))) throw error;
      }
    });
  }

  /** Makes the folder `key` (ends in `/`): a real one, or the empty marker object other tools use too. */
  async makeFolder(key: string, options: CallOptions = {}): Promise<void> {
    const { signal = never } = options;
    const { makeFolder } = this.#driver;
    if (makeFolder)
      await this.#placed("makeFolder", key, () => makeFolder({ key: named(key), signal }));
    else await this.write(key, new Uint8Array(), { signal });
  }

  #checkRange({ start, end = Infinity }: NonNullable<ReadRequest["range"]>): void {
    if (!this.capabilities.range)
      throw new StorageError("unsupported", "cannot read part of an object");
    if (!Number.isSafeInteger(start) || start < 0 || end <= start)
      throw new StorageError("invalid", `not a range of bytes: ${start} to ${end}`);
  }

  /** Adds to an error where it happened, exactly once. */
  async #placed<T>(operation: Operation, key: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof StorageError)
        error.place ??= this.#placeOf(operation, error.details.key ?? key);
      throw error;
    }
  }

  #placeOf(operation: Operation, key: string): ErrorPlace {
    const connection = this.#connection;
    return { operation, key: this.#root + key, ...(connection !== undefined && { connection }) };
  }
}

/** What extras do that storages without them do too: whoever is refused it is told so in its words. */
const plainOperations: Readonly<Partial<Record<ExtraOperation, Operation>>> = {
  "details.get": "stat",
  "versions.read": "read",
};

function otherCase(name: string): string {
  return name.replace(/[a-z]/gi, (letter) =>
    letter < "a" ? letter.toLowerCase() : letter.toUpperCase(),
  );
}

/** The key, if it names anything: without one, a request would be for the container itself. */
function named(key: string): string {
  if (key === "") throw new StorageError("invalid", "a key is not empty");
  return key;
}
