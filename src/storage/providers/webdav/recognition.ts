import { decoded, leadsTo } from "../../pasted.ts";
import type { Recognised } from "../../provider.ts";
import { webdavPresets } from "./presets.ts";

/**
 * Reads an address of a WebDAV folder, or a page of a service that has one. A user and password
 * before the host are answers and no part of the address.
 */
export function recogniseWebdav(text: string): Recognised | undefined {
  if (text.length > 8192) return undefined;
  const isDav = /^(?:web)?davs?:\/\//i.test(text.trim());
  const url = URL.parse(text.trim().replace(/^(?:web)?dav(s?):\/\//i, "http$1://"));
  if (!url || !/^https?:$/.test(url.protocol) || /\s/.test(text.trim())) return undefined;
  const signIn = accountIn(url);
  url.username = url.password = "";
  const found = fromNextcloud(url) ?? fromService(url) ?? fromPath(url, isDav || hasAny(signIn));
  return found && withoutFile({ ...found, values: { ...found.values, ...signIn } });
}

/** A file's address leads to the folder it lies in, where a user's files begin if that is known. */
function withoutFile(found: Recognised): Recognised {
  const address = found.values["url"];
  if (typeof address !== "string") return found;
  const [, root = "", path = ""] =
    /^(.*\/remote\.php\/dav\/files\/[^/]+\/)(.*)$/.exec(address) ??
    /^(https?:\/\/.*\/)([^/]*)$/.exec(address) ??
    [];
  const { object } = leadsTo(decoded(path));
  return object === undefined
    ? found
    : { ...found, values: { ...found.values, url: root }, object };
}

function accountIn({ username, password }: URL): Readonly<Record<string, string>> {
  return {
    ...(username !== "" && { user: decoded(username) }),
    ...(password !== "" && { password: decoded(password) }),
  };
}

/** Its WebDAV address, or a page. */
function fromNextcloud({ origin, pathname, searchParams }: URL): Recognised | undefined {
  // The spaces of ownCloud's newer servers.
  if (/\/dav\/spaces\/[^/]/.test(pathname)) return at("owncloud", origin + pathname);
  const files = /^(.*\/remote\.php\/(?:dav\/files|webdav)(?:\/([^/]*).*)?)$/.exec(pathname);
  if (files) {
    const [, path = "", user = ""] = files;
    const isUser = path.includes("/dav/files/") && user !== "";
    return {
      preset: "nextcloud",
      values: { url: origin + path, ...(isUser && { user: decoded(user) }) },
    };
  }
  // Where all that a user has begins, files are but one part of it.
  const server = /^(.*\/)remote\.php(?:\/dav)?\/?$/.exec(pathname);
  if (server) return at("nextcloud", origin + server[1]);
  if (/\/remote\.php\//.test(pathname)) return at("nextcloud", origin + pathname);
  return fromPage(origin, pathname, searchParams);
}

/** Pages in the browser, and shared links. */
function fromPage(
  origin: string,
  pathname: string,
  searchParams: URLSearchParams,
): Recognised | undefined {
  const page = /^(.*?)(?:\/index\.php)?\/apps\/(?:files|dashboard|photos)(?:\/|$)/.exec(pathname);
  if (page) {
    const { folder } = leadsTo(`${searchParams.get("dir") ?? ""}/`);
    const url = `${origin}${page[1]}/`;
    return { preset: "nextcloud", values: { url, ...(folder !== undefined && { folder }) } };
  }
  const other = /^(.*?)(?:\/index\.php)?\/f\/\d+$|^(.*?)\/index\.php\/(?:login|settings)/.exec(
    pathname,
  );
  if (other) return at("nextcloud", `${origin}${other[1] ?? other[2]}/`);
  const space = /^(.*\/)files\/spaces\/(?:personal|project)(?:\/|$)/.exec(pathname);
  if (space) return at("owncloud", origin + space[1]);
  const share = /^(.*?)(?:\/index\.php)?\/s\/([A-Za-z0-9]{15})(?:\/|$)/.exec(pathname);
  if (!share) return undefined;
  return {
    preset: "other",
    values: { url: `${origin}${share[1]}/public.php/webdav/`, user: share[2] },
  };
}

function fromService(page: URL): Recognised | undefined {
  const { href, hostname, pathname } = page;
  const preset = webdavPresets.find(({ service }) => service?.hosts?.test(hostname));
  const url = href.replace(/[?#].*$/, "");
  if (!preset) return fromSynology(page) ?? fromSite(page);
  // Where a service has one address for all, its form does not ask for it.
  const root = preset.values.url && new URL(preset.values.url).pathname;
  if (root === undefined) return at(preset.id, url);
  if (root.startsWith(pathname)) return { preset: preset.id, values: {} };
  // Beside it a service may have other folders, and pages.
  if (!pathname.startsWith(root))
    return pathname.startsWith("/dav/") ? at("other", url) : { preset: preset.id, values: {} };
  const { folder, object } = leadsTo(decoded(pathname.slice(root.length)));
  return {
    preset: preset.id,
    values: folder === undefined ? {} : { folder },
    ...(object !== undefined && { object }),
  };
}

/** A Synology NAS has WebDAV at one port, and shows its desktop at another. */
function fromSynology({ href, hostname, pathname, port, protocol }: URL): Recognised | undefined {
  if (port === "5005" || port === "5006") return at("synology", href.replace(/[?#].*$/, ""));
  const isDesktop = /^\/(?:webman\/.*|sharing\/.*|index\.cgi)?$/.test(pathname);
  const davPort = { 5000: "5005", 5001: "5006" }[port];
  return isDesktop && davPort ? at("synology", `${protocol}//${hostname}:${davPort}/`) : undefined;
}

/** A page in the browser of a service that has one address for all. */
function fromSite({ host, pathname }: URL): Recognised | undefined {
  const path = /^disk\.yandex\.[a-z]{2,3}(?:\.tr)?\/client\/disk(?:\/(.*))?$/.exec(host + pathname);
  if (path) {
    const { folder } = leadsTo(`${decoded(path[1] ?? "")}/`);
    return { preset: "yandex-disk", values: folder === undefined ? {} : { folder } };
  }
  const preset = webdavPresets.find(({ keysPage }) => URL.parse(keysPage ?? "")?.host === host);
  return preset && { preset: preset.id, values: {} };
}

function at(preset: string, url: string): Recognised {
  return { preset, values: { url } };
}

function fromPath(url: URL, isSure: boolean): Recognised | undefined {
  const { href, hostname, pathname } = url;
  const isLikely = /^e?(?:web)?dav\./.test(hostname) || /\/(?:web)?dav(?:\/|$)/.test(pathname);
  return isSure || isLikely ? at("other", href.replace(/[?#].*$/, "")) : undefined;
}

function hasAny(values: object): boolean {
  return Object.keys(values).length > 0;
}
