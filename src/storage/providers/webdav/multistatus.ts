import { breather } from "../../../base/breath.ts";
import type { Body } from "../../../base/bytes.ts";
import { numberIn } from "../../contentRange.ts";
import { StorageError } from "../../errors.ts";
import { redacted } from "../../http/answers.ts";
import { unescaped } from "../../xml.ts";

/** One `response` of a `multistatus`: a file or folder and what the server says about it. */
export interface Resource {
  /** As the server wrote it, character references resolved. */
  readonly href: string;
  readonly isFolder: boolean;
  /** Absent where the server does not tell it of a file. */
  readonly size?: number;
  readonly modified?: Date;
  readonly etag?: string;
  /** The server tells nothing of it but its address. */
  readonly isRefused?: true;
}

/** What is asked for. */
export const propfindBody =
  '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop>' +
  "<resourcetype/><getcontentlength/><getlastmodified/><getetag/></prop></propfind>";

/**
 * Reads a `multistatus` (RFC 4918, 14.16) while it arrives, so that a folder of any size neither
 * fills the memory with text nor holds up everything else. Fails with `unreachable` and
 * `not-this-protocol` if it is something else; a document type is refused, and with it every entity
 * of the server's own making.
 */
export async function readMultistatus(
  body: Body,
  each: (resource: Resource) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  const scan = scanner(responses(each));
  // A body that has arrived already comes without a pause, however large it is.
  const breathe = breather();
  for await (const chunk of body) {
    scan(decoder.decode(chunk, { stream: true }));
    await breathe();
  }
  scan(decoder.decode(), true);
}

export function notWebdav(what: string): StorageError {
  const details = { reason: "not-this-protocol", retryable: false, field: "url" } as const;
  return new StorageError("unreachable", `the answer is not WebDAV: ${redacted(what)}`, details);
}

// The document --------------------------------------------------------------------------------------

/** More than any folder that a person could want to look at, and what a hostile server may make us keep. */
const mostResources = 1_000_000;

interface Draft {
  href: string;
  isRefused: boolean;
  /** Properties of the `propstat` that is being read; they count if its status says so. */
  found: Map<string, string>;
  isFound: boolean;
  properties: Map<string, string>;
}

/** Turns elements into resources. Names are compared without their prefix, paths from the root. */
function responses(each: (resource: Resource) => void): Elements {
  let draft = emptyDraft();
  let count = 0;

  const starts: Readonly<Record<string, () => void>> = {
    "multistatus/response": () => (draft = emptyDraft()),
    "multistatus/response/propstat": () => {
      draft.found = new Map();
      draft.isFound = true;
    },
    "multistatus/response/propstat/prop/resourcetype/collection": () =>
      draft.found.set("collection", ""),
  };
  const ends: Readonly<Record<string, (text: string) => void>> = {
    "multistatus/response/href": (text) => (draft.href ||= text),
    "multistatus/response/status": (text) => (draft.isRefused = !isSuccess(text)),
    "multistatus/response/propstat/status": (text) => (draft.isFound = isSuccess(text)),
    "multistatus/response/propstat": () => {
      if (draft.isFound) for (const [name, text] of draft.found) draft.properties.set(name, text);
    },
    "multistatus/response": () => {
      if (++count > mostResources) throw notWebdav(`more than ${mostResources} entries`);
      if (draft.href !== "") each(resourceOf(draft));
    },
  };
  for (const name of ["getcontentlength", "getlastmodified", "getetag"])
    Object.assign(ends, {
      [`multistatus/response/propstat/prop/${name}`]: (text: string) => draft.found.set(name, text),
    });
  return { start: (path) => starts[path]?.(), end: (path, text) => ends[path]?.(text) };
}

function emptyDraft(): Draft {
  return { href: "", isRefused: false, found: new Map(), isFound: true, properties: new Map() };
}

function isSuccess(status: string): boolean {
  return /^HTTP\/\S+\s+2\d\d/i.test(status);
}

