/** What holds for a whole bucket: versions, websites, lifecycle. Read together, saved one by one. */
import { never } from "../../base/abort.ts";
import { isStorageError, StorageError } from "../../storage/errors.ts";
import type { ContainerRules, CorsRule, LifecycleRule } from "../../storage/extras.ts";
import type { CallOptions, Storage } from "../../storage/storage.ts";

export interface BucketRules {
  /** Each absent where the service does not offer it, or the key may not see it. */
  readonly versioning?: Versioning;
  readonly cors?: readonly CorsRule[];
  readonly lifecycle?: readonly LifecycleRule[];
}

export type Versioning = "off" | "on" | "suspended";

/** Three requests. Fails with `unsupported` where there are no rules at all. */
export async function readRules(
  storage: Storage,
  { signal = never }: CallOptions = {},
): Promise<BucketRules> {
  const rules = rulesOf(storage);
  const [versioning, cors, lifecycle] = await Promise.all([
    rules.versioning({ signal }).catch(notOffered),
    rules.cors({ signal }).catch(notOffered),
    rules.lifecycle({ signal }).catch(notOffered),
  ]);
  return {
    ...(versioning && { versioning }),
    ...(cors && { cors }),
    ...(lifecycle && { lifecycle }),
  };
}

/**
 * Saves what differs from `before`, in an order in which nothing is lost if it ends half way:
 * versioning first, what deletes last. Fails with `conflict`, having changed nothing more, if a
 * rule is neither as it was nor as it shall be; so a save that failed half way can be repeated.
 */
export async function saveRules(
  storage: Storage,
  before: BucketRules,
  wanted: BucketRules,
  { signal = never }: CallOptions = {},
): Promise<void> {
  const rules = rulesOf(storage);
  const { versioning, cors, lifecycle } = wanted;
  if (versioning !== undefined && versioning !== before.versioning) {
    const now = await rules.versioning({ signal });
    if (isOpen(now, before.versioning, versioning))
      await rules.setVersioning({ on: versioning === "on", signal });
  }
  if (cors && !isEqual(cors, before.cors)) {
    const now = await rules.cors({ signal });
    if (isOpen(now, before.cors, cors)) await rules.setCors({ rules: cors, signal });
  }
  if (lifecycle && !isEqual(lifecycle, before.lifecycle)) {
    const now = await rules.lifecycle({ signal });
    if (isOpen(now, before.lifecycle, lifecycle))
      await rules.setLifecycle({ rules: lifecycle, signal });
  }
}

/** Whether it is still to be done. */
function isOpen<T>(now: T, before: T | undefined, wanted: T): boolean {
  if (isEqual(now, wanted)) return false;
  if (isEqual(now, before)) return true;
  throw new StorageError("conflict", "the rules of the bucket were changed meanwhile");
}

function isEqual(left: unknown, right: unknown): boolean {
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
}

/** Services give the same thing back with its fields in another order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, sorted(one)]),
  );
}

function rulesOf(storage: Storage): ContainerRules {
  const { rules } = storage.extras;
  if (!rules) throw new StorageError("unsupported", "it has no rules for a whole bucket");
  return rules;
}

function notOffered(error: unknown): undefined {
  if (isStorageError(error, "unsupported") || isStorageError(error, "denied")) return undefined;
  throw error;
}
