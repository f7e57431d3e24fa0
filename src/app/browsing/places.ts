/** Places the user comes back to: favourites, and where they were lately. */
import { Emitter, type Event } from "../../base/event.ts";
import { isObject } from "../../base/json.ts";
import { locationId, type Location } from "../location.ts";
import type { Memento } from "../ports.ts";

interface Stored {
  readonly version: 1;
  readonly favourites: readonly Location[];
  /** The latest first. */
  readonly recent: readonly Location[];
}

const stateKey = "places";
const recentAtMost = 20;

export class Places {
  readonly #memento: Memento;
  /** Whether the place's connection is still there. */
  readonly #isKnown: (at: Location) => boolean;
  readonly #changed = new Emitter<Location>();

  /** Whether a place is a favourite has changed. */
  readonly onDidChange: Event<Location> = this.#changed.event;

  constructor(memento: Memento, isKnown: (at: Location) => boolean) {
    this.#memento = memento;
    this.#isKnown = isKnown;
  }

  /** In the order they were added. */
  favourites(): readonly Location[] {
    return this.#read().favourites.filter(this.#isKnown);
  }

  /** Those that are not favourites too, the latest first. */
  recent(): readonly Location[] {
    return this.#read().recent.filter((at) => this.#isKnown(at) && !this.isFavourite(at));
  }

  isFavourite(at: Location): boolean {
    return has(this.#read().favourites, at);
  }

  async addFavourite(at: Location): Promise<void> {
    const { favourites, ...rest } = this.#read();
    if (!has(favourites, at))
      await this.#write({ ...rest, favourites: [...favourites, place(at)] });
    this.#changed.fire(at);
  }

  async removeFavourite(at: Location): Promise<void> {
    const { favourites, ...rest } = this.#read();
    await this.#write({ ...rest, favourites: without(favourites, at) });
    this.#changed.fire(at);
  }

  /** The user was there. */
  async visit(at: Location): Promise<void> {
    const { recent, ...rest } = this.#read();
    if (recent[0] && same(recent[0], at)) return;
    const latest = [place(at), ...without(recent, at)].slice(0, recentAtMost);
    await this.#write({ ...rest, recent: latest });
  }

  /** Read anew each time: other windows keep theirs in the same place. */
  #read(): Stored {
    const stored = this.#memento.get<Partial<Stored>>(stateKey);
    const list = (given: unknown) => (Array.isArray(given) ? given.filter(isLocation) : []);
    return { version: 1, favourites: list(stored?.favourites), recent: list(stored?.recent) };
  }

  async #write(places: Stored): Promise<void> {
    await this.#memento.update(stateKey, places);
  }
}

function place({ connection, container, key }: Location): Location {
  return { connection, ...(container !== undefined && { container }), key };
}

function same(a: Location, b: Location): boolean {
  return locationId(a) === locationId(b);
}

function has(places: readonly Location[], at: Location): boolean {
  return places.some((one) => same(one, at));
}

function without(places: readonly Location[], at: Location): readonly Location[] {
  return places.filter((one) => !same(one, at));
}

function isLocation(given: unknown): given is Location {
  if (!isObject(given)) return false;
  const { connection, container, key } = given;
  return (
    typeof connection === "string" &&
    typeof key === "string" &&
    (container === undefined || typeof container === "string")
  );
}
