/** What folders held when they were listed last. */
import type { Clock } from "./ports.ts";

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

/** Older ones are forgotten. */
const mostListings = 50;
/** So long a listing counts for what it has in it. */
const freshMs = 5_000;

export class FolderListings {
  readonly #clock: Clock;
  /** In the order in which they were asked for. */
  readonly #listings = new Map<string, Listing>();

  constructor(clock: Clock) {
    this.#clock = clock;
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

  remember(address: Address, listed: readonly Listed[]): void {
    const id = idOf(address);
    this.#listings.delete(id);
    this.#listings.set(id, {
      address,
      listed: new Map(listed.map((one) => [one.name, one])),
      atMs: this.#clock.now().getTime(),
    });
    const [oldest] = this.#listings.keys();
    if (this.#listings.size > mostListings && oldest !== undefined) this.#listings.delete(oldest);
  }

  forget(address: Address): void {
    this.#listings.delete(idOf(address));
  }

  /** What a listing of a moment ago says that it is. */
  justSaid({ connection, path }: Address): Listed["type"] | undefined {
    const slash = path.lastIndexOf("/");
    const parent = this.#listings.get(idOf({ connection, path: path.slice(0, slash) || "/" }));
    if (!parent || parent.atMs + freshMs < this.#clock.now().getTime()) return undefined;
    return parent.listed.get(path.slice(slash + 1))?.type;
  }

  /** We have changed something ourselves: what it leaves behind is asked for again. */
  note(type: Change["type"], address: Address): void {
    const { connection, path } = address;
    const slash = path.lastIndexOf("/");
    const parentId = idOf({ connection, path: path.slice(0, slash) || "/" });
    const parent = this.#listings.get(parentId);
    // It no longer speaks for its folder, but still tells what others have changed in it.
    if (parent) this.#listings.set(parentId, { ...parent, atMs: 0 });
    if (type === "created") return;
    for (const [id, listing] of this.#listings)
      if (listing.address.connection === connection && isWithin(listing.address.path, path))
        this.#listings.delete(id);
  }

  /** What has come, gone and changed since `before`. */
  compare(
    { connection, path }: Address,
    before: ReadonlyMap<string, Listed>,
    now: readonly Listed[],
  ): readonly Change[] {
    const there = new Set(now.map(({ name }) => name));
    const address = (name: string) => ({
      connection,
      path: path.endsWith("/") ? path + name : `${path}/${name}`,
    });
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

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function idOf({ connection, path }: Address): string {
  return `${connection}\n${path}`;
}
