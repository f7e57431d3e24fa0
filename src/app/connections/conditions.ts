/** Whether a storage heeds the conditions of a write: many services take them and ignore them. */
import { utf8 } from "../../base/bytes.ts";
import { isStorageError } from "../../storage/errors.ts";
import { type Found, ignored, type Verdict, yes } from "../../storage/examination.ts";
import type { Storage } from "../../storage/storage.ts";

export interface Conditions {
  readonly ifAbsent: Verdict;
  readonly ifMatch: Verdict;
  /** Only what has been found out for sure. */
  readonly capabilities: NonNullable<Found["capabilities"]>;
}

/**
 * Tries to write `key`, which has to exist, on conditions that do not hold, and on one that does.
 * The storage has to be opened so that it sends conditions in any case.
 */
export async function conditionsOf(
  storage: Storage,
  key: string,
  signal: AbortSignal,
): Promise<Conditions> {
  const content = utf8("written although a condition did not hold");
  const failing = async (condition: { ifAbsent?: boolean; ifMatch?: string }) =>
    await heeded(signal, async () => {
      await storage.write(key, content, { ...condition, signal });
    });
  const ifAbsent = await failing({ ifAbsent: true });
  const bogus = await failing({ ifMatch: "00000000000000000000000000000000" });
  // Apache refuses its own ETag of a fresh file: then a condition helps nobody.
  const ifMatch = bogus.outcome === "yes" ? await holding(storage, key, signal) : bogus;
  return {
    ifAbsent,
    ifMatch,
    capabilities: {
      ...(ifAbsent.outcome !== "unknown" && { ifAbsent: ifAbsent.outcome === "yes" }),
      ...(ifMatch.outcome !== "unknown" && { ifMatch: ifMatch.outcome === "yes" }),
    },
  };
}

async function heeded(signal: AbortSignal, write: () => Promise<void>): Promise<Verdict> {
  try {
    await write();
    return ignored;
  } catch (error) {
    signal.throwIfAborted();
    if (!isStorageError(error)) throw error;
    if (error.kind === "conflict") return yes;
    return refusal(error);
  }
}

async function holding(storage: Storage, key: string, signal: AbortSignal): Promise<Verdict> {
  try {
    const { version } = await storage.stat(key, { signal });
    if (version === undefined) return { outcome: "refused", detail: "no version" };
    await storage.write(key, utf8("written on a condition"), { ifMatch: version, signal });
    return yes;
  } catch (error) {
    signal.throwIfAborted();
    if (!isStorageError(error)) throw error;
    if (error.kind === "conflict") return { outcome: "refused", detail: "412 for its own version" };
    return refusal(error);
  }
}

function refusal(error: unknown): Verdict {
  if (!isStorageError(error)) return { outcome: "unknown" };
  const { status } = error.details;
  const isRefused =
    error.kind === "unsupported" || error.kind === "invalid" || status === 501 || status === 400;
  return {
    outcome: isRefused ? "refused" : "unknown",
    detail: [status, error.message.slice(0, 120)].filter(Boolean).join(" "),
  };
}
