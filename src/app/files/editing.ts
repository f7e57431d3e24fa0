/**
 * What editors know of the objects they show, so that saving overwrites nothing they have not seen.
 */
import { never } from "../../base/abort.ts";
import type { Bytes } from "../../base/bytes.ts";
import { isStorageError, StorageError } from "../../storage/errors.ts";
import type { ObjectDetails } from "../../storage/extras.ts";
import {
  isSameState,
  type NewDetails,
  type ObjectInfo,
  type ObjectState,
} from "../../storage/objects.ts";
import type { Written } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import { contentTypeOf } from "../objects/contentTypes.ts";
import { locationId, type Location } from "../location.ts";
import { detailsToKeep, type Stored } from "../transfers/objectCopy.ts";
import { isCalledOtherwise } from "./letterCase.ts";
import { alreadyThere, isMissing } from "./refusals.ts";
import type { Clock, Memento } from "../ports.ts";
import {
  completed,
  timeFor,
  sizeFor,
  turned,
  contentOf,
  keptOf,
  readKept,
  type Content,
  type Known,
  type Kept,
  type Told,
} from "./told.ts";

/** Why something has not been saved: the object is as somebody else has left it. */
export class SaveConflict extends Error {
  override readonly name = "SaveConflict";
  readonly kind: "changed" | "deleted";

  constructor(kind: SaveConflict["kind"]) {
    super(`${kind} meanwhile`);
    this.kind = kind;
  }
}

export interface SaveOptions {
  /** Makes the object if there is none; else fails with `not-found`. */
  readonly create: boolean;
  /** Replaces the object if there is one; else fails with `conflict` (`exists`). */
  readonly overwrite: boolean;
  /** Makes it although it was deleted since the editor has read it. */
  readonly recreate?: boolean;
  readonly signal: AbortSignal;
}

const stateKey = "edited";
const mostKept = 200;
const mostPast = 1000;
const freshMs = 2_000;

/** What all editors of a window have been told. */
export class Editing {
  readonly #memento: Memento;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<Told>>();
  /** Were there when an editor looked, and later not. */
  readonly #gone = new Set<string>();
  /** What was told of those that are forgotten. */
  readonly #past = new Map<string, Kept>();
  #kept: ReadonlyMap<string, Kept>;

  constructor(rooms: { readonly memento: Memento; readonly clock: Clock }) {
    this.#memento = rooms.memento;
    this.#clock = rooms.clock;
    this.#kept = readKept(rooms.memento.get(stateKey));
  }

  /** What the object is now. Fails with `not-found`. */
  async look(storage: Storage, at: Location): Promise<Told> {
    const id = locationId(at);
    const known = this.#known.get(id);
    if (known && known.freshUntilMs > this.#clock.now().getTime()) {
      // Once: the next look may be the one before another save.
      this.#known.set(id, { ...known, freshUntilMs: 0 });
      return known;
    }
    const asking = this.#asking.get(id) ?? this.#ask(storage, at, id);
    this.#asking.set(id, asking);
    try {
      return await asking;
    } finally {
      if (this.#asking.get(id) === asking) this.#asking.delete(id);
    }
  }

  /** Somebody has read the object in this state, and may save it without having looked. */
  async hasRead(storage: Storage, at: Location, info: ObjectInfo, body: Bytes): Promise<void> {
    const id = locationId(at);
    if (this.isNews(at, info)) await this.#tell(id, info, {});
    const known = this.#known.get(id);
    if (!known || versionToMatch(storage, known.info) !== undefined) return;
    const { digest } = await digested(body);
    if (digest === undefined) return;
    // The state may look the same, and is not.
    const isOther = known.digest !== undefined && known.digest !== digest;
    const isGuessed = known.isGuessed === true && info.version === undefined;
    await this.#hold(id, { ...known, ...(isOther && turned(known)), digest, isGuessed });
  }

  /** What was told last; nothing is asked. */
  told(at: Location): Told | undefined {
    return this.#known.get(locationId(at));
  }

  /** What others have done to it since an editor looked. Asks only if one has. */
  async lookAgain(
    at: Location,
    open: () => Promise<Storage>,
  ): Promise<"created" | "changed" | "deleted" | undefined> {
    const isGone = this.#gone.has(locationId(at));
    if (!isGone && !this.told(at)) return undefined;
    const storage = await open();
    try {
      if (isGone) {
        await this.look(storage, at);
        return "created";
      }
      // What the editors were told stays: they are to find out by themselves before they save.
      return this.isNews(at, await storage.stat(at.key)) ? "changed" : undefined;
    } catch (error) {
      if (!isMissing(error)) throw error;
      return isGone ? undefined : "deleted";
    }
  }

  /** Whether `info` is another state than the one that was told last. */
  isNews(at: Location, info: ObjectInfo): boolean {
    const known = this.#known.get(locationId(at));
    return known !== undefined && !isSameState(known.info, info);
  }

  /**
   * Stores what an editor has, in the place of exactly what it was told of last. Fails with
   * `SaveConflict` if that is not there any more; then nothing is changed, and what is there now
   * counts as told. What the object says beside its bytes stays. Tells whether it was there before.
   */
  async save(
    storage: Storage,
    at: Location,
    body: Bytes,
    options: SaveOptions,
  ): Promise<"created" | "changed"> {
    const id = locationId(at);
    const known = this.#known.get(id);
    if (this.#gone.has(id) && options.recreate !== true) throw new SaveConflict("deleted");
    const written = known
      ? await this.#replaceKnown(storage, at, body, known, options)
      : await this.#create(storage, at, body, options);
    // Whoever has met with one in the place of the new one has looked at it.
    const saved = this.#known.has(id) ? "changed" : "created";
    const info = await withVersion(storage, written);
    const held = versionToMatch(storage, info);
    // What was asked for after the write is another's by now, unless its version has come along.
    const isOwn = written.version !== undefined || (held && held === written.hiddenVersion);
    const isGuessed = !isOwn;
    const needsDigest = isGuessed || held === undefined;
    this.#gone.delete(id);
    await this.#tell(id, info, {
      ...(known?.details && { details: known.details }),
      ...(needsDigest && (await digested(body))),
      ...(isGuessed && { isGuessed }),
      isOurs: true,
    });
    return saved;
  }

