/** How tests wait: for what somebody would see, however long a busy machine takes to show it. */
import { setTimeout as pause } from "node:timers/promises";
import type { Locator } from "playwright-core";

/** So long anything may take on a machine that does a lot besides. */
export const patienceMs = 60_000;

/** Waits until something holds that no locator can wait for. `what` completes "in vain until …". */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const giveUpMs = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > giveUpMs) throw new Error(`waited in vain until ${what}`);
    await pause(100);
  }
}

export async function isThere(locator: Locator): Promise<boolean> {
  return await settles(locator.waitFor({ timeout: 2_000 }));
}

export async function isGone(locator: Locator): Promise<boolean> {
  return await settles(locator.waitFor({ state: "hidden", timeout: 1_000 }));
}

/** Whether it succeeds. */
export async function settles(promise: Promise<void>): Promise<boolean> {
  return await promise.then(
    () => true,
    () => false,
  );
}

/** A text that is this, and not only contains it. */
export function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[^\w\s]/gu, String.raw`\$&`)}\\s*$`);
}
