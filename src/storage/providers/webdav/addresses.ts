import { StorageError } from "../../errors.ts";
import { isUnfinished, nameProblem } from "../../paths.ts";

/** Keys as addresses beneath one folder of a server, and what a server calls them as keys. */
export interface Addresses {
  /** Ends in `/`. */
  readonly root: string;
  /** A folder's ends in `/`, as its key does: some servers accept no other. */
  of(key: string): string;
  /**
   * The name of what `href` means in `folder`: empty for the folder itself, and undefined for what
   * lies elsewhere or has a name no key can have. Servers write the same address in many ways.
   */
  nameIn(folder: string, href: string): string | undefined;
}

/** Everything beneath `url`. Refuses an address that holds what belongs into fields of its own. */
export function addressesBeneath(url: string): Addresses {
  const base = new URL(url);
  if (base.username !== "" || base.password !== "")
    throw new StorageError("invalid", "the address holds a user or password", { field: "url" });
  base.search = base.hash = "";
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  const root = base.href;
  const rootPath = decoded(base.pathname);
  if (rootPath === undefined)
    throw new StorageError("invalid", "the address is not well encoded", { field: "url" });

  return {
    root,
    of: (key) => root + key.split("/").map(encodeURIComponent).join("/"),
    nameIn(folder, href) {
      if (!URL.canParse(href, root)) return undefined;
      const path = decoded(new URL(href, root).pathname)?.replace(/\/$/, "");
      if (path === undefined) return undefined;
      const own = (rootPath + folder).replace(/\/$/, "");
      if (isSame(path, own)) return "";
      const cut = path.lastIndexOf("/");
      const name = path.slice(cut + 1);
      return isSame(path.slice(0, cut), own) && isUsable(name) ? name : undefined;
    },
  };
}

/** What no key can name could not be asked for either. Unfinished uploads are told apart later. */
function isUsable(name: string): boolean {
  return isUnfinished(name) || nameProblem(name) === undefined;
}

/** `path` with its names decoded one by one; undefined if one of them would be more than a name. */
function decoded(path: string): string | undefined {
  try {
    const names = path.split("/").map(decodeURIComponent);
    return names.some((name) => /[/\0]/.test(name)) ? undefined : names.join("/");
  } catch {
    return undefined;
  }
}

/** Servers may spell the way to a folder in another letter case or Unicode form than we did. */
function isSame(a: string, b: string): boolean {
  return a === b || a.normalize().toLowerCase() === b.normalize().toLowerCase();
}
