/** What a driver is asked, and what it answers. */
import type { Body } from "../base/bytes.ts";
import type { StorageError } from "./errors.ts";
import type { DeletionMark, Entry, NewDetails, ObjectInfo, ObjectState } from "./objects.ts";

interface Request {
  readonly signal: AbortSignal;
}
export interface KeyRequest extends Request {
  readonly key: string;
}
export interface ListRequest extends Request {
  readonly prefix: string;
  /** Only the next level: deeper keys are folded into folders. */
  readonly shallow: boolean;
  readonly cursor?: string;
  /** Leaves out the keys up to and including this one, in the order of their bytes. */
  readonly after?: string;
  /** Else a file-like driver may remove what writers that died long ago have left in what it lists. */
  readonly leavesAll?: true;
  /** A folder that is a symbolic link holds nothing: what it leads to belongs elsewhere. */
  readonly linksAsSuch?: true;
}
export interface ReadRequest extends KeyRequest {
  /**
   * Bytes `start` up to but not including `end`, or to the end of the object. An `end` behind the
   * object's is cut; a `start` at or behind it is `invalid`. `Storage` lets no empty range pass.
   */
  readonly range?: { readonly start: number; readonly end?: number };
}
export interface WriteRequest extends KeyRequest {
  readonly body: Blob;
  readonly contentType?: string;
  /** When its content was last changed, for storages that keep a time of the writer's. */
  readonly modified?: Date;
  /** What it says of itself from its first moment on; left out where nothing of the kind is kept. */
  readonly details?: NewDetails;
  readonly ifAbsent?: boolean;
  readonly ifMatch?: string;
}
/** What was written. Without a version, where the storage does not say which one that has become. */
export interface Written extends ObjectInfo {
  /** The version that the same bytes had under a hidden name. Some servers keep it, others do not. */
  readonly hiddenVersion?: string;
}
export interface DeleteRequest extends Request {
  readonly keys: readonly string[];
  /**
   * Of a single key: fails with `conflict` if it is in another state, where the service heeds that.
   * Whoever has to be sure looks right before.
   */
  readonly ifMatch?: string;
  /** A folder that is a symbolic link goes, whatever it leads to. */
  readonly linksAsSuch?: true;
  /** Told of each mark that a storage with versions says it has made in the place of an object. */
  readonly onMark?: (mark: DeletionMark) => void;
  /**
   * Told of each key that may not go for a reason of its own; the others go all the same. Without it
   * the request fails with the first. May be told of one again where the request was sent again.
   */
  readonly onRefused?: (refusal: Refusal) => void;
}
export interface Refusal {
  readonly key: string;
  readonly error: StorageError;
}
export interface CopyRequest extends Request {
  readonly from: string;
  readonly to: string;
  /** What is known of the source: it fails with `conflict` if that is in another state by now. */
  readonly source?: ObjectState;
  /** Only if `capabilities.copyIfAbsent`. */
  readonly ifAbsent?: boolean;
}
export interface MoveRequest extends Request {
  /** Of a folder if it ends in `/`, as `to` does then. */
  readonly from: string;
  readonly to: string;
  /** Else an object that is at the target is replaced; a folder never is. */
  readonly ifAbsent?: boolean;
}
export interface ListPage {
  readonly entries: readonly Entry[];
  readonly cursor?: string;
}
export interface ReadReply {
  readonly info: ObjectInfo;
  readonly body: Body;
}
