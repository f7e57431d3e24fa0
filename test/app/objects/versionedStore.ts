/** An object store in memory that keeps versions, details and rules, as a bucket of S3 does. */
import type { Driver } from "../../../src/storage/driver.ts";
import { StorageError } from "../../../src/storage/errors.ts";
import type {
  CorsRule,
  Extras,
  LifecycleRule,
  ObjectVersion,
} from "../../../src/storage/extras.ts";
import type { ObjectInfo, EditableDetails } from "../../../src/storage/objects.ts";
import { Storage } from "../../../src/storage/storage.ts";

interface Kept {
  readonly info: ObjectInfo;
  readonly id: string;
  /** Absent for the mark of a deletion. */
  readonly body?: Blob;
  readonly details: EditableDetails;
  tags: Readonly<Record<string, string>>;
}

export interface VersionedStore {
  readonly storage: Storage;
  /** What has been asked of it, in words. */
  readonly asked: string[];
  /** Keys whose versions cannot be deleted for ever. */
  readonly locked: Set<string>;
  /** Another program writes. */
  put(key: string, text: string, details?: Partial<EditableDetails>): Promise<void>;
  remove(key: string): Promise<void>;
  begin(key: string, begun: Date): string;
  readonly uploads: Map<string, { readonly key: string; readonly begun: Date }>;
}

