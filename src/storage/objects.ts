/** What a storage tells of what it keeps. */

export interface ObjectInfo {
  readonly key: string;
  /** In bytes; of the whole object, also in the reply to a ranged read. */
  readonly size: number;
  readonly modified?: Date;
  /** Changes whenever the content does. Opaque. */
  readonly version?: string;
  /** As a listing says, if it is another than the usual one. */
  readonly storageClass?: string;
  /** A listing says that it lies in an archive: it has to be requested before it can be read. */
  readonly archived?: true;
}

export type Entry =
  | ({ readonly type: "object" } & ObjectInfo)
  | { readonly type: "folder"; readonly key: string };

/**
 * Whether it is a folder, or the empty object by which one is marked. What has content is an object,
 * whatever its key ends in.
 */
export function isFolderEntry(entry: Entry): boolean {
  return entry.type === "folder" || (entry.key.endsWith("/") && entry.size === 0);
}

/** Taking the mark away again, as a version of the object, brings the object back. */
export interface DeletionMark {
  readonly key: string;
  readonly id: string;
}

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

export interface EditableDetails {
  /** By their names on the wire, in lower case: `content-type`, `cache-control`, … */
  readonly headers: Readonly<Record<string, string>>;
  /** What the user has noted with it. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass?: string;
}

/** What an object is told to say of itself as it is written. */
export interface NewDetails extends EditableDetails {
  readonly tags?: Readonly<Record<string, string>>;
}
