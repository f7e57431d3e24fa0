/** Names on disks and servers to which the case of letters does not count. */
import { isOtherCase, parentOf } from "../../storage/paths.ts";
import type { Storage } from "../../storage/storage.ts";

/**
 * Whether what answers to `key` is called so in other letters only. Costs a listing of its folder, so
 * it is to be asked where something would be lost. Object stores tell all names apart.
 */
export async function isCalledOtherwise(storage: Storage, key: string): Promise<boolean> {
  if (!storage.keepsFolders) return false;
  let isOther = false;
  for await (const entry of storage.list(parentOf(key), { shallow: true })) {
    const found = entry.key.replace(/\/$/, "");
    // A server may leave out names that are there: then the other is not its own.
    if (found.normalize() === key.normalize()) return false;
    isOther ||= isOtherCase(found, key);
  }
  return isOther;
}
