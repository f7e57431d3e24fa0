import { createHash } from "node:crypto";
import { pause } from "../../../base/abort.ts";
import { isStorageError, StorageError } from "../../errors.ts";
import { nameOf, parentOf, unfinishedName } from "../../paths.ts";
import type { Addresses } from "./addresses.ts";
import { completed, type Dav, dropped, hasStatus } from "./client.ts";
import type { Resources } from "./resources.ts";

/** Runs `work` while no other writer does so for `key`. Fails with `conflict` if `key` is there. */
export type Claim = (
  key: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
) => Promise<void>;

/** A holder makes one request and gives it up after `holdMs`. A much older claim is a dead writer's. */
const holdMs = 30_000;
const brokenAfterMs = 60_000;
const patienceMs = 90_000;

/**
 * MOVE with `Overwrite: F` looks first and renames then: of 16 writers on Apache, two are told in
 * some runs that they were the first. To make a folder is one step wherever files lie on a disk, so
 * a hidden folder named for the key settles who may look and rename. Servers on which several can
 * make the same folder (rclone) lock both ends of a MOVE themselves. Nextcloud and ownCloud refuse
 * the second; what remains is sabre/dav's own tree of files, which tells both that they made it.
 */
export function claimsOf(dav: Dav, addresses: Addresses, resources: Resources): Claim {
  const at = async (key: string, signal: AbortSignal) =>
    await resources.one(key, signal).catch((error: unknown) => {
      if (!isStorageError(error, "not-found")) throw error;
    });

  async function take(claim: string, key: string, signal: AbortSignal): Promise<void> {
    const deadlineMs = performance.now() + patienceMs;
    for (let unexplained = 0; ;) {
      try {
        await completed(await dav({ method: "MKCOL", url: addresses.of(claim), signal }));
        return;
      } catch (error) {
        // Held: 405, or from Apache 403 to the slower of two at the same moment.
        if (!hasStatus(error, 403, 405, 409, 423)) throw error;
        if (await at(key, signal)) throw new StorageError("conflict", `${key} exists`);
        const held = await at(claim, signal);
        if (held === undefined) unexplained++;
        if (unexplained > 8) throw error;
        if ((held?.ageMs ?? 0) > brokenAfterMs) await release(claim);
      }
      if (performance.now() > deadlineMs)
        throw new StorageError("conflict", `another writer holds ${key}`, { retryable: true });
      await pause(20 + Math.random() * 100, signal);
    }
  }

  async function release(claim: string): Promise<void> {
    // Also when the caller's signal has fired; what cannot be released is broken later.
    const signal = AbortSignal.timeout(10_000);
    await dav({ method: "DELETE", url: addresses.of(claim), signal }).then(dropped, () => {});
  }

  return async (key, signal, work) => {
    const claim = claimOf(key);
    await take(claim, key, signal);
    const limit = AbortSignal.timeout(holdMs);
    try {
      await work(AbortSignal.any([signal, limit]));
    } catch (error) {
      if (error !== limit.reason) throw error;
      const details = { reason: "timeout", cause: error } as const;
      throw new StorageError("unreachable", `no answer in ${holdMs / 1000} s`, details);
    } finally {
      await release(claim);
    }
  };
}

/** The same for every writer of `key`, in whatever case, and hidden like any unfinished upload. */
function claimOf(key: string): string {
  const name = nameOf(key).normalize().toLowerCase();
  const hash = createHash("sha256").update(name).digest("hex");
  return `${parentOf(key)}${unfinishedName(hash)}/`;
}
