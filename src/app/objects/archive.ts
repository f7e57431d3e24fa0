/** Fetching objects from an archive, as many as there are. */
import { forEachPooled } from "../../base/pool.ts";
import { StorageError } from "../../storage/errors.ts";
import type { Archive } from "../../storage/extras.ts";
import { isOfOne } from "../../storage/refusals.ts";
import type { Refusal } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";

/** How soon they are needed, and for how many days. */
export type Wish = Pick<Parameters<Archive["request"]>[0], "days" | "tier">;

/** At once; each driver has its own limit below this. */
const slots = 8;

/**
 * Asks for a readable copy of each. Gives those that were refused: all others are asked for. What
 * concerns more than one object stops it.
 */
export async function requestAll(
  objects: readonly { readonly storage: Storage; readonly key: string }[],
  wish: Wish,
  options: { readonly signal: AbortSignal; readonly onRequested: (count: number) => void },
): Promise<readonly Refusal[]> {
  const { signal, onRequested } = options;
  const refused: Refusal[] = [];
  await forEachPooled(objects, slots, async ({ storage, key }) => {
    signal.throwIfAborted();
    const { archive } = storage.extras;
    if (!archive) throw new StorageError("unsupported", "it has no archive");
    try {
      await archive.request({ key, ...wish, signal });
      onRequested(1);
    } catch (error) {
      if (!isOfOne(error)) throw error;
      refused.push({ key, error });
    }
  });
  return refused;
}
