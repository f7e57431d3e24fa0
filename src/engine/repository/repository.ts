// Long because it is the one door to a repository; what lies behind it has files of its own.
import { join } from "node:path";
import { never } from "../../base/abort.ts";
import { breather } from "../../base/breath.ts";
import { text, utf8, type Bytes } from "../../base/bytes.ts";
import { forEachPooled } from "../../base/pool.ts";
import { isStorageError } from "../../storage/errors.ts";
import type { Storage } from "../../storage/storage.ts";
import { openBlob } from "../format/blob.ts";
import type { BlobIndex, BlobKind, BlobPlace, PackTable } from "../format/blobIndex.ts";
import { readBlobs, readRange } from "./blobStream.ts";
import { FileCache } from "./cache.ts";
import { decompressor } from "../format/compress.ts";
import { configText, newConfig, parseConfig, type Config } from "../format/config.ts";
import { Key, sha256Hex } from "../format/crypto.ts";
import { damagedFile } from "../format/damage.ts";
import { isRepositoryError, RepositoryError } from "../errors.ts";
import type { Kernels } from "../threads/kernels.ts";
import { keyFileText, openMasterKey, usualCost, type ScryptCost } from "./keys.ts";
import { fileKey, listFiles } from "../format/layout.ts";
import { Listings, lockFilesOf } from "./listings.ts";
import { goOn, LoadedIndex, type OnDamaged } from "./loadedIndex.ts";
import { withLock, type LockedWork, type LockMode } from "./lock.ts";
import { pidSpace, usualLockTimes, type LockTimes, type LockView } from "./lockFiles.ts";
import type { FinishedPack } from "../format/pack.ts";
import { PackReader } from "./packReader.ts";
import { fetchIfThere, RepositoryFiles } from "./repositoryFiles.ts";
import { bySnapshotTime, parseSnapshot, snapshotText, type Snapshot } from "../format/snapshot.ts";
import type { TaskKey } from "../threads/tasks.ts";
import { parseTreeGently, type Node } from "../format/tree.ts";

/** Servers list a thousand keys at a time; some of them are keys and locks. */
const onePage = 900;

/** Files fetched at once; the connection's own limit may be lower. */
const parallelFetches = 8;

/** What identifies the machine and person a snapshot or lock is written by. */
export interface Writer {
  readonly hostname: string;
  readonly username: string;
  /** e.g. "Offsite 0.1.0". */
  readonly program: string;
}

export interface RepositoryOptions {
  /** Seen from the repository's folder: `storage.within("offsite/ws/")`. */
  readonly storage: Storage;
  readonly kernels: Kernels;
  readonly writer: Writer;
  /** A local folder for copies of indexes, snapshots and trees. May be deleted at any time. */
  readonly cacheFolder?: string;
  /** How hard a new passphrase is to try; about a third of a second if absent. */
  readonly keyCost?: ScryptCost;
  /** How long to try again while someone else's lock is in the way. Absent: not at all. */
  readonly lockPatienceMs?: number;
  /** The format's own if absent: whoever shares the repository must use the same ones. */
  readonly lockTimes?: LockTimes;
  /** The computer's clock if absent. */
  readonly now?: () => Date;
  readonly signal?: AbortSignal;
}

/** An open restic repository: encrypted, content-addressed, versioned. */
export class Repository {
  /** 64 hex digits, the same for as long as the repository exists. */
  readonly id: string;
  readonly version: number;
  readonly options: RepositoryOptions;
  readonly config: Config;
  /** The key file that opens it with the passphrase it was opened with. */
  keyId: string;
  /** The 64 bytes everything is sealed with: cipher key, then the two halves of the MAC's. */
  readonly masterKey: Bytes;
  /** What everything in the repository is sealed with. */
  readonly sealingKey: Key;
  readonly #decompress = decompressor();
  readonly #cache: FileCache | undefined;
  readonly #files: RepositoryFiles;
  readonly #packs: PackReader;
  readonly #snapshots = new Map<string, Snapshot>();
  /** Snapshots that were listed once, and were not any more. */
  readonly #vanished = new Set<string>();
  readonly #listings: Listings;
  readonly #index: LoadedIndex;
  #locks = 0;

