import type { Capabilities, Driver } from "../driver.ts";
import { StorageError } from "../errors.ts";
import { type Entry, type ObjectInfo, isSameState } from "../objects.ts";
import { defineProvider, type Provider } from "../provider.ts";

export interface MemoryOptions extends Partial<Capabilities> {
  readonly pageSize?: number;
}

/**
 * A provider whose containers live as long as it does, for tests of the rooms above: what one
 * opening has written, the next one reads. It is no part of the registry.
 */
export function memoryProvider(options: MemoryOptions = {}): Provider {
  const containers = new Map<string, Driver>();
  return defineProvider({
    id: "memory",
    label: "Memory",
    icon: "beaker",
    noun: "object",
    container: "container",
    folder: "folder",
    fields: {
      container: { type: "text", label: "Container" },
      folder: { type: "text", label: "Folder", format: "folder" },
      secret: { type: "secret", label: "Secret" },
    },
    presets: [],
    place: ({ container }) => container ?? "memory",
    open: async ({ container = "" }) => {
      const found = containers.get(container) ?? memoryDriver(options);
      containers.set(container, found);
      return found;
    },
    containers: async () => [...containers.keys()].filter((name) => name !== ""),
  });
}

/** An object store in memory: the contract at its plainest, and the ground the engine's tests stand on. */
export function memoryDriver({ pageSize = 1000, ...limits }: MemoryOptions = {}): Driver {
  const objects = new Map<string, { info: ObjectInfo; body: Blob }>();
  let versions = 0;

  const find = (key: string) => {
    const found = objects.get(key);
    if (!found) throw new StorageError("not-found", `no such object: ${key}`);
    return found;
  };
  const put = (key: string, body: Blob): ObjectInfo => {
    const info = { key, size: body.size, modified: new Date(), version: String(++versions) };
    objects.set(key, { info, body });
    return info;
  };

  return {
    capabilities: {
      ifAbsent: true,
      ifMatch: true,
      copyIfAbsent: true,
      range: true,
      listAfter: true,
      deleteBatch: 1000,
      concurrency: 16,
      ...limits,
    },

    async list({ prefix, shallow, after = "", cursor = after, signal }) {
      signal.throwIfAborted();
      const entries = new Map<string, Entry>();
      for (const [key, { info }] of objects) {
        if (!key.startsWith(prefix)) continue;
        const slash = shallow ? key.indexOf("/", prefix.length) : -1;
        const name = slash < 0 ? key : key.slice(0, slash + 1);
        // The cursor is the last key told, so that writing meanwhile repeats and skips nothing.
        if (name <= cursor) continue;
        entries.set(name, slash < 0 ? { type: "object", ...info } : { type: "folder", key: name });
      }
      const page = [...entries.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
      const last = page[pageSize - 1];
      return {
        entries: page.slice(0, pageSize),
        ...(last && page.length > pageSize && { cursor: last.key }),
      };
    },

    async stat({ key, signal }) {
      signal.throwIfAborted();
      return find(key).info;
    },

    async read({ key, range, signal }, use) {
      signal.throwIfAborted();
      const { info, body } = find(key);
      if (range && range.start >= info.size)
        throw new StorageError("invalid", `range starts behind the end of ${key}`);
      const part = range ? body.slice(range.start, range.end) : body;
      return await use({
        info,
        body: part.stream().pipeThrough(new TransformStream(), { signal }),
      });
    },

    async write({ key, body, ifAbsent, ifMatch, signal }) {
      signal.throwIfAborted();
      const bytes = await body.arrayBuffer();
      signal.throwIfAborted();
      const existing = objects.get(key);
      if (ifAbsent && existing) throw new StorageError("conflict", `already there: ${key}`);
      if (ifMatch !== undefined && existing?.info.version !== ifMatch)
        throw new StorageError("conflict", `changed: ${key}`);
      return put(key, new Blob([bytes]));
    },

    async delete({ keys, ifMatch, signal }) {
      signal.throwIfAborted();
      const [key = ""] = keys;
      const isOther = ifMatch !== undefined && objects.get(key)?.info.version !== ifMatch;
      if (isOther && objects.has(key)) throw new StorageError("conflict", `changed: ${key}`);
      for (const key of keys) objects.delete(key);
    },

    async copy({ from, to, source, ifAbsent, signal }) {
      signal.throwIfAborted();
      const { info, body } = find(from);
      if (source && !isSameState(source, info))
        throw new StorageError("conflict", `changed: ${from}`);
      if (ifAbsent && objects.has(to)) throw new StorageError("conflict", `already there: ${to}`);
      return put(to, body);
    },
  };
}
