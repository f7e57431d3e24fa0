import type { HttpHeaders } from "../../http/messages.ts";
import { isStorageError, StorageError } from "../../errors.ts";
import { isAbandoned, isUnfinished, parentOf } from "../../paths.ts";
import { type Child, type Children, inOrder, type Reading } from "../../walk.ts";
import type { Addresses } from "./addresses.ts";
import { type Dav, dropped, hasStatus } from "./client.ts";
import { notWebdav, propfindBody, readMultistatus, type Resource } from "./multistatus.ts";

/** What PROPFIND tells of a server's files and folders. */
export interface Resources {
  /** What is at `key`; a folder also where `key` has no `/`. Fails with `not-found`. */
  one(key: string, signal: AbortSignal): Promise<Found>;
  /** As `Tree.children`. A missing base folder fails with `not-found`. */
  children(folder: string, prefix: string, how: Reading): Promise<Children<Listed> | undefined>;
  /**
   * Whether nothing lies in `folder`, be it of a name that no key can have, or kept secret by the
   * server. Unfinished uploads do not count. Undefined if there is no such folder.
   */
  isEmpty(folder: string, signal: AbortSignal): Promise<boolean | undefined>;
}

export interface Found extends Resource {
  /** Since it was changed, by the server's own clock where it tells the time. */
  readonly ageMs?: number;
}

/** What is kept of each, of as many as a folder may have. */
export type Described = Omit<Resource, "href" | "isRefused">;

export interface Listed extends Child {
  readonly resource: Described;
}

export function resourcesOf(dav: Dav, addresses: Addresses): Resources {
  /** Hands `use` what is at `key` and, with depth 1, in it; without a name what no key can have. */
  async function propfind(
    key: string,
    depth: "0" | "1",
    signal: AbortSignal,
    use: (name: string | undefined, resource: Found) => void,
  ): Promise<void> {
    let url: string | undefined = addresses.of(key);
    let isNamed = false;
    let isEmpty = true;
    const pages = new Set<string>();
    while (url !== undefined) {
      pages.add(url);
      const reply = await page(url, depth, signal);
      const nowMs = Date.parse(reply.headers.get("date") ?? "") || Date.now();
      await readMultistatus(reply.body, (resource) => {
        const { modified, isRefused = false } = resource;
        const name = isRefused ? undefined : addresses.nameIn(key, resource.href);
        isNamed ||= name === "";
        isEmpty &&= isRefused;
        use(name, { ...resource, ...(modified && { ageMs: nowMs - modified.getTime() }) });
      });
      url = nextPage(reply.headers, url);
      if (url !== undefined && (pages.has(url) || pages.size >= mostPages))
        throw new StorageError("unexpected", "listing does not advance");
    }
    if (isEmpty) throw nothingAt(key);
    if (!isNamed) throw notWebdav("it names other addresses than the one asked for");
  }

  async function page(url: string, depth: "0" | "1", signal: AbortSignal) {
    const headers = { depth, "content-type": 'application/xml; charset="utf-8"' };
    const request = { method: "PROPFIND", url, headers, body: propfindBody, signal };
    const reply = await dav(request).catch((error: unknown) => {
      throw hasStatus(error, 405, 501) ? notWebdav(error.message) : error;
    });
    if (reply.status === 207 && reply.body) return { headers: reply.headers, body: reply.body };
    await dropped(reply);
    throw notWebdav(`status ${reply.status}, ${reply.headers.get("content-type")}`);
  }

  async function one(key: string, signal: AbortSignal): Promise<Found> {
    let found: Found | undefined;
    try {
      await propfind(key, "0", signal, (name, resource) => {
        if (name === "") found = resource;
      });
    } catch (error) {
      if (key === "") throw withoutBase(error);
      throw (await isBelowFile(key, error, signal)) ? nothingAt(key) : error;
    }
    if (found === undefined) throw nothingAt(key);
    return found;
  }

  /** Whether `error` is Apache's way to say that what should be a folder on the way is a file. */
  async function isBelowFile(key: string, error: unknown, signal: AbortSignal): Promise<boolean> {
    const way = key.endsWith("/") ? key : parentOf(key);
    if (!hasStatus(error, 400) || way === "") return false;
    try {
      return !(await one(way.slice(0, -1), signal)).isFolder;
    } catch (deeper) {
      if (isStorageError(deeper, "not-found")) return true;
      throw deeper;
    }
  }

  interface Content {
    readonly children: Children<Listed>;
    readonly hasNameless: boolean;
  }

  async function contentOf(
    folder: string,
    prefix: string,
    { signal, leavesAll }: Reading,
  ): Promise<Content | undefined> {
    const found = inOrder<Listed>();
    const abandoned: string[] = [];
    let isFolder = false;
    let hasNameless = false;
    try {
      await propfind(folder, "1", signal, (name, resource) => {
        // Of what has no proper name sabre/dav speaks as if it were the folder, once more.
        if (!name) {
          hasNameless ||= name === undefined || isFolder;
          isFolder ||= name === "" && resource.isFolder;
          return;
        }
        const { ageMs = 0, href: _, ...described } = resource;
        const key = folder + name + (described.isFolder ? "/" : "");
        const listed = { key, resource: described };
        if (!isUnfinished(name)) {
          if (listed.key.startsWith(prefix)) found.add(listed);
        } else if (isAbandoned(name, ageMs)) abandoned.push(listed.key);
      });
      if (!leavesAll) await remove(abandoned, signal);
      return isFolder ? { children: found.all(), hasNameless } : undefined;
    } catch (error) {
      if (folder === "") throw withoutBase(error);
      if (isStorageError(error, "not-found")) return undefined;
      if (await isBelowFile(folder, error, signal)) return undefined;
      throw error;
    }
  }

  /** Removes what writers that died long ago have left; a few at a time, as nobody waits for it. */
  async function remove(abandoned: readonly string[], signal: AbortSignal): Promise<void> {
    for (const key of abandoned.slice(0, 8))
      // Where it fails, it stays hidden and does no harm.
      await dav({ method: "DELETE", url: addresses.of(key), signal }).then(dropped, () => {});
  }

  return {
    one,
    children: async (...asked) => (await contentOf(...asked))?.children,
    isEmpty: async (folder, signal) => {
      const content = await contentOf(folder, "", { signal });
      return content && !content.hasNameless && content.children.next().done === true;
    },
  };
}

/** No folder has so many; a hostile server could go on for ever. */
const mostPages = 2000;

/**
 * Where the rest of a long listing is: Jianguoyun tells no more than 750 names at once and says so
 * as web pages do (RFC 8288). Only the same folder of the same server can go on with its listing.
 */
function nextPage(headers: HttpHeaders, url: string): string | undefined {
  const link = /<([^<>]+)>\s*;[^,]*\brel="?next"?/i.exec(headers.get("link") ?? "")?.[1];
  const next = link === undefined ? undefined : URL.parse(link, url);
  if (!next) return undefined;
  const { origin, pathname } = new URL(url);
  return next.origin === origin && next.pathname === pathname ? next.href : undefined;
}

/** Apache calls an entity tag weak for the file's first second; the content is the same after it. */
export function versionOf(etag: string): string {
  return etag.replace(/^W\//, "");
}

function nothingAt(key: string): StorageError {
  return new StorageError("not-found", `nothing is at ${key}`);
}

function withoutBase(error: unknown): unknown {
  if (!isStorageError(error, "not-found")) return error;
  const details = { ...error.details, reason: "no-container", field: "url" } as const;
  return new StorageError("not-found", `there is no such base folder: ${error.message}`, details);
}