  /** There are unsaved changes in an editor: what it was told is remembered over a restart. */
  async edited(at: Location): Promise<void> {
    const id = locationId(at);
    const known = this.#known.get(id);
    if (known && !this.#kept.has(id)) await this.#keep(id, keptOf(known));
  }

  /** No editor shows it any more, or we have deleted or moved it ourselves. */
  async forget(at: Location): Promise<void> {
    const id = locationId(at);
    const known = this.#known.get(id);
    // VS Code closes a document also to open it again at once: its time must not go back.
    if (known) this.#past.set(id, keptOf(known));
    const [oldest] = this.#past.keys();
    if (this.#past.size > mostPast && oldest !== undefined) this.#past.delete(oldest);
    this.#known.delete(id);
    this.#gone.delete(id);
    if (this.#kept.has(id)) await this.#keep(id, undefined);
  }

  async #ask(storage: Storage, at: Location, id: string): Promise<Told> {
    try {
      const { details } = storage.extras;
      const all = await details?.get({ key: at.key, signal: never });
      const info = all?.info ?? (await storage.stat(at.key));
      this.#gone.delete(id);
      return await this.#tell(id, info, { ...(all && { details: all }) });
    } catch (error) {
      if (isMissing(error) && (this.#known.delete(id) || this.#kept.has(id))) this.#gone.add(id);
      throw error;
    }
  }

  async #replaceKnown(
    storage: Storage,
    at: Location,
    body: Bytes,
    known: Known,
    options: SaveOptions,
  ): Promise<Written> {
    try {
      return await this.#replace(storage, at, body, known, options);
    } catch (error) {
      if (!(error instanceof SaveConflict)) throw error;
      const id = locationId(at);
      if (error.kind === "deleted") {
        this.#known.delete(id);
        this.#gone.add(id);
        throw error;
      }
      await this.#ask(storage, at, id).catch(() => {});
      // The state may look the same, and is not.
      const now = this.#known.get(id);
      if (now?.mtime !== known.mtime) throw error;
      const { digest: _, ...rest } = now;
      await this.#hold(id, { ...rest, ...turned(now) });
      throw error;
    }
  }

  async #replace(
    storage: Storage,
    { key }: Location,
    body: Bytes,
    known: Known,
    { overwrite, signal }: SaveOptions,
  ): Promise<Written> {
    if (!overwrite) throw alreadyThere(key);
    const { info, details, isGuessed } = known;
    const ifMatch = versionToMatch(storage, info);
    if (ifMatch === undefined || isGuessed) await checkUnchanged(storage, known, signal);
    const end = { storage, key };
    try {
      const contentType = contentTypeOf(key);
      return await storage.write(key, body, {
        signal,
        ...(contentType !== undefined && { contentType }),
        ...(details && { details: await asBefore(end, details, signal) }),
        ...(ifMatch !== undefined && { ifMatch }),
      });
    } catch (error) {
      throw await asConflict(error, end, signal);
    }
  }

  async #create(
    storage: Storage,
    at: Location,
    body: Bytes,
    options: SaveOptions,
  ): Promise<Written> {
    const { create, overwrite, signal } = options;
    const { key } = at;
    const isThere = async () => await storage.exists(key, { signal });
    const { ifAbsent } = storage.capabilities;
    if (!create && !(await isThere()))
      throw new StorageError("not-found", `no such object: ${key}`);
    try {
      if (!ifAbsent && (await isThere())) throw alreadyThere(key);
      const contentType = contentTypeOf(key);
      return await storage.write(key, body, {
        signal,
        ...(ifAbsent && { ifAbsent }),
        ...(contentType !== undefined && { contentType }),
      });
    } catch (error) {
      if (!isStorageError(error, "conflict")) throw error;
      if (!overwrite || options.recreate) throw alreadyThere(key);
      return await this.#replaceUnseen(storage, at, body, options);
    }
  }

  /** Somebody overwrites without having looked: a program, or VS Code after it was told of nothing. */
  async #replaceUnseen(
    storage: Storage,
    at: Location,
    body: Bytes,
    options: SaveOptions,
  ): Promise<Written> {
    if (await isCalledOtherwise(storage, at.key)) throw alreadyThere(at.key);
    await this.look(storage, at);
    const known = this.#known.get(locationId(at));
    if (!known) throw alreadyThere(at.key);
    return await this.#replace(storage, at, body, known, options);
  }

