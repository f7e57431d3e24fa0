/** Cyberduck's bookmarks: one XML property list each, without secrets. */
import { leadsTo } from "../../storage/pasted.ts";
import { unescaped } from "../../storage/xml.ts";
import { type Found, MalformedText, webAddress } from "./found.ts";
import { s3Connection } from "./s3Account.ts";
import { webdavConnection } from "./webdavAccount.ts";

type Bookmark = ReadonlyMap<string, string>;

/** Whether it is in the binary form of such lists, into which other programs can have brought it. */
export function isBinary(plist: string): boolean {
  return plist.startsWith("bplist");
}

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
  // Assumes a role, asks for a second factor, or signs in as Windows does.
  if (/-sts-|-getsessiontoken$|^s3-role$|-iwa$/.test(bookmark.get("Provider") ?? ""))
    return { type: "unusable", ...named, reason: "needs-sign-in" };
  // Profiles of single services are called after their protocol: s3-https, davs-nextcloud.
  if (/^s3\b/.test(protocol)) return s3Bookmark(named, bookmark, path);
  if (/^davs?\b|^nextcloud|^owncloud/.test(protocol)) return davBookmark(named, bookmark, path);
  if (protocol === "file" && path !== "")
    return { type: "connection", ...named, provider: "folder", answers: { path: `/${path}` } };
  return { type: "unusable", ...named, reason: "other-protocol", protocol };
}

interface Named {
  readonly source: "cyberduck";
  readonly name: string;
}

/** The provider is the profile that was chosen: https://github.com/iterate-ch/profiles */
function s3Bookmark(named: Named, bookmark: Bookmark, path: string): Found {
  const [bucket = "", ...below] = path.split("/");
  const provider = bookmark.get("Provider") ?? "";
  const isPlain = bookmark.get("Port") === "80" || /-http(?:-|$)/.test(provider);
  const isPath =
    provider.endsWith("path-style") || bookmark.get("s3.bucket.virtualhost.disable") === "true";
  return s3Connection(named, {
    endpoint: address(bookmark, isPlain ? "http" : "https"),
    region: bookmark.get("Region"),
    bucket,
    folder: leadsTo(`${below.join("/")}/`).folder,
    // What stands for the user is a profile of Amazon's own tools there.
    ...(provider === "s3-cli"
      ? { profile: user(bookmark) ?? "default" }
      : { accessKeyId: user(bookmark) }),
    addressing: isPath ? "path" : undefined,
    signatureV2: /-aws2-/.test(provider),
  });
}

/** Of Nextcloud and ownCloud, a path that does not lead to their WebDAV is a folder of the user. */
function davBookmark(named: Named, bookmark: Bookmark, path: string): Found {
  const protocol = bookmark.get("Protocol") ?? "";
  const preset = /nextcloud|owncloud/.exec(protocol)?.[0];
  const isFolder = preset !== undefined && !path.includes("remote.php");
  const url = address(bookmark, protocol === "dav" ? "http" : "https", isFolder ? "" : path);
  const found = webdavConnection(named, { url, user: user(bookmark), preset });
  const { folder } = isFolder ? leadsTo(`${path}/`) : {};
  if (found.type === "unusable" || folder === undefined) return found;
  return { ...found, answers: { ...found.answers, folder } };
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

/** The list's texts and numbers by name, and the settings of S3 that it has in a list of its own. */
function textsOf(plist: string): Bookmark {
  const from = plist.indexOf("<dict>");
  const to = plist.lastIndexOf("</dict>");
  if (!plist.includes("<plist") || from < 0 || to < from)
    throw new MalformedText(plist.split("\n").length);
  const texts = new Map<string, string>();
  let depth = 0;
  for (const [, lists, key, , value] of plist.slice(from, to).matchAll(telling)) {
    if (lists !== undefined) depth += lists === "/" ? -1 : 1;
    else if (value && (depth === 1 || key?.startsWith("s3.")))
      texts.set(unescaped(key ?? ""), unescaped(value).trim());
  }
  return texts;
}

/** Where a list begins or ends, or a pair of name and value. */
const telling = /<(\/?)(?:dict|array)>|<key>([^<]*)<\/key>\s*<(string|integer)>([^<]*)<\/\3>/g;
