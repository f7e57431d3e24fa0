import assert from "node:assert/strict";
import type { Driver } from "../../../src/storage/driver.ts";
import { StorageError } from "../../../src/storage/errors.ts";
import type { UploadedPart, Uploads } from "../../../src/storage/extras.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";

export const partBytes = 5 * 1024 * 1024;

/** An object store in memory that keeps uploads in parts, and tells what it was asked for. */
export function storeWithUploads(): {
  readonly driver: Driver;
  readonly calls: string[];
  /** Called when so many parts of an upload have arrived. */
  onPart: (count: number) => unknown;
  readonly pending: Map<string, Map<number, Blob>>;
} {
  const plain = memoryDriver();
  const calls: string[] = [];
  const pending = new Map<string, Map<number, Blob>>();
  const partsOf = (id: string) => {
    const parts = pending.get(id);
    if (!parts) throw new StorageError("not-found", "no such upload");
    return parts;
  };
  const uploads: Uploads = {
    begin: async () => {
      const id = `upload ${calls.filter((call) => call === "begin").length + 1}`;
      calls.push("begin");
      pending.set(id, new Map());
      return { id, partBytes };
    },
    part: async ({ id, number, body, signal }) => {
      signal.throwIfAborted();
      const bytes = new Blob([await new Response(body.stream()).arrayBuffer()]);
      partsOf(id).set(number, bytes);
      calls.push(`part ${number}`);
      await store.onPart(partsOf(id).size);
      signal.throwIfAborted();
      return { number, size: bytes.size, etag: `"${number}"` };
    },
    parts: async ({ id }) => {
      calls.push("parts");
      return [...partsOf(id)].map(([number, { size }]): UploadedPart => ({
        number,
        size,
        etag: `"${number}"`,
      }));
    },
    complete: async ({ key, id, parts, signal, ifAbsent = false, ifMatch }) => {
      calls.push("complete");
      const all = partsOf(id);
      const body = new Blob(parts.map(({ number }) => all.get(number) ?? assert.fail()));
      const condition = { ifAbsent, ...(ifMatch !== undefined && { ifMatch }) };
      const made = await plain.write({ key, body, signal, ...condition });
      pending.delete(id);
      return made;
    },
    abort: async ({ id }) => {
      calls.push(`abort ${id}`);
      pending.delete(id);
    },
    list: async () => ({ uploads: [...pending.keys()].map((id) => ({ key: "", id })) }),
  };
  const store = {
    driver: { ...plain, extras: { uploads } },
    calls,
    onPart: (() => undefined) as (count: number) => unknown,
    pending,
  };
  return store;
}
