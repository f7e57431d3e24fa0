/**
 * The repositories this computer knows: where each lies, what opens it, and which are open now.
 * Places are plain data in global state; passphrases live in the secret store and in memory alone.
 */
import { orAbort } from "../../base/abort.ts";
import { Emitter, type Event } from "../../base/event.ts";
import { isObject } from "../../base/json.ts";
import { RepositoryError } from "../../engine/errors.ts";
import { changePassphrase, removeKey } from "../../engine/repository/keyring.ts";
import type { Kernels } from "../../engine/threads/kernels.ts";
import {
  Repository,
  type RepositoryOptions,
  type Writer,
} from "../../engine/repository/repository.ts";
import type { Storage } from "../../storage/storage.ts";
import type { ConnectionStore } from "../connections/connections.ts";
import { type RepositoryPlace, parsePlace, placeKey, storageFolder } from "./place.ts";
import type { Clock, Elsewhere, Log, Memento, Secrets } from "../ports.ts";

/** A repository that was opened here at least once. */
export interface KnownRepository {
  readonly id: string;
  readonly place: RepositoryPlace;
  /** ISO 8601. */
  readonly lastOpened: string;
}

/** What lies at a place, as far as can be told without a passphrase. */
export type Found =
  | { readonly type: "repository"; readonly snapshots: number; readonly lastWritten?: Date }
  | { readonly type: "empty" }
  | { readonly type: "something-else" };

export interface Opened {
  readonly repository: Repository;
  /** False where the secret store failed: the passphrase holds until the window closes. */
  readonly remembered: boolean;
  /**
   * Where the repository is that this is a copy of, whose passphrase is another: that one stays
   * remembered, and this holds until the window closes.
   */
  readonly copyOf?: RepositoryPlace;
}

/** What came of changing a passphrase: the new one opens the repository in any case. */
export interface Changed extends Opened {
  /** The old one does so too, because its key could not be removed. */
  readonly left?: { readonly key: string; readonly error: unknown };
}

export interface RepositoriesOptions {
  readonly connections: ConnectionStore;
  /** Global: shared by all windows. */
  readonly memento: Memento;
  readonly secrets: Secrets;
  /** Fires when another window may have changed something. */
  readonly elsewhere?: Elsewhere;
  readonly kernels: Kernels;
  readonly writer: Writer;
  readonly cacheFolder?: string;
  /** How hard a new passphrase is to try; the engine's own measure if absent. */
  readonly keyCost?: RepositoryOptions["keyCost"];
  readonly clock: Clock;
  readonly log: Log;
}

const listKey = "repositories";

/** Finds, makes, opens and remembers repositories. */
export class Repositories {
  readonly #options: RepositoriesOptions;
  readonly #changed = new Emitter<void>();
  readonly #open = new Map<string, Promise<Opened>>();
  /** Passphrases of this session that the secret store would not take. */
  readonly #session = new Map<string, string>();
  /** What this window has opened, by place: another, which writes the whole list, may not know it. */
  readonly #kept = new Map<string, KnownRepository>();
  /** Where copies lie that were opened by a passphrase of their own; see `Opened.copyOf`. */
  readonly #copies = new Map<string, RepositoryPlace>();

