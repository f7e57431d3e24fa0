import { setTimeout } from "node:timers/promises";
import { StorageError } from "../../../src/storage/errors.ts";
import type { Through } from "../../../src/base/throughBlob.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { withLayers, type Layer } from "../../../src/storage/layers.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import type { Random } from "../random.ts";

/** A driver in memory that takes one key per delete, so that a run can be cut off between any two. */
export function singleDriver(): Driver {
  return memoryDriver({ deleteBatch: 1 });
}

/** A driver in memory with all that `driver` holds. */
export async function copyOf(driver: Driver): Promise<Driver> {
  const [from, copy] = [new Storage(driver), singleDriver()];
  const to = new Storage(copy);
  for await (const { key } of from.list()) await to.write(key, await from.bytes(key));
  return copy;
}

/**
 * `driver` as a process sees it that is killed after `life` requests: none is sent any more. Whether
 * the last one took effect is `effective`; that its answer never came is sure.
 */
export function dyingStorage(driver: Driver, life: number, effective: boolean): DyingStorage {
  let sent = 0;
  const dies: Layer = async ({ send }) => {
    sent += 1;
    if (sent < life) return await send();
    if (sent === life && effective) await send();
    throw new StorageError("unreachable", "killed", { retryable: false });
  };
  return { storage: new Storage(withLayers(driver, dies)), requests: () => sent };
}

/**
 * What may happen to a request: it is refused; it is carried out, but its answer is lost; a body ends
 * early or has a bit turned without anyone saying so; it is sent twice; it is late; nothing is found.
 */
export type Fault =
  | "refused"
  | "answer lost"
  | "cut"
  | "turned"
  | "sent twice"
  | "late"
  | "not found";

/** Does one of `faults` to a request in `oneIn`. */
export function chaos(random: Random, oneIn: number, faults: readonly Fault[]): Layer {
  return async (call) => {
    const { operation, send } = call;
    const fault = random.below(oneIn) === 0 ? faults[random.below(faults.length)] : undefined;
    switch (fault) {
      case "refused":
        throw new StorageError("unreachable", "refused");
      case "answer lost":
        await send();
        throw new StorageError("unreachable", "the answer was lost");
      case "cut":
      case "turned":
        // A server refuses what does not arrive as it was signed; what it sends is ours to judge.
        return operation === "read" ? await send(harm(fault, random)) : await send();
      case "sent twice":
        if (operation !== "read") await send();
        return await send();
      case "late":
        await setTimeout(random.below(5));
        return await send();
      case "not found":
        if (operation === "read" || operation === "stat")
          throw new StorageError("not-found", "not found");
        return await send();
      case undefined:
        return await send();
    }
  };
}

/** Cuts a body somewhere in its first piece, or turns a bit there. */
function harm(fault: "cut" | "turned", random: Random): Through {
  let isFirst = true;
  return async function* (body) {
    for await (const piece of body) {
      const at = random.below(Math.max(1, piece.length));
      const harmed = piece.slice(0, fault === "cut" ? at : undefined);
      if (fault === "turned" && isFirst && harmed.length > 0) harmed[at]! ^= 1 << random.below(8);
      isFirst = false;
      yield harmed;
      if (fault === "cut") return;
    }
  };
}

export interface DyingStorage {
  readonly storage: Storage;
  /** How many requests it was asked for, also after its death. */
  readonly requests: () => number;
}

/** `driver`, whose listings leave out what `hides` says without a word, though it is there. */
export function forgetful(driver: Driver, hides: (key: string) => boolean): Driver {
  return {
    ...driver,
    list: async (request) => {
      const { entries, ...rest } = await driver.list(request);
      return { ...rest, entries: entries.filter(({ key }) => !hides(key)) };
    },
  };
}

/** `driver`, whose listings break off after their first page. */
export function breakingOff(driver: Driver): Driver {
  return {
    ...driver,
    list: async (request) => {
      if (request.cursor !== undefined) throw new StorageError("unreachable", "broken off");
      return await driver.list(request);
    },
  };
}
