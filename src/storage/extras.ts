import { throughBlob, type Through } from "../base/throughBlob.ts";
import type { EditableDetails, NewDetails, ObjectInfo } from "./objects.ts";
import type { KeyRequest, ReadRequest, WriteRequest, ReadReply } from "./requests.ts";
import type { StorageError } from "./errors.ts";

/**
 * What only some protocols can do. A driver offers those it has; who wants to use one asks whether
 * it is there, never which provider it is. The same layers are wrapped around them as around the
 * driver, and they fail in the same ways. Keys are whole keys of the container.
 */
export interface Extras {
  readonly versions?: Versions;
  readonly details?: Details;
  readonly links?: Links;
  readonly uploads?: Uploads;
  readonly rules?: ContainerRules;
  readonly archive?: Archive;
}

export type ExtraName = keyof Extras;

/** What has to be there before it is replaced; as in `WriteRequest`. */
export type Condition = Pick<WriteRequest, "ifAbsent" | "ifMatch">;

interface Request {
  readonly signal: AbortSignal;
}

/** Earlier states of objects, which the storage keeps by itself. */
export interface Versions {
  /** Versions of the keys that start with `prefix`; those of one key together, newest first. */
  list(request: VersionListRequest): Promise<VersionPage>;
  /** As `Driver.read`. */
  read<T>(request: VersionReadRequest, use: (reply: ReadReply) => Promise<T>): Promise<T>;
  /**
   * Makes this version the current one, by a copy of it; nothing is taken away. Fails with
   * `conflict` if what is current right before is not what the condition says.
   */
  restore(request: VersionRequest & Condition): Promise<ObjectInfo>;
  /** For ever. Deleting the newest mark of a deletion brings the object back. */
  delete(request: VersionRequest): Promise<void>;
  /**
   * As `delete`, of at most `capabilities.deleteBatch`. Gives those that could not be deleted; what
   * is not there counts as deleted.
   */
  deleteMany(request: VersionsRequest): Promise<readonly VersionFailure[]>;
}
export interface VersionListRequest extends Request {
  readonly prefix: string;
  /** Only the next level. */
  readonly shallow?: boolean;
  readonly cursor?: string;
}
export interface VersionRequest extends KeyRequest {
  readonly id: string;
}
export interface VersionName {
  readonly key: string;
  readonly id: string;
}
export interface VersionsRequest extends Request {
  readonly versions: readonly VersionName[];
}
export interface VersionFailure extends VersionName {
  readonly error: StorageError;
}
export interface VersionReadRequest extends ReadRequest {
  readonly id: string;
}
export interface ObjectVersion extends ObjectInfo {
  readonly id: string;
  readonly isLatest: boolean;
  /** It marks that the object was deleted, and has no content. */
  readonly isDeletion: boolean;
}
export interface VersionPage {
  readonly versions: readonly ObjectVersion[];
  readonly cursor?: string;
}

/** What is known of an object beside its bytes. */
export interface Details {
  get(request: KeyRequest): Promise<ObjectDetails>;
  /**
   * Replaces headers, metadata and storage class; the content stays. Fails with `conflict` if the
   * object is no longer the one `ifMatch` names.
   */
  set(request: DetailsRequest): Promise<ObjectInfo>;
  tags(request: KeyRequest): Promise<Readonly<Record<string, string>>>;
  setTags(request: TagsRequest): Promise<void>;
}
export interface ObjectDetails extends EditableDetails {
  readonly info: ObjectInfo;
  readonly encryption?: string;
  readonly checksum?: { readonly algorithm: string; readonly value: string };
  readonly versionId?: string;
  /** Whether it has to be fetched from an archive before it can be read. */
  readonly archive?: "archived" | "restoring" | "restored";
  /** When a copy that was fetched from an archive is gone again. */
  readonly readableUntil?: Date;
}
export interface DetailsRequest extends KeyRequest, EditableDetails {
  readonly ifMatch?: string;
}
export interface TagsRequest extends KeyRequest {
  readonly tags: Readonly<Record<string, string>>;
}

