import type { ObjectInfo } from "./driver.ts";

/** What tells one state of an object from another. */
export type ObjectState = Pick<ObjectInfo, "size" | "version" | "modified">;

/**
 * Whether both are one state of one object, as far as its storage tells: by the version, or by the
 * time where one of them has none, as nginx tells versions with a file but in no listing.
 */
export function isSameState(a: ObjectState, b: ObjectState): boolean {
  if (a.size !== b.size) return false;
  if (a.version !== undefined && b.version !== undefined) return a.version === b.version;
  return a.modified?.getTime() === b.modified?.getTime();
}
