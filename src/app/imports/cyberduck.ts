/** Cyberduck's bookmarks: one XML property list each, without secrets. */
import { leadsTo } from "../../storage/pasted.ts";
import { unescaped } from "../../storage/xml.ts";
import { type Found, MalformedText, webAddress } from "./found.ts";
import { s3Connection } from "./s3Account.ts";
import { webdavConnection } from "./webdavAccount.ts";

type Bookmark = ReadonlyMap<string, string>;

/** The connection of one `.duck` file. Fails with `MalformedText`. */
export function cyberduckBookmark(plist: string): Found {
  const bookmark = textsOf(plist);
  const protocol = bookmark.get("Protocol") ?? "";
  const host = bookmark.get("Hostname") ?? "";
  const named = {
    source: "cyberduck",
    name: bookmark.get("Nickname") || host || protocol,
  } as const;
  const path = (bookmark.get("Path") ?? "").replaceAll(/^\/+|\/+$/g, "");
  // Profiles of single services are called after their protocol: s3-https, davs-nextcloud.
  if (/^s3\b/.test(protocol)) return s3Bookmark(named, bookmark, path);
  if (/^davs?\b|^nextcloud|^owncloud/.test(protocol))
    return webdavConnection(named, {
      url: address(bookmark, protocol === "dav" ? "http" : "https", path),
      user: user(bookmark),
      preset: /nextcloud|owncloud/.exec(protocol)?.[0],
    });
  if (protocol === "file" && path !== "")
    return { type: "connection", ...named, provider: "folder", answers: { path: `/${path}` } };
  return { type: "unusable", ...named, reason: "other-protocol", protocol };
}

function s3Bookmark(
  named: { readonly source: "cyberduck"; readonly name: string },
  bookmark: Bookmark,
  path: string,
): Found {
  const [bucket = "", ...below] = path.split("/");
  return s3Connection(named, {
    endpoint: address(bookmark, bookmark.get("Port") === "80" ? "http" : "https"),
    region: bookmark.get("Region"),
    bucket,
    folder: leadsTo(`${below.join("/")}/`).folder,
    accessKeyId: user(bookmark),
  });
}

function user(bookmark: Bookmark): string | undefined {
  const name = bookmark.get("Username");
  return name === "anonymous" ? undefined : name;
}

function address(bookmark: Bookmark, scheme: string, path = ""): string | undefined {
  const host = bookmark.get("Hostname");
  const given = bookmark.get("Port");
  const port = given === undefined || given === "443" || given === "80" ? "" : `:${given}`;
  return host === undefined ? undefined : webAddress(`${scheme}://${host}${port}/${path}`);
}

/** The list's texts and numbers by name. What lies deeper than the bookmark itself is left out. */
function textsOf(plist: string): Bookmark {
  const from = plist.indexOf("<dict>");
  const to = plist.lastIndexOf("</dict>");
  if (!plist.includes("<plist") || from < 0 || to < from)
    throw new MalformedText(plist.split("\n").length);
  const texts = new Map<string, string>();
  let depth = 0;
  for (const [, lists, key, , value] of plist.slice(from, to).matchAll(telling)) {
    if (lists !== undefined) depth += lists === "/" ? -1 : 1;
    else if (depth === 1 && value) texts.set(unescaped(key ?? ""), unescaped(value).trim());
  }
  return texts;
}

/** Where a list begins or ends, or a pair of name and value. */
const telling = /<(\/?)(?:dict|array)>|<key>([^<]*)<\/key>\s*<(string|integer)>([^<]*)<\/\3>/g;
