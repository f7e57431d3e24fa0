/** What remote files are refused for. */
import { isStorageError, StorageError } from "../../storage/errors.ts";
import type { Location } from "../location.ts";

/** What a file system refuses and a storage would not. */
export class RemoteFileError extends Error {
  override readonly name = "RemoteFileError";
  readonly kind:
    | "is-folder"
    | "not-folder"
    | "not-empty"
    | "too-large"
    | "holds-containers"
    | "is-top";

  constructor(kind: RemoteFileError["kind"]) {
    super(kind);
    this.kind = kind;
  }
}

/** Of a whole connection. */
export function isTop({ container, key }: Location): boolean {
  return key === "" && container === undefined;
}

/** Why nothing can be made in the place of it, and it can neither be moved nor deleted. */
export function refusalOfTop(at: Location, holdsContainers: boolean): RemoteFileError {
  return new RemoteFileError(isTop(at) && !holdsContainers ? "is-top" : "holds-containers");
}

/** Whether it is not there. Of a container that is gone, or a share not mounted, nobody knows what it holds. */
export function isMissing(error: unknown): boolean {
  return isStorageError(error, "not-found") && error.details.reason !== "no-container";
}

export function nothingAt({ key }: Location): StorageError {
  return new StorageError("not-found", `no such file or folder: ${key}`);
}

/** Something is there that may not be replaced. */
export function alreadyThere(key: string): StorageError {
  const error = new StorageError("conflict", `already there: ${key}`, { reason: "exists" });
  error.place = { operation: "write", key };
  return error;
}