  async #tell(
    id: string,
    info: ObjectInfo,
    { isOurs = false, ...rest }: Pick<Known, "details"> & Content & { readonly isOurs?: boolean },
  ): Promise<Told> {
    const before = this.#before(id);
    const now = this.#clock.now();
    const mtime = timeFor(info, before, now);
    const isUnchanged = before?.mtime === mtime;
    const turns = before ? before.turns + Number(!isUnchanged && !isOurs) : 0;
    const told: Known = {
      // Of another state nobody has read the content yet.
      ...(isUnchanged && contentOf(before)),
      info: isUnchanged ? completed(info, before) : info,
      mtime,
      turns,
      size: sizeFor(info, turns),
      freshUntilMs: isOurs ? now.getTime() + freshMs : 0,
      ...rest,
    };
    // It was saved: there is nothing left that would have to survive a restart.
    if (isOurs && this.#kept.has(id)) await this.#keep(id, undefined);
    await this.#hold(id, told);
    return told;
  }

  /** What was told of it last, be it in another life. */
  #before(id: string): Kept | undefined {
    const known = this.#known.get(id);
    return known ? keptOf(known) : (this.#kept.get(id) ?? this.#past.get(id));
  }

  async #hold(id: string, told: Known): Promise<void> {
    this.#known.set(id, told);
    const kept = this.#kept.get(id);
    // An editor that comes back may have been told this by then.
    if (kept && (kept.mtime !== told.mtime || kept.digest !== told.digest))
      await this.#keep(id, keptOf(told));
  }

  async #keep(id: string, one: Kept | undefined): Promise<void> {
    const others = [...this.#kept].filter(([other]) => other !== id);
    this.#kept = new Map([...others, ...(one ? [[id, one] as const] : [])].slice(-mostKept));
    await this.#memento.update(stateKey, { version: 1, kept: Object.fromEntries(this.#kept) });
  }
}

/** All that the object has said of itself so far. */
async function asBefore(
  end: Stored,
  details: ObjectDetails,
  signal: AbortSignal,
): Promise<NewDetails> {
  const { storageClass } = details;
  const kept = await detailsToKeep(end, details, signal);
  return { ...kept, ...(storageClass !== undefined && { storageClass }) };
}

/** Storages differ in how they refuse to replace what is another, or not there. */
async function asConflict(
  error: unknown,
  { storage, key }: { readonly storage: Storage; readonly key: string },
  signal: AbortSignal,
): Promise<unknown> {
  if (isMissing(error)) return new SaveConflict("deleted");
  if (!isStorageError(error, "conflict")) return error;
  return new SaveConflict((await storage.exists(key, { signal })) ? "changed" : "deleted");
}

/** For storages that cannot write on a condition: a look right before is the best there is. */
async function checkUnchanged(
  storage: Storage,
  { info: told, digest, isGuessed }: Known,
  signal: AbortSignal,
): Promise<void> {
  try {
    const now = await storage.stat(told.key, { signal });
    if (!isSameState(now, told)) throw new SaveConflict("changed");
    // Without versions, two states of one second and one size look the same.
    const isSure = now.version !== undefined && told.version !== undefined && !isGuessed;
    if (digest === undefined || isSure) return;
    const { digest: current } = await digested(await storage.bytes(told.key, { signal }));
    if (current !== digest) throw new SaveConflict("changed");
  } catch (error) {
    if (isMissing(error)) throw new SaveConflict("deleted");
    throw error;
  }
}

/** What is larger is not read again for a second's sake. */
const digestedBytes = 5_000_000;

/** The version that a write can be made to depend on. */
function versionToMatch({ capabilities }: Storage, { version }: ObjectState): string | undefined {
  return capabilities.ifMatch ? version : undefined;
}

async function digested(body: Bytes): Promise<Pick<Content, "digest">> {
  if (body.length > digestedBytes) return {};
  return { digest: Buffer.from(await crypto.subtle.digest("SHA-256", body)).toString("hex") };
}

/**
 * Some servers say of what was written which version it is, others only when asked. If they tell of
 * another size, somebody else was quicker, and the next look is to find that out.
 */
async function withVersion(storage: Storage, written: Written): Promise<ObjectInfo> {
  if (written.version !== undefined) return written;
  try {
    const now = await storage.stat(written.key);
    return now.size === written.size ? now : written;
  } catch (error) {
    // It is saved. What it is now, the next look will say.
    if (isStorageError(error)) return written;
    throw error;
  }
}
