import { StorageError } from "../../src/storage/errors.ts";
import type { Driver } from "../../src/storage/driver.ts";
import { withLayers, type Layer } from "../../src/storage/layers.ts";
import { memoryDriver } from "../../src/storage/providers/memory.ts";
import { Storage } from "../../src/storage/storage.ts";

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

export interface DyingStorage {
  readonly storage: Storage;
  /** How many requests it was asked for, also after its death. */
  readonly requests: () => number;
}