/** Addresses that work without the key, for a time. Whoever has one can use it. */
export interface Links {
  /** How long a link can work that is made now. Asks nothing of the storage. */
  lifetime(request: Request): Promise<LinkLifetime>;
  get(request: LinkRequest): Promise<string>;
  put(request: UploadLinkRequest): Promise<UploadLink>;
}
export interface LinkLifetime {
  readonly longestSeconds: number;
  /** The key is a temporary one, and its links end with it: then, or nobody knows when. */
  readonly keyEnds?: Date | "unknown";
}
export interface LinkRequest extends KeyRequest {
  readonly seconds: number;
  /** Only of this version of the object. */
  readonly version?: string;
  /** To be saved under this name, not shown. */
  readonly downloadAs?: string;
}

export interface UploadLinkRequest extends KeyRequest {
  readonly seconds: number;
  /**
   * What the object shall be; then it is also stored as the connection says. Absent: the uploader
   * says nothing, and the container decides.
   */
  readonly contentType?: string;
}

export interface UploadLink {
  readonly url: string;
  /** Whoever uploads has to send these as they are; by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * An object that arrives part by part, and can go on after a restart. What was begun is paid for
 * until it is completed or given up.
 */
export interface Uploads {
  /**
   * Parts are numbered from 1; all but the last have `partBytes`, and an empty object has one that
   * is empty. Fails with `unsupported` if so large an object cannot be taken.
   */
  begin(request: UploadBeginRequest): Promise<UploadBegun>;
  /** A part that is there already is replaced. Fails with `not-found` if the upload is no more. */
  part(request: UploadPartRequest): Promise<UploadedPart>;
  /** What has arrived, by number. Fails with `not-found` if the upload is no more. */
  parts(request: UploadRequest): Promise<readonly UploadedPart[]>;
  /**
   * Makes the object of these parts, in whatever order they are given, and makes sure that it is
   * what they make: else fails with `corrupt`. May be asked again when its answer was lost: if the
   * upload is no more because it was completed, that is a success. Fails with `not-found` if the
   * upload is no more and it is not sure that the object is its work: then it has to begin anew.
   * Fails with `conflict` if a condition does not hold, having changed nothing: what has arrived
   * stays if the service lets it. One that holds no condition of its own is asked right before.
   */
  complete(request: UploadCompleteRequest): Promise<ObjectInfo>;
  /** Drops what has arrived. Giving up what is no more succeeds. */
  abort(request: UploadRequest): Promise<void>;
  /** Uploads that were begun and neither completed nor given up, one page of them. */
  list(request: UploadListRequest): Promise<UploadPage>;
}
export interface UploadBeginRequest extends KeyRequest {
  readonly size: number;
  readonly contentType?: string;
  /** See `WriteRequest`. Some services drop the tags of what came in parts. */
  readonly details?: NewDetails;
}
export interface UploadBegun {
  readonly id: string;
  readonly partBytes: number;
}
export interface UploadRequest extends KeyRequest {
  readonly id: string;
}
export interface UploadPartRequest extends UploadRequest {
  readonly number: number;
  readonly body: Blob;
}
export interface UploadedPart {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
}
export interface UploadCompleteRequest extends UploadRequest, Condition {
  readonly size: number;
  readonly parts: readonly UploadedPart[];
}
export interface UploadListRequest extends Request {
  readonly prefix: string;
  readonly cursor?: string;
}
export interface UploadPage {
  readonly uploads: readonly {
    readonly key: string;
    readonly id: string;
    readonly begun?: Date;
  }[];
  readonly cursor?: string;
}

/** What holds for the whole container. */
export interface ContainerRules {
  versioning(request: Request): Promise<"off" | "on" | "suspended">;
  setVersioning(request: Request & { readonly on: boolean }): Promise<void>;
  /** No rules are an empty list. */
  cors(request: Request): Promise<readonly CorsRule[]>;
  setCors(request: Request & { readonly rules: readonly CorsRule[] }): Promise<void>;
  lifecycle(request: Request): Promise<readonly LifecycleRule[]>;
  setLifecycle(request: Request & { readonly rules: readonly LifecycleRule[] }): Promise<void>;
}
export interface CorsRule {
  readonly id?: string;
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers?: readonly string[];
  readonly exposed?: readonly string[];
  readonly maxAgeSeconds?: number;
  /** What else the rule says, which we keep as it is and do not show. */
  readonly rest?: Readonly<Record<string, unknown>>;
}
export interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly prefix: string;
  readonly expireDays?: number;
  readonly expireOldVersionsDays?: number;
  readonly abortUploadsDays?: number;
  /** What else the rule says, which we keep as it is and do not show. */
  readonly rest?: Readonly<Record<string, unknown>>;
}

