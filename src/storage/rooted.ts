/** A container, seen from one of its folders. */
import type { Driver } from "./driver.ts";
import { StorageError } from "./errors.ts";
import type { Extras } from "./extras.ts";
import type { Entry } from "./objects.ts";
import type { KeyRequest, ListPage, ReadReply } from "./requests.ts";

type Keyed = { readonly key: string };

/**
 * The driver as if the folder `root` (ends in `/`) were all there is: keys are told and taken
 * without it, and none can name the folder itself or what lies beside it. What holds for a whole
 * container is not offered. An empty `root` is the driver itself.
 */
export function rooted(driver: Driver, root: string): Driver {
  if (root === "") return driver;
  const { copy, move, makeFolder, extras } = driver;
  const names = namesBelow(root);
  const { full, within, own, reading } = names;
  return {
    capabilities: driver.capabilities,

    async list({ prefix, after, ...request }): Promise<ListPage> {
      const page = await driver.list({
        ...request,
        prefix: root + prefix,
        ...(after !== undefined && { after: root + after }),
      });
      return { ...page, entries: names.below<Entry>(page.entries) };
    },
    stat: async (request) => own(await driver.stat(within(request))),
    read: (request, use) => driver.read(within(request), reading(use)),
    write: async (request) => own(await driver.write(within(request))),
    delete: ({ keys, onMark, onRefused, ...request }) =>
      driver
        .delete({
          ...request,
          keys: keys.map(full),
          ...(onMark && { onMark: (mark) => onMark(own(mark)) }),
          ...(onRefused && { onRefused: (refusal) => onRefused(own(refusal)) }),
        })
        .catch(names.failing),
    ...(copy && {
      copy: async ({ from, to, ...request }) =>
        own(await copy({ ...request, from: full(from), to: full(to) })),
    }),
    ...(move && {
      move: ({ from, to, ...request }) => move({ ...request, from: full(from), to: full(to) }),
    }),
    ...(makeFolder && { makeFolder: (request) => makeFolder(within(request)) }),
    ...(extras && { extras: rootedExtras(extras, root, names) }),
  };
}

/** A server lists what does not begin with the prefix. */
export function notAskedFor(): StorageError {
  return new StorageError("unexpected", "the listing names what was not asked for");
}

type Names = ReturnType<typeof namesBelow>;

function namesBelow(root: string) {
  const full = (key: string): string => {
    if (key === "") throw new StorageError("invalid", "a key is not empty");
    return root + key;
  };
  const own = <T extends Keyed>(found: T): T => ({ ...found, key: found.key.slice(root.length) });
  return {
    full,
    within: <T extends KeyRequest>(request: T): T => ({ ...request, key: full(request.key) }),
    own,
    /** The marker of the folder itself is no part of it. */
    below: <T extends Keyed>(found: readonly T[]): readonly T[] => {
      if (!found.every(({ key }) => key.startsWith(root))) throw notAskedFor();
      return found.filter(({ key }) => key !== root).map(own);
    },
    /** Of many keys, an error names the one it is about. */
    failing: (error: unknown): never => {
      if (!(error instanceof StorageError) || error.details.key === undefined) throw error;
      const { kind, message, details } = error;
      const key = error.details.key.slice(root.length);
      throw new StorageError(kind, message, { ...details, key, retryable: error.retryable });
    },
    reading:
      <T>(use: (reply: ReadReply) => Promise<T>) =>
      ({ info, body }: ReadReply): Promise<T> =>
        use({ info: own(info), body }),
  };
}

function rootedExtras(
  { versions, details, links, uploads, archive }: Extras,
  root: string,
  { full, within, own, below, reading }: Names,
): Extras {
  return {
    ...(versions && {
      versions: {
        list: async ({ prefix, ...request }) => {
          const page = await versions.list({ ...request, prefix: root + prefix });
          return { ...page, versions: below(page.versions) };
        },
        read: (request, use) => versions.read(within(request), reading(use)),
        restore: async (request) => own(await versions.restore(within(request))),
        delete: (request) => versions.delete(within(request)),
        deleteMany: async (request) => {
          const named = request.versions.map((one) => ({ ...one, key: full(one.key) }));
          return (await versions.deleteMany({ ...request, versions: named })).map(own);
        },
      },
    }),
    ...(details && {
      details: {
        get: async (request) => {
          const found = await details.get(within(request));
          return { ...found, info: own(found.info) };
        },
        set: async (request) => own(await details.set(within(request))),
        tags: (request) => details.tags(within(request)),
        setTags: (request) => details.setTags(within(request)),
      },
    }),
    ...(links && {
      links: {
        lifetime: (request) => links.lifetime(request),
        get: (request) => links.get(within(request)),
        put: (request) => links.put(within(request)),
      },
    }),
    ...(uploads && {
      uploads: {
        begin: (request) => uploads.begin(within(request)),
        part: (request) => uploads.part(within(request)),
        parts: (request) => uploads.parts(within(request)),
        complete: async (request) => own(await uploads.complete(within(request))),
        abort: (request) => uploads.abort(within(request)),
        list: async ({ prefix, ...request }) => {
          const page = await uploads.list({ ...request, prefix: root + prefix });
          return { ...page, uploads: below(page.uploads) };
        },
      },
    }),
    ...(archive && { archive: { request: (request) => archive.request(within(request)) } }),
  };
}