function resourceOf({ href, properties, isRefused }: Draft): Resource {
  const size = numberIn(properties.get("getcontentlength"));
  const modified = new Date(properties.get("getlastmodified") ?? "");
  const etag = properties.get("getetag");
  return {
    href,
    isFolder: properties.has("collection"),
    ...(size !== undefined && Number.isSafeInteger(size) && { size }),
    ...(!Number.isNaN(modified.getTime()) && { modified }),
    ...(etag !== undefined && etag !== "" && { etag }),
    ...(isRefused && { isRefused }),
  };
}

// The text ------------------------------------------------------------------------------------------

interface Elements {
  /** `path` is the local names from the root, joined by `/`. */
  start(path: string): void;
  end(path: string, text: string): void;
}

const longestPiece = 65_536;
const deepest = 32;

// A tag, whose attributes may hold `>`. There is one way only to match each character, so that no
// text, however made, takes long.
const tag = /<(\/?)(?:[^\s<>/:"']+:)?([^\s<>/:"']+)(?=[\s/>])(?:"[^"]*"|'[^']*'|[^<>"'])*>/y;

/** Cuts text that arrives in pieces into elements. What is no well-formed element fails. */
function scanner(elements: Elements): (piece: string, isLast?: boolean) => void {
  let rest = "";
  let text = "";
  const paths: string[] = [];
  let isBegun = false;

  function open(name: string): void {
    const parent = paths.at(-1);
    if (parent === undefined && (isBegun || name !== "multistatus"))
      throw notWebdav(`<${name.slice(0, 40)}>`);
    if (paths.length >= deepest) throw notWebdav("nested too deep");
    isBegun = true;
    paths.push(parent === undefined ? name : `${parent}/${name}`);
    elements.start(paths.at(-1) ?? "");
    text = "";
  }

  function close(): void {
    const path = paths.pop();
    if (path === undefined) throw notWebdav("an end without a start");
    elements.end(path, unescaped(text).trim());
    text = "";
  }

  function addText(more: string): void {
    if (paths.length === 0 && more.trim() !== "" && more.trim() !== "\uFEFF")
      throw notWebdav(`"${more.trim().slice(0, 40)}"`);
    text += more;
    if (text.length > longestPiece) throw notWebdav("a text too long");
  }

  /** Where the markup that begins at `at` ends; undefined if it has not arrived whole. */
  function markup(at: number): number | undefined {
    for (const [start, end] of wrapped)
      if (rest.startsWith(start, at)) {
        const until = rest.indexOf(end, at + start.length);
        if (until < 0) return undefined;
        if (start === "<![CDATA[") addText(escaped(rest.slice(at + start.length, until)));
        return until + end.length;
      }
    if (rest.startsWith("<!DOCTYPE", at)) throw notWebdav("a document type");
    tag.lastIndex = at;
    const [whole, slash, name] = tag.exec(rest) ?? [];
    if (whole === undefined || name === undefined) return undefined;
    if (slash === "") open(name);
    if (slash === "/" || whole.endsWith("/>")) close();
    return at + whole.length;
  }

  return (piece, isLast = false) => {
    rest += piece;
    let at = 0;
    for (let next = rest.indexOf("<"); next >= 0; next = rest.indexOf("<", at)) {
      addText(rest.slice(at, next));
      at = next;
      const end = markup(next);
      if (end === undefined) break;
      at = end;
    }
    rest = rest.slice(at);
    if (rest.length > longestPiece) throw notWebdav("an element too long");
    if (!isLast) return;
    if (!isBegun) throw notWebdav(`"${rest.slice(0, 40)}"`);
    if (paths.length > 0) throw new StorageError("unreachable", "the listing ends too early");
  };
}

const wrapped = [
  ["<!--", "-->"],
  ["<![CDATA[", "]]>"],
  ["<?", "?>"],
] as const;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;");
}