  constructor(options: RepositoriesOptions) {
    this.#options = options;
    // An edited connection may lead elsewhere or carry another secret: open anew when next asked.
    options.connections.onDidChange(() => this.#open.clear());
    options.elsewhere?.onDidChange(() => void this.#sayAgain());
  }

  /** The list of repositories, or what one of them holds, is another now. */
  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  /** Last opened first. */
  list(): readonly KnownRepository[] {
    return savedList(this.#options.memento);
  }

  get(id: string): KnownRepository | undefined {
    return this.list().find((known) => known.id === id);
  }

  at(place: RepositoryPlace): KnownRepository | undefined {
    const key = placeKey(place);
    return this.list().find((known) => placeKey(known.place) === key);
  }

  /** Looks without opening. Fails as storage does. */
  async look(place: RepositoryPlace, signal?: AbortSignal): Promise<Found> {
    const storage = await this.#storage(place);
    if (await Repository.exists(storage, signal)) return await glance(storage, signal);
    for await (const _entry of storage.list("", { shallow: true, signal }))
      return { type: "something-else" };
    return { type: "empty" };
  }

  /** Makes a repository and remembers its passphrase. Fails with `exists` if one is there. */
  async create(place: RepositoryPlace, passphrase: string): Promise<Opened> {
    const repository = await Repository.init(await this.#ingredients(place), passphrase);
    const opened = { repository, remembered: await this.#remember(repository.id, passphrase) };
    this.#open.set(placeKey(place), Promise.resolve(opened));
    await this.#keep(repository.id, place);
    return opened;
  }

  /**
   * The repository at `place`, opened at most once. Without a passphrase the remembered one is
   * used; where none is known, or it does not fit any more, this fails with `wrong-passphrase`.
   */
  async open(place: RepositoryPlace, passphrase?: string, signal?: AbortSignal): Promise<Opened> {
    const key = placeKey(place);
    const before = passphrase === undefined ? this.#open.get(key) : undefined;
    const opening = before ?? this.#openAt(place, passphrase);
    this.#open.set(key, opening);
    // Several may wait for one opening, so whoever gives up only stops waiting.
    return await orAbort(
      opening.catch((error: unknown) => {
        if (this.#open.get(key) === opening) this.#open.delete(key);
        throw error;
      }),
      signal,
    );
  }

  /** As `open`, for a repository that is known. Fails with `not-a-repository` if it is not. */
  async openKnown(id: string, signal?: AbortSignal): Promise<Repository> {
    const place = this.#copies.get(id) ?? this.get(id)?.place;
    if (!place) throw new RepositoryError("not-a-repository", `no repository ${id} is known here`);
    return (await this.open(place, undefined, signal)).repository;
  }

  /**
   * Replaces the passphrase that `repository` was opened with. The new one is remembered before the
   * old one goes, so that wherever this ends, what is remembered opens the repository.
   */
  async changePassphrase(repository: Repository, passphrase: string): Promise<Changed> {
    const { id, keyId: old } = repository;
    const result = () => ({ repository, remembered: !this.#session.has(id) });
    try {
      await changePassphrase(repository, passphrase, {
        onAdded: async () => void (await this.#remember(id, passphrase)),
      });
      return result();
    } catch (error) {
      if (repository.keyId === old) throw error;
      return { ...result(), left: { key: old, error } };
    }
  }

  /** Takes the passphrase of a key its power: what `changePassphrase` had to leave. */
  async removeKey(repository: Repository, key: string): Promise<void> {
    await removeKey(repository, key);
  }

  /** What opens the repository, where this computer knows it. */
  async passphrase(id: string): Promise<string | undefined> {
    const session = this.#session.get(id);
    if (session !== undefined) return session;
    try {
      return await this.#options.secrets.get(secretKey(id));
    } catch (error) {
      this.#options.log.warn(`the secret store could not be read: ${String(error)}`);
      return undefined;
    }
  }

  /** Takes the repository off the list and its passphrase out of the store. Deletes nothing else. */
  async forget(id: string): Promise<void> {
    const known = this.get(id);
    if (known) this.#open.delete(placeKey(known.place));
    this.#session.delete(id);
    try {
      await this.#options.secrets.delete(secretKey(id));
    } catch (error) {
      this.#options.log.warn(`a passphrase could not be removed: ${String(error)}`);
    }
    this.#letGo(id);
    await this.#save(this.list().filter((other) => other.id !== id));
  }

  /** Makes everyone look again at what the repository holds. */
  touch(repository: Repository): void {
    repository.refresh();
    this.#changed.fire();
  }

  /** What is open of the repository looks at the storage again when next asked. */
  async forgetContents(id: string): Promise<void> {
    const known = this.get(id);
    const opening = known && this.#open.get(placeKey(known.place));
    // One that cannot be opened has nothing to forget; whoever opens it hears why.
    const opened = await opening?.catch(() => undefined);
    opened?.repository.refresh();
  }

  async #openAt(place: RepositoryPlace, typed: string | undefined): Promise<Opened> {
    const known = this.at(place);
    const passphrase = typed ?? (known && (await this.passphrase(known.id)));
    if (passphrase === undefined)
      throw new RepositoryError("wrong-passphrase", "no passphrase is known on this computer");
    const repository = await Repository.open(await this.#ingredients(place), passphrase);
    const copyOf = await this.#otherThan(repository.id, place, passphrase);
    if (copyOf) {
      this.#copies.set(repository.id, place);
      return { repository, remembered: true, copyOf };
    }
    this.#copies.delete(repository.id);
    // Typed, or another repository than the one whose passphrase happened to fit: remember it.
    const remembered =
      typed === undefined && known?.id === repository.id
        ? !this.#session.has(repository.id)
        : await this.#remember(repository.id, passphrase);
    await this.#keep(repository.id, place);
    return { repository, remembered };
  }

  /**
   * Where else the repository is, if another passphrase is remembered for it there. To remember this
   * one in its place would lock its owner out.
   */
  async #otherThan(
    id: string,
    place: RepositoryPlace,
    passphrase: string,
  ): Promise<RepositoryPlace | undefined> {
    const other = this.get(id)?.place;
    if (!other || placeKey(other) === placeKey(place)) return undefined;
    const before = await this.passphrase(id);
    if (before === undefined || before === passphrase) return undefined;
    // Unless it was moved here. What cannot be reached now is believed to be there.
    const isThere = await this.look(other).then(
      ({ type }) => type === "repository",
      () => true,
    );
    return isThere ? other : undefined;
  }

  async #ingredients(place: RepositoryPlace): Promise<RepositoryOptions> {
    const { kernels, writer, cacheFolder, keyCost } = this.#options;
    return {
      storage: await this.#storage(place),
      kernels,
      writer,
      ...(cacheFolder !== undefined && { cacheFolder }),
      ...(keyCost && { keyCost }),
      lockPatienceMs,
    };
  }

  async #storage(place: RepositoryPlace): Promise<Storage> {
    const storage = await this.#options.connections.open(place.connection, place.container);
    return storage.within(storageFolder(place));
  }

  async #remember(id: string, passphrase: string): Promise<boolean> {
    try {
      const { secrets, log } = this.#options;
      await secrets.store(secretKey(id), passphrase);
      // Some stores swallow what they cannot keep.
      if ((await secrets.get(secretKey(id))) === passphrase) {
        this.#session.delete(id);
        return true;
      }
      log.warn("the secret store did not keep a passphrase");
    } catch (error) {
      this.#options.log.warn(`the secret store took no passphrase: ${String(error)}`);
    }
    this.#session.set(id, passphrase);
    return false;
  }

  async #keep(id: string, place: RepositoryPlace): Promise<void> {
    const lastOpened = this.#options.clock.now().toISOString();
    const key = placeKey(place);
    const others = this.list().filter((known) => known.id !== id && placeKey(known.place) !== key);
    this.#letGo(id);
    this.#kept.set(key, { id, place, lastOpened });
    await this.#save([{ id, place, lastOpened }, ...others]);
  }

  #letGo(id: string): void {
    for (const [key, known] of this.#kept) if (known.id === id) this.#kept.delete(key);
  }

  /** Puts back on the list what another window has overwritten, but not what it has removed. */
  async #sayAgain(): Promise<void> {
    const there = new Set(this.list().map(({ id }) => id));
    for (const known of this.#kept.values()) {
      if (there.has(known.id)) continue;
      // Who removes one from the list has its passphrase forgotten.
      if ((await this.passphrase(known.id)) === undefined) this.#letGo(known.id);
      else await this.#save([known, ...this.list()]);
    }
  }

  async #save(repositories: readonly KnownRepository[]): Promise<void> {
    await this.#options.memento.update(listKey, { version: 1, repositories });
    this.#changed.fire();
  }
}

/** A snapshot is a file: how many there are, and when the last one came, shows without a passphrase. */
async function glance(storage: Storage, signal: AbortSignal | undefined): Promise<Found> {
  let snapshots = 0;
  let last = 0;
  for await (const entry of storage.list("snapshots/", { signal })) {
    if (entry.type !== "object") continue;
    snapshots++;
    last = Math.max(last, entry.modified?.getTime() ?? 0);
  }
  return { type: "repository", snapshots, ...(last > 0 && { lastWritten: new Date(last) }) };
}

/** Most jobs of others are over within this; who waits for longer wants to know for whom. */
const lockPatienceMs = 20_000;

const secretKey = (id: string) => `repository/${id}/passphrase`;

function savedList(memento: Memento): readonly KnownRepository[] {
  const saved = memento.get<{ version?: unknown; repositories?: unknown }>(listKey);
  if (saved?.version !== 1 || !Array.isArray(saved.repositories)) return [];
  return saved.repositories.flatMap((entry: unknown) => knownRepository(entry) ?? []);
}

function knownRepository(value: unknown): KnownRepository | undefined {
  if (!isObject(value)) return undefined;
  const { id, place, lastOpened } = value;
  const parsed = parsePlace(place);
  if (typeof id !== "string" || typeof lastOpened !== "string" || !parsed) return undefined;
  return { id, place: parsed, lastOpened };
}
