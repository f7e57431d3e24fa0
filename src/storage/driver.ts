import type { Extras } from "./extras.ts";
import type { ObjectInfo } from "./objects.ts";
import type {
  KeyRequest,
  ListRequest,
  ReadRequest,
  WriteRequest,
  DeleteRequest,
  CopyRequest,
  MoveRequest,
  ListPage,
  ReadReply,
  Written,
} from "./requests.ts";

/**
 * What a provider's author writes. A driver speaks one protocol to one container and knows nothing
 * of retries, logging, limits or missing features: those are wrapped around it.
 *
 * Keys are UTF-8 and `/`-separated. An object store holds any of them (`a//b`, `/a`, `a/../b`, `a`
 * beside `a/b`); a file-like driver refuses with `invalid` what it cannot hold. Drivers encode.
 *
 * A key that ends in `/` names a folder: on an object store the empty marker object of that name,
 * on a file-like driver the directory itself.
 *
 * When a promise returned here settles, the operation is over: nothing runs on, nothing is left
 * open. That is what lets a layer be a plain function around a promise.
 */
export interface Driver {
  readonly capabilities: Capabilities;

  /**
   * One page of entries whose key starts with `prefix`, in any order. A prefix need not end at a
   * `/`. Listing what does not exist is an empty page; a missing container fails with `not-found`.
   * A file-like driver reports its directories as folders in deep listings too.
   */
  list(request: ListRequest): Promise<ListPage>;

  /** Fails with `not-found`, also for a directory of a file-like driver. */
  stat(request: KeyRequest): Promise<ObjectInfo>;

  /**
   * Hands the object to `use` and ends when `use` does; what `use` leaves unread is dropped.
   * `use` may be called again after a failure, so it must be able to start over.
   * A body that ends early is an error, never a short success. Fails with `not-found`.
   */
  read<T>(request: ReadRequest, use: (reply: ReadReply) => Promise<T>): Promise<T>;

  /**
   * Creates or replaces the object; readers see the old object or the new one, never a part.
   * Missing parent folders are made. Fails with `conflict` if a condition does not hold.
   */
  write(request: WriteRequest): Promise<Written>;

  /**
   * Deleting what is not there succeeds. At most `capabilities.deleteBatch` keys. A directory
   * (`name/`) of a file-like driver must be empty, or this fails with `conflict`.
   */
  delete(request: DeleteRequest): Promise<void>;

  /**
   * Server-side copy, replacing what is at the target. Present exactly if the protocol has one.
   * Fails with `not-found`, and with `conflict` if a condition does not hold.
   */
  copy?(request: CopyRequest): Promise<ObjectInfo>;

  /**
   * Gives an object, or a whole folder, another key in one step: whenever it ends, all of it is at
   * one place or the other. Missing parent folders are made. Present exactly if the protocol has it.
   * Fails with `not-found`, with `conflict` if a condition does not hold or a folder is in the way,
   * and with `unsupported` where this one cannot be moved but may be copied.
   */
  move?(request: MoveRequest): Promise<void>;

  /** Makes the directory `key` (ends in `/`) and its parents. Present exactly if folders are real. */
  makeFolder?(request: KeyRequest): Promise<void>;

  /** What this protocol can do beyond the rest. */
  readonly extras?: Extras;
}

/** What a driver can do. Each is tested both ways: true demands the behaviour, false the refusal. */
export interface Capabilities {
  /** `ifAbsent` holds atomically on the server. */
  readonly ifAbsent: boolean;
  /** `ifMatch` holds atomically on the server. */
  readonly ifMatch: boolean;
  /** Part of an object can be read. */
  readonly range: boolean;
  /** `copy` holds `ifAbsent` atomically on the server. Absent means no. */
  readonly copyIfAbsent?: boolean;
  /** A listing can begin in the middle, which spares pages. Absent means no. */
  readonly listAfter?: boolean;
  /** Listings leave names out, so that no folder is known to be empty. Absent means no. */
  readonly hidesNames?: boolean;
  /** Keys one `delete` may carry. */
  readonly deleteBatch: number;
  /** Requests that may be under way at once. */
  readonly concurrency: number;
  readonly maxObjectBytes?: number;
}
