/** How long files are of which a server's PROPFIND does not tell it. */
import { forEachPooled } from "../../../base/pool.ts";
import { lengthless, objectBytes } from "../../contentRange.ts";
import { type ErrorKind, isStorageError } from "../../errors.ts";
import type { Entry, ObjectInfo } from "../../objects.ts";
import type { Addresses } from "./addresses.ts";
import { type Dav, hasStatus } from "./client.ts";
import { type Described, type Listed, versionOf } from "./resources.ts";

export interface Lengths {
  /** What `resource` says about the file of `key`. Fails with `unsupported` if nobody tells its length. */
  infoOf(key: string, resource: Described, signal: AbortSignal): Promise<ObjectInfo>;
  entriesOf(listed: readonly Listed[], signal: AbortSignal): Promise<readonly Entry[]>;
}

/** Failures that say nothing about the other files. */
const ofOneFile: ReadonlySet<ErrorKind> = new Set(["denied", "not-found", "unsupported"]);

/** At once; such servers are rare, and none of them is large. */
const slots = 4;

export function lengthsOf(dav: Dav, addresses: Addresses): Lengths {
  async function lengthOf(key: string, signal: AbortSignal): Promise<number> {
    const range = { start: 0, end: 1 };
    const headers = { range: "bytes=0-0" };
    try {
      const reply = await dav({ method: "GET", url: addresses.of(key), headers, signal });
      reply.body?.cancel();
      const size = objectBytes(reply.headers, range);
      if (size === undefined) throw lengthless();
      return size;
    } catch (error) {
      // Nothing but an empty file has no first byte.
      if (hasStatus(error, 416)) return 0;
      throw error;
    }
  }

  return {
    async infoOf(key, resource, signal) {
      return infoWith(key, resource, resource.size ?? (await lengthOf(key, signal)));
    },

    async entriesOf(listed, signal) {
      const lengths = new Map<string, number>();
      const isUnknown = ({ resource }: Listed) => !resource.isFolder && resource.size === undefined;
      await forEachPooled(listed.filter(isUnknown), slots, async ({ key }) => {
        try {
          lengths.set(key, await lengthOf(key, signal));
        } catch (error) {
          // What cannot be read must not hide its folder; to read it says why.
          if (!isStorageError(error) || !ofOneFile.has(error.kind)) throw error;
        }
      });
      return listed.map(({ key, resource }): Entry => {
        if (resource.isFolder) return { type: "folder", key };
        const size = resource.size ?? lengths.get(key) ?? 0;
        return { type: "object", ...infoWith(key, resource, size) };
      });
    },
  };
}

function infoWith(key: string, { modified, etag }: Described, size: number): ObjectInfo {
  return {
    key,
    size,
    ...(modified && { modified }),
    ...(etag !== undefined && { version: versionOf(etag) }),
  };
}
