/** Which of several windows carries a transfer that all of them know. */
import { pause } from "../../base/abort.ts";
import type { Log } from "../ports.ts";
import { parseRecord, type SavedTransfer, type TransferStore } from "./store.ts";

const claimEveryMs = 1000;

/**
 * Takes it once no other window has it; "gone" if it is over. Tells `onElsewhere` of having to wait, and
 * of the record as that window keeps it.
 */
export async function claimed(
  store: TransferStore,
  id: string,
  onElsewhere: (record: unknown) => void,
  log: Log,
  signal: AbortSignal,
): Promise<"ours" | "gone"> {
  for (;;) {
    const claim = await store.claim(id).catch((error: unknown) => {
      // Where nothing can be remembered, nobody else can know of it either.
      log.warn(`a transfer could not be claimed: ${String(error)}`);
      return "ours" as const;
    });
    if (claim !== "theirs") return claim;
    onElsewhere(await store.look(id));
    await pause(claimEveryMs, signal);
  }
}

/** Lets go of it; what cannot be let go of is lost to us by and by. */
export async function release(store: TransferStore, id: string): Promise<void> {
  await store.release(id).catch(() => undefined);
}

/** Whether a living window has it. */
export async function isHeldElsewhere(store: TransferStore, id: string): Promise<boolean> {
  const claim = await store.claim(id).catch(() => "ours");
  if (claim === "ours") await release(store, id);
  return claim === "theirs";
}

/** What is remembered of it by now. */
export async function latestOf(
  store: TransferStore,
  id: string,
): Promise<SavedTransfer | undefined> {
  return (await store.load((one) => one === id)).map(parseRecord).find((record) => record);
}
