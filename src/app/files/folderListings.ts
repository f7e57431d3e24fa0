/** What folders held when they were listed last. */
import { isOtherCase } from "../../storage/paths.ts";
import { folderBeside } from "../location.ts";
import type { Clock } from "../ports.ts";

/** Something in a folder. */
export interface Listed {
  /** The last part of its path. */
  readonly name: string;
  readonly type: "file" | "folder";
  /** Another text whenever its content is another. */
  readonly state: string;
}

interface Address {
  readonly connection: string;
  readonly path: string;
}

interface Change {
  readonly type: "created" | "changed" | "deleted";
  readonly address: Address;
}

interface Listing {
  readonly address: Address;
  readonly listed: ReadonlyMap<string, Listed>;
  readonly atMs: number;
}

interface Look {
  readonly found: "folder" | "nothing";
  readonly atMs: number;
}

/** Older ones are forgotten. */
const mostListings = 50;
const mostLooks = 1_000;
/** So long a listing counts for what it has in it, and for what it lacks. */
const freshMs = 5_000;
const absentMs = 2_000;
/**
 * The same for what begins with a dot: VS Code and its extensions look for some twenty settings in
 * folders such as `.vscode`, each more than once, for half a minute after a folder was opened.
 */
const hiddenMs = 30_000;

export class FolderListings {
  readonly #clock: Clock;
  /** In the order in which they were asked for. */
  readonly #listings = new Map<string, Listing>();
  readonly #looks = new Map<string, Look>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a folder that was listed a moment ago lacks it, or the folder in which it would lie. */
  #isMissed(address: Address): boolean {
    let inside = address;
    for (const folder of ancestors(address)) {
      const listing = this.#listings.get(idOf(folder));
      const name = lastOf(inside.path);
      if (listing && this.#isWithin(trustMs(name), listing.atMs))
        return !listing.listed.has(name) && !listing.listed.has(folderBeside(name));
      inside = folder;
    }
    return false;
  }

  #isWithin(ms: number, atMs: number): boolean {
    return this.#clock.now().getTime() <= atMs + ms;
  }

  get(address: Address): ReadonlyMap<string, Listed> | undefined {
    return this.#listings.get(idOf(address))?.listed;
  }

  /** The folders that were listed, those that have not been listed for longest first. */
  folders(): readonly Address[] {
    return [...this.#listings.values()]
      .toSorted((a, b) => a.atMs - b.atMs)
      .map(({ address }) => address);
  }

  /** Whether its folder was listed with it, or with what may be the same where case does not count. */
  heldAs(address: Address): "itself" | "other" | undefined {
    const held = this.#listings.get(idOf(above(address)))?.listed;
    const name = lastOf(address.path);
    if (held?.has(name)) return "itself";
    return [...(held?.keys() ?? [])].some((one) => isOtherCase(one, name)) ? "other" : undefined;
  }

  /** Somebody was given the names alone: what has changed since is still to be told, see `compare`. */
  rememberNames(address: Address, listed: readonly Listed[]): void {
    const before = this.get(address);
    const stateOf = (one: Listed) => before?.get(one.name)?.state ?? one.state;
    this.remember(
      address,
      listed.map((one) => ({ ...one, state: stateOf(one) })),
    );
  }

  remember(address: Address, listed: readonly Listed[]): void {
    const id = idOf(address);
    this.#listings.delete(id);
    this.#listings.set(id, {
      address,
      listed: new Map(listed.map((one) => [one.name, one])),
      atMs: this.#clock.now().getTime(),
    });
    // What has come meanwhile was looked for in vain before.
    for (const { name } of listed) this.#looks.delete(idOf(within(address, name)));
    const [oldest] = this.#listings.keys();
    if (this.#listings.size > mostListings && oldest !== undefined) this.#listings.delete(oldest);
  }

  forget(address: Address): void {
    this.#listings.delete(idOf(address));
  }

  /** What was found at an address by asking for it alone. */
  saw(address: Address, found: "folder" | "nothing"): void {
    if (this.#looks.size >= mostLooks) this.#looks.clear();
    this.#looks.set(idOf(address), { found, atMs: this.#clock.now().getTime() });
  }

  /**
   * What it is by what was listed or looked at a moment ago. VS Code asks for the same files again
   * and again, above all for those that a folder of settings might hold.
   */
  justSaid(address: Address): Listed["type"] | "nothing" | undefined {
    const look = this.#looks.get(idOf(address));
    if (look && this.#isWithin(trustMs(lastOf(address.path)), look.atMs)) return look.found;
    const own = this.#listings.get(idOf(address));
    if (own && own.listed.size > 0 && this.#isWithin(freshMs, own.atMs)) return "folder";
    const parent = this.#listings.get(idOf(above(address)));
    const found = parent?.listed.get(lastOf(address.path));
    if (parent && found && this.#isWithin(freshMs, parent.atMs)) return found.type;
    return this.#isMissed(address) ? "nothing" : undefined;
  }

  /** Others may have changed anything: what was listed and seen says no more what is there now. */
  distrust(): void {
    this.#looks.clear();
    for (const [id, listing] of this.#listings) this.#listings.set(id, { ...listing, atMs: 0 });
  }

  /** We have changed something ourselves: what it leaves behind is asked for again. */
  note(type: Change["type"], address: Address): void {
    const { connection, path } = address;
    this.#looks.clear();
    // They no longer speak for their folders, but still tell what others have changed in them.
    for (const folder of ancestors(address)) {
      const listing = this.#listings.get(idOf(folder));
      if (listing) this.#listings.set(idOf(folder), { ...listing, atMs: 0 });
    }
    if (type === "created") return;
    for (const [id, listing] of this.#listings) {
      if (listing.address.connection !== connection || !isWithin(listing.address.path, path))
        continue;
      // Of what was deleted in part, the next look tells what is gone.
      if (type === "deleted") this.#listings.delete(id);
      else this.#listings.set(id, { ...listing, atMs: 0 });
    }
  }

  /** What has come, gone and changed since `before`. */
  compare(
    folder: Address,
    before: ReadonlyMap<string, Listed>,
    now: readonly Listed[],
  ): readonly Change[] {
    const there = new Set(now.map(({ name }) => name));
    const address = (name: string) => within(folder, name);
    const gone = [...before.keys()].filter((name) => !there.has(name));
    return [
      ...gone.map((name): Change => ({ type: "deleted", address: address(name) })),
      ...now.flatMap(({ name, state }): readonly Change[] => {
        const old = before.get(name);
        if (old?.state === state) return [];
        return [{ type: old ? "changed" : "created", address: address(name) }];
      }),
    ];
  }
}

/** The outermost of the folders it lies in whose name begins with a dot. */
export function hiddenAbove(address: Address): Address | undefined {
  return ancestors(address).findLast(({ path }) => lastOf(path).startsWith("."));
}

function trustMs(name: string): number {
  return name.startsWith(".") ? hiddenMs : absentMs;
}

/** The folders that it lies in, the innermost first. */
function ancestors(address: Address): readonly Address[] {
  const folders: Address[] = [];
  for (let one = address; one.path !== "/";) folders.push((one = above(one)));
  return folders;
}

function within({ connection, path }: Address, name: string): Address {
  return { connection, path: path.endsWith("/") ? path + name : `${path}/${name}` };
}

function above({ connection, path }: Address): Address {
  return { connection, path: path.slice(0, path.lastIndexOf("/")) || "/" };
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function idOf({ connection, path }: Address): string {
  return `${connection}\n${path}`;
}