/** `versioned: false` forgets what is overwritten or deleted. */
export function versionedStore({
  versioned = true,
  pageSize = 3,
}: { readonly versioned?: boolean; readonly pageSize?: number } = {}): VersionedStore {
  /** Newest first. */
  const kept = new Map<string, Kept[]>();
  const uploads = new Map<string, { key: string; begun: Date }>();
  const asked: string[] = [];
  const locked = new Set<string>();
  let count = 0;
  let rules = {
    versioning: versioned ? ("on" as const) : ("off" as const),
    cors: [] as readonly CorsRule[],
    lifecycle: [] as readonly LifecycleRule[],
  };

  const nothing: EditableDetails = { headers: {}, metadata: {} };
  const add = (key: string, body: Blob | undefined, details: EditableDetails, tags = {}): Kept => {
    const id = versioned ? `v${++count}` : "null";
    const modified = new Date(1_800_000_000_000 + ++count * 1000);
    const version = body && `e${++count}`;
    const info = { key, size: body?.size ?? 0, modified, ...(version && { version }) };
    const one: Kept = { info, id, details, tags, ...(body && { body }) };
    const before = kept.get(key) ?? [];
    if (versioned) kept.set(key, [one, ...before]);
    else if (body) kept.set(key, [one]);
    else kept.delete(key);
    return one;
  };
  const find = (key: string, id?: string): Kept & { readonly body: Blob } => {
    const found = kept.get(key)?.find((one) => id === undefined || one.id === id);
    if (!found?.body) throw new StorageError("not-found", `no such object: ${key}`);
    return { ...found, body: found.body };
  };
  const forget = (key: string, id: string): void => {
    const left = (kept.get(key) ?? []).filter((one) => one.id !== id);
    if (left.length > 0) kept.set(key, left);
    else kept.delete(key);
  };
  const current = (prefix: string) =>
    [...kept.entries()]
      .filter(([key, [newest]]) => key.startsWith(prefix) && newest?.body)
      .flatMap(([, [newest]]) => newest ?? [])
      .toSorted((a, b) => (a.info.key < b.info.key ? -1 : 1));
  const page = <T>(all: readonly T[], cursor = "0") => {
    const end = Number(cursor) + pageSize;
    return {
      items: all.slice(Number(cursor), end),
      ...(end < all.length && { cursor: String(end) }),
    };
  };

  const extras: Extras = {
    versions: {
      async list({ prefix, cursor }) {
        asked.push(`versions.list ${prefix}`);
        const all = [...kept.entries()]
          .filter(([key]) => key.startsWith(prefix))
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .flatMap(([, versions]) =>
            versions.map((one, index): ObjectVersion => ({
              ...one.info,
              id: one.id,
              isLatest: index === 0,
              isDeletion: one.body === undefined,
            })),
          );
        const { items, ...rest } = page(all, cursor);
        return { versions: items, ...rest };
      },
      read: async ({ key, id }, use) => {
        const { info, body } = find(key, id);
        return await use({ info, body: body.stream() });
      },
      async restore({ key, id, ifAbsent, ifMatch }) {
        asked.push(`versions.restore ${key} ${id}`);
        const now = kept.get(key)?.[0]?.info.version;
        if ((ifAbsent && now !== undefined) || (ifMatch !== undefined && now !== ifMatch))
          throw new StorageError("conflict", "changed");
        const { body, details, tags } = find(key, id);
        return add(key, body, details, tags).info;
      },
      async delete({ key, id }) {
        asked.push(`versions.delete ${key} ${id}`);
        forget(key, id);
      },
      async deleteMany({ versions }) {
        asked.push(`versions.deleteMany ${versions.map(({ key, id }) => `${key} ${id}`).join()}`);
        const stay = versions.filter(({ key }) => locked.has(key));
        for (const { key, id } of versions) if (!locked.has(key)) forget(key, id);
        const error = new StorageError("denied", "it is locked");
        return stay.map((one) => ({ ...one, error }));
      },
    },
    details: {
      async get({ key }) {
        asked.push(`details.get ${key}`);
        const { info, id, details } = find(key);
        return { ...details, info, versionId: id };
      },
      async set({ key, ifMatch, headers, metadata, storageClass }) {
        asked.push(`details.set ${key}`);
        const { info, body, tags } = find(key);
        if (ifMatch !== undefined && info.version !== ifMatch)
          throw new StorageError("conflict", "changed");
        const details = { headers, metadata, ...(storageClass !== undefined && { storageClass }) };
        return add(key, body, details, tags).info;
      },
      async tags({ key }) {
        return find(key).tags;
      },
      async setTags({ key, tags }) {
        asked.push(`details.setTags ${key}`);
        const [newest] = kept.get(key) ?? [];
        if (newest) newest.tags = tags;
      },
    },
    uploads: {
      list: async ({ prefix, cursor }) => {
        const all = [...uploads].filter(([, { key }]) => key.startsWith(prefix));
        const { items, ...rest } = page(all, cursor);
        return { uploads: items.map(([id, one]) => ({ id, ...one })), ...rest };
      },
      parts: async () => [{ number: 1, size: 100, etag: "p" }],
      abort: async ({ id }) => {
        asked.push(`uploads.abort ${id}`);
        uploads.delete(id);
      },
      begin: async () => ({ id: "", partBytes: 1 }),
      part: async () => ({ number: 1, size: 0, etag: "" }),
      complete: async ({ key }) => find(key).info,
    },
    rules: {
      versioning: async () => rules.versioning,
      setVersioning: async ({ on }) => {
        asked.push(`rules.setVersioning ${on}`);
        rules = { ...rules, versioning: on ? "on" : ("suspended" as never) };
      },
      cors: async () => rules.cors,
      setCors: async ({ rules: cors }) => {
        asked.push("rules.setCors");
        rules = { ...rules, cors };
      },
      lifecycle: async () => rules.lifecycle,
      setLifecycle: async ({ rules: lifecycle }) => {
        asked.push("rules.setLifecycle");
        rules = { ...rules, lifecycle };
      },
    },
  };

  const driver: Driver = {
    capabilities: {
      ifAbsent: true,
      ifMatch: true,
      range: true,
      deleteBatch: 2,
      concurrency: 4,
    },
    list: async ({ prefix, cursor }) => {
      const { items, ...rest } = page(current(prefix), cursor);
      return { entries: items.map(({ info }) => ({ type: "object", ...info })), ...rest };
    },
    stat: async ({ key }) => find(key).info,
    read: async ({ key }, use) => {
      const { info, body } = find(key);
      return await use({ info, body: body.stream() });
    },
    write: async ({ key, body }) => add(key, body, nothing).info,
    delete: async ({ keys }) => {
      asked.push(`delete ${keys.join(" ")}`);
      for (const key of keys) if (kept.has(key)) add(key, undefined, nothing);
    },
    extras,
  };
  const storage = new Storage(driver, "Attic");
  return {
    storage,
    locked,
    asked,
    uploads,
    put: async (key, text, details) => {
      add(key, new Blob([text]), { ...nothing, ...details });
    },
    remove: async (key) => {
      add(key, undefined, nothing);
    },
    begin: (key, begun) => {
      const id = `u${++count}`;
      uploads.set(id, { key, begun });
      return id;
    },
  };
}