/** Objects that must be fetched from an archive before they can be read. */
export interface Archive {
  /**
   * Asks for a readable copy; it takes minutes to hours until it is there. What is being fetched
   * already, or can be read at once, is not asked for.
   */
  request(
    request: KeyRequest & { readonly days: number; readonly tier: "fast" | "standard" | "bulk" },
  ): Promise<void>;
}

/** An extra's method, as layers and errors name it: `versions.list`. */
export type ExtraOperation = {
  [E in keyof Extras]-?: `${E}.${Methods<NonNullable<Extras[E]>>}`;
}[keyof Extras];
type Methods<T> = {
  [M in keyof T & string]: T[M] extends (...given: never[]) => unknown ? M : never;
}[keyof T & string];

/** What every extra's request has; most name a key. */
export type ExtraRequest = Request & { readonly key?: string; readonly body?: Blob };

const reading: ReadonlySet<ExtraOperation> = new Set<ExtraOperation>([
  "versions.list",
  "versions.read",
  "details.get",
  "details.tags",
  "links.lifetime",
  "links.get",
  "uploads.parts",
  "uploads.list",
  "rules.versioning",
  "rules.cors",
  "rules.lifecycle",
]);

/** Whether the operation leaves everything as it is. */
export function isReading(operation: ExtraOperation): boolean {
  return reading.has(operation);
}

type Method = (request: ExtraRequest, ...more: readonly unknown[]) => Promise<unknown>;

function bodyThrough(request: ExtraRequest, through: Through): ExtraRequest {
  return request.body ? { ...request, body: throughBlob(request.body, through) } : request;
}

/** The callback of a reading extra gets its reply, as that of `Driver.read` does. */
function usingThrough(use: unknown, through: Through): unknown {
  if (typeof use !== "function") return use;
  return (reply: ReadReply): unknown => use({ ...reply, body: through(reply.body) });
}

/**
 * The same extras, with something done around every request; what `send` is given is put between
 * the body of the request or reply and its reader.
 */
export function aroundExtras(
  extras: Extras,
  around: (
    operation: ExtraOperation,
    request: ExtraRequest,
    send: (through?: Through) => Promise<unknown>,
  ) => Promise<unknown>,
): Extras {
  const wrapped = (extra: string, [name, member]: [string, unknown]): [string, unknown] => {
    if (typeof member !== "function") return [name, member];
    // Each of them is called with one request, perhaps with a callback behind it, and gives a promise.
    const method = member as Method;
    const operation = `${extra}.${name}` as ExtraOperation;
    const call: Method = (request, ...more) =>
      around(operation, request, (through) =>
        through
          ? method(bodyThrough(request, through), ...more.map((use) => usingThrough(use, through)))
          : method(request, ...more),
      );
    return [name, call];
  };
  return Object.fromEntries(
    Object.entries(extras).map(([extra, methods]: [string, object]) => [
      extra,
      Object.fromEntries(Object.entries(methods).map((entry) => wrapped(extra, entry))),
    ]),
  );
}
