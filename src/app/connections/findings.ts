/** What was found of storages by trying them. Kept beside the connections, and shared by all to the same place. */
import { isObject } from "../../base/json.ts";
import type { Found } from "../../storage/examination.ts";
import type { Provider } from "../../storage/provider.ts";
import type { Answers } from "../../storage/provider.ts";
import type { Memento } from "../ports.ts";

const stateKey = "findings";
const version = 1;
/** More places nobody has; what was found longest ago is found again when it is needed. */
const mostPlaces = 200;

interface Entry {
  readonly at: number;
  readonly found: Found;
}
type Entries = Readonly<Record<string, Entry>>;

export interface FoundPlace {
  readonly provider: Provider;
  readonly preset?: string | undefined;
  readonly answers: Answers;
}

export class Findings {
  readonly #memento: Memento;

  constructor(memento: Memento) {
    this.#memento = memento;
  }

  /** What is known of the place; nothing if it has never been tried. */
  of(place: FoundPlace): Found | undefined {
    const name = nameOf(place);
    return name === undefined ? undefined : this.#read()[name]?.found;
  }

  /** When it was tried. */
  triedAt(place: FoundPlace): Date | undefined {
    const name = nameOf(place);
    const at = name === undefined ? undefined : this.#read()[name]?.at;
    return at === undefined ? undefined : new Date(at);
  }

  /** What is known already and was not found out anew stays. */
  async keep(place: FoundPlace, found: Found, now: Date): Promise<void> {
    const name = nameOf(place);
    if (name === undefined) return;
    const entries = this.#read();
    const before = entries[name]?.found;
    const merged: Found = {
      capabilities: { ...before?.capabilities, ...found.capabilities },
      service: { ...before?.service, ...found.service },
    };
    const all = { ...entries, [name]: { at: now.getTime(), found: merged } };
    const newest = Object.entries(all)
      .toSorted(([, a], [, b]) => b.at - a.at)
      .slice(0, mostPlaces);
    await this.#memento.update(stateKey, { version, places: Object.fromEntries(newest) });
  }

  #read(): Entries {
    const stored = this.#memento.get<{ version?: unknown; places?: unknown }>(stateKey);
    if (stored?.version !== version || !isObject(stored.places)) return {};
    return Object.fromEntries(
      Object.entries(stored.places).flatMap(([name, entry]) => {
        const read = entryOf(entry);
        return read ? [[name, read]] : [];
      }),
    );
  }
}

/** Holds no secret and no name of a key: who asks makes no difference to what a service does. */
function nameOf({ provider, preset, answers }: FoundPlace): string | undefined {
  const { folder } = provider;
  // One folder of a storage is as good as another.
  const whole = folder === undefined ? answers : { ...answers, [folder]: undefined };
  const place = provider.place(whole, preset);
  return place === "" ? undefined : `${provider.id}/${preset ?? ""}/${place}`;
}

function entryOf(entry: unknown): Entry | undefined {
  if (!isObject(entry) || typeof entry["at"] !== "number" || !isObject(entry["found"]))
    return undefined;
  const { capabilities, service } = entry["found"];
  const flags = isObject(capabilities) ? capabilities : {};
  return {
    at: entry["at"],
    found: {
      capabilities: {
        ...(typeof flags["ifAbsent"] === "boolean" && { ifAbsent: flags["ifAbsent"] }),
        ...(typeof flags["ifMatch"] === "boolean" && { ifMatch: flags["ifMatch"] }),
        ...(typeof flags["copyIfAbsent"] === "boolean" && { copyIfAbsent: flags["copyIfAbsent"] }),
      },
      service: Object.fromEntries(
        Object.entries(isObject(service) ? service : {}).flatMap(([name, value]) =>
          typeof value === "string" || typeof value === "number" || typeof value === "boolean"
            ? [[name, value] as const]
            : [],
        ),
      ),
    },
  };
}