  private constructor(config: Config, key: Key, keyId: string, options: RepositoryOptions) {
    const { storage, cacheFolder } = options;
    this.id = config.id;
    this.version = config.version;
    this.config = config;
    this.keyId = keyId;
    this.masterKey = key.bytes;
    this.options = options;
    this.sealingKey = key;
    this.#cache =
      cacheFolder === undefined ? undefined : new FileCache(join(cacheFolder, config.id));
    this.#files = new RepositoryFiles(storage, this.#cache, key, config.version);
    this.#listings = new Listings(this.#files);
    this.#packs = new PackReader(storage, this.#cache);
    this.#index = new LoadedIndex({
      files: this.#files,
      list: async (signal) => await this.#listings.list("index", signal),
      cache: this.#cache,
      kernels: options.kernels,
      sealingKey: key,
      taskKey: this.taskKey,
    });
  }

  /** Whether a repository lies at `storage`: looks at the config and key files without opening them. */
  static async exists(storage: Storage, signal: AbortSignal = never): Promise<boolean> {
    return await storage.exists("config", { signal });
  }

  /** Makes a new repository (format 2). Fails with `exists` if one is there, whatever its state. */
  static async init(options: RepositoryOptions, passphrase: string): Promise<Repository> {
    const { storage, kernels, keyCost = usualCost, writer, signal = never } = options;
    const keys = await listFiles(storage, "keys", signal);
    if (keys.size > 0 || (await storage.exists("config", { signal }))) throw alreadyThere();
    const config = await newConfig();
    const key = Key.random(kernels.arithmetic);
    const created = (options.now?.() ?? new Date()).toISOString();
    const keyFile = utf8(await keyFileText(key, passphrase, { created, ...writer }, keyCost));
    const keyId = sha256Hex(keyFile);
    const keyPlace = fileKey("keys", keyId);
    await storage.write(keyPlace, keyFile, { signal });
    try {
      const { ifAbsent } = storage.capabilities;
      // Of two at the same moment, without a condition, at least one sees the other's key.
      if (!ifAbsent && (await listFiles(storage, "keys", signal)).size > 1) throw alreadyThere();
      await storage.write("config", key.seal(utf8(configText(config))), { ifAbsent, signal });
    } catch (error) {
      await storage.delete([keyPlace]);
      throw isStorageError(error, "conflict") ? alreadyThere() : error;
    }
    return new Repository(config, key, keyId, options);
  }

  /** Fails with `not-a-repository`, `wrong-passphrase`, `too-new` or `damaged`. */
  static async open(options: RepositoryOptions, passphrase: string): Promise<Repository> {
    const { storage, kernels, signal = never } = options;
    const [keys, sealed] = await Promise.all([
      listFiles(storage, "keys", signal),
      fetchIfThere(storage, "config", signal),
    ]);
    if (keys.size === 0 && !sealed)
      throw new RepositoryError("not-a-repository", "there is neither a config nor a key");
    if (!sealed) throw damagedFile("config", new Error("it is missing"));
    const master = await openMasterKey(storage, [...keys.keys()], passphrase, signal);
    const key = Key.fromBytes(master.key.bytes, kernels.arithmetic);
    const config = key.tryOpen(sealed);
    if (!config) throw damagedFile("config", new Error("it does not verify"));
    return new Repository(parseConfig(text(config)), key, master.id, options);
  }

  /**
   * Every snapshot, oldest first. One LIST; bodies come from the cache where they can. A damaged one
   * goes to `onDamaged`, or fails the call if that is absent.
   */
  async snapshots(
    signal: AbortSignal = never,
    onDamaged?: OnDamaged,
  ): Promise<readonly Snapshot[]> {
    const listed = await this.#listings.list("snapshots", signal);
    for (const id of this.#snapshots.keys()) if (!listed.has(id)) this.#snapshotVanished(id);
    const unknown = [...listed.keys()].filter((id) => !this.#snapshots.has(id));
    // What they refer to may be in index files that came with them.
    if (unknown.length > 0) this.refresh();
    await forEachPooled(unknown, parallelFetches, async (id) => {
      try {
        const json = await this.#files.text("snapshots", id, signal);
        this.#snapshots.set(id, parseSnapshot(id, json));
      } catch (error) {
        // Forgotten by someone between the listing and now.
        if (isStorageError(error, "not-found")) return;
        if (!onDamaged || !isRepositoryError(error, "damaged")) throw error;
        onDamaged(error);
      }
    });
    const dropped = await this.#cache?.keepOnly("snapshots", (id) => listed.has(id));
    for (const id of dropped ?? []) this.#snapshotVanished(id);
    return [...this.#snapshots.values()].toSorted(bySnapshotTime);
  }

  /**
   * Snapshots that this computer knew of and that a later listing did not show: somebody has deleted
   * them, or the listing left them out.
   */
  get vanishedSnapshots(): ReadonlySet<string> {
    return this.#vanished;
  }

  #snapshotVanished(id: string): void {
    this.#snapshots.delete(id);
    this.#vanished.add(id);
  }

  /** The entries of the tree `id`, in the format's order. */
  async tree(id: string, signal: AbortSignal = never): Promise<readonly Node[]> {
    const breathe = breather();
    const bytes = await this.loadBlob("tree", id, signal);
    await breathe();
    return await parseTreeGently(bytes);
  }

  /** The node at `path` of a snapshot (segments, the snapshot's root first), or undefined. */
  async find(
    snapshot: Snapshot,
    path: readonly string[],
    signal: AbortSignal = never,
  ): Promise<Node | undefined> {
    let tree: string | undefined = snapshot.tree;
    let node: Node | undefined;
    for (const name of path) {
      if (tree === undefined) return undefined;
      node = (await this.tree(tree, signal)).find((entry) => entry.name === name);
      tree = node?.subtree;
    }
    return node;
  }

  /** The bytes of a file node, or those of a range, blob by blob, each verified. */
  async *read(
    { content = [] }: Node,
    signal: AbortSignal = never,
    range?: { readonly start: number; readonly end: number },
  ): AsyncGenerator<Uint8Array, void, void> {
    await this.#index.forReading(signal);
    if (range) yield* readRange(this, content, range, signal);
    else yield* readBlobs(this, content, signal);
  }

  /** What a task on another thread needs to open what is sealed. */
  get taskKey(): TaskKey {
    return { masterKey: this.masterKey, version: this.version };
  }

  /** What is stored where: as of the last `loadIndex`, or of taking the lock, plus `addPacks`. */
  get index(): BlobIndex {
    return this.#index.blobs;
  }

  /** The index files that `index` was made of. */
  get indexFiles(): ReadonlySet<string> {
    return this.#index.files;
  }

  /**
   * Brings `index` up to date: one LIST, and the index files not yet seen. A damaged one goes to
   * `onDamaged`, or fails the call if that is absent.
   */
  async loadIndex(signal: AbortSignal = never, onDamaged?: OnDamaged): Promise<BlobIndex> {
    return await this.#index.load(signal, onDamaged);
  }

  /** The plain bytes of a blob, verified. Trees come from the cache where they can. Fails with `damaged`. */
  async loadBlob(kind: BlobKind, id: string, signal: AbortSignal = never): Promise<Bytes> {
    const before = await this.#index.places(kind, id, signal);
    const bytes = await this.#blobAt(before, signal);
    if (bytes instanceof Uint8Array) return bytes;
    // Someone may have stored it since the index was loaded, or pruned and moved it.
    const known = this.index;
    const index = await this.#index.load(signal, goOn);
    const places = index.findAll(kind, id);
    const isSame = index === known && places.length === before.length;
    const again = isSame ? bytes : await this.#blobAt(places, signal);
    if (again instanceof Uint8Array) return again;
    throw (
      again ??
      this.#index.damage ??
      new RepositoryError("damaged", `${kind} blob ${id} is in no index`)
    );
  }

  /** The blob from the first place where it is sound, or what is wrong at the first. */
  async #blobAt(
    places: readonly BlobPlace[],
    signal: AbortSignal,
  ): Promise<Bytes | RepositoryError | undefined> {
    let failure: RepositoryError | undefined;
    for (const place of places)
      // Twice, since a copy in the cache may be bad, or the network may have turned a bit.
      for (let attempt = 1; attempt <= 2; attempt++)
        try {
          return this.openBlob(place, await this.#packs.blob(place, signal));
        } catch (error) {
          failure ??= this.#damageOf(place, error);
          await this.#packs.drop(place.pack);
        }
    return failure;
  }

  /** Stored bytes of a pack, unverified. */
  async readPack(pack: string, start: number, end: number, signal: AbortSignal): Promise<Bytes> {
    return await this.#packs.range(pack, start, end, signal);
  }

  /** The plain bytes of a blob from its stored ones, verified. Fails with `damaged`. */
  openBlob(place: BlobPlace, sealed: Uint8Array): Bytes {
    return openBlob(this.sealingKey, place, sealed, this.#decompress);
  }

  /**
   * Runs `work` while holding a lock, with an `index` that is up to date. Fails with `locked`, and
   * with `lost-lock` once that has happened.
   */
  async withLock<T>(
    mode: LockMode,
    work: LockedWork<T>,
    signal: AbortSignal = never,
    onDamagedIndex?: OnDamaged,
  ): Promise<T> {
    const { lockPatienceMs: patienceMs } = this.options;
    const isShort = this.#snapshots.size + this.indexFiles.size < onePage;
    const files = this.#listings.lockFiles(isShort);
    const request = { ...this.lockView, files, mode, signal, patienceMs };
    return await withLock(request, async (lock) => {
      files.listAlone();
      this.#locks++;
      try {
        await this.loadIndex(lock.signal, onDamagedIndex);
        return await work(lock);
      } finally {
        this.#listings.clear();
        if (--this.#locks === 0) this.#index.forgetUnsaved();
      }
    });
  }

  /** Its locks, as seen by who takes them here. */
  get lockView(): LockView {
    const { writer, now = () => new Date(), lockTimes: times = usualLockTimes } = this.options;
    const { hostname, username } = writer;
    const holder = { hostname, username, pid: process.pid, pidSpace: pidSpace() };
    return { files: lockFilesOf(this.#files), holder, now, times };
  }

  /** Writes a finished pack; one of trees goes to the cache too. */
  async savePack({ kind, id, bytes }: FinishedPack, signal: AbortSignal = never): Promise<void> {
    await this.#files.write("data", id, bytes, kind === "tree", signal);
  }

  /**
   * Enters packs that are saved. An index file is written for every 50,000 blobs; `saveIndex` writes
   * one for the rest, and comes before a snapshot. What is not in an index file when the lock ends
   * is forgotten, for somebody's prune may delete such packs.
   */
  async addPacks(table: PackTable, signal: AbortSignal = never): Promise<void> {
    await this.#index.addPacks(table, signal);
  }

  /** Writes an index file for the packs that none names yet, if there are any. */
  async saveIndex(signal: AbortSignal = never): Promise<void> {
    await this.#index.save(signal);
  }

  /** Writes an index file that says what `table` does; the index in memory does not change. */
  async saveIndexTable(table: PackTable, signal: AbortSignal = never): Promise<string> {
    return await this.#index.saveTable(table, signal);
  }

  /** Saves a snapshot, the last thing of a backup. Returns it with its id. */
  async saveSnapshot(
    snapshot: Omit<Snapshot, "id">,
    signal: AbortSignal = never,
  ): Promise<Snapshot> {
    const json = snapshotText(snapshot);
    const saved = parseSnapshot(await this.#files.save("snapshots", utf8(json), signal), json);
    this.#snapshots.set(saved.id, saved);
    return saved;
  }

  /** Deletes files, here and in the cache. The caller holds an exclusive lock. */
  async deleteFiles(
    type: "snapshots" | "index" | "data",
    ids: readonly string[],
    signal: AbortSignal = never,
  ): Promise<void> {
    await this.#files.delete(type, ids, signal);
    if (type === "snapshots") for (const id of ids) this.#snapshots.delete(id);
  }

  /** The same repository as one that knows nothing of it yet and has no cache, to see what is really there. */
  anew(): Repository {
    const { cacheFolder: _, ...options } = this.options;
    return new Repository(this.config, this.sealingKey, this.keyId, options);
  }

  /** Forgets what is in memory of the storage's state, so that the next call looks again. */
  refresh(): void {
    this.#index.refresh();
  }

  /** What `error` says about the blob at `place`; anything but damage is thrown as it is. */
  #damageOf(place: BlobPlace, error: unknown): RepositoryError {
    if (isRepositoryError(error, "damaged")) return error;
    const gone = isStorageError(error) && ["not-found", "invalid", "corrupt"].includes(error.kind);
    if (!gone) throw error;
    return damagedFile(fileKey("data", place.pack), error);
  }
}

function alreadyThere(): RepositoryError {
  return new RepositoryError("exists", "a repository is there already");
}
