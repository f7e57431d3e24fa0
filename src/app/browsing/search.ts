/** Looking through everything below a folder: for names, or to add up what it holds. */
import type { Entry } from "../../storage/objects.ts";
import type { StorageClass } from "../../storage/provider.ts";
import type { Storage } from "../../storage/storage.ts";

/** How far a walk has come. */
export interface Looked {
  /** Objects, not folders. */
  readonly objects: number;
  readonly bytes: number;
  /** What is charged for, where small objects are charged as larger ones. */
  readonly billedBytes: number;
  /** In the order of the listing, the last one seen. */
  readonly lastKey: string;
}

type Classes = Readonly<Record<string, Pick<StorageClass, "leastBytes">>>;

export interface Found extends Looked {
  /** What this step has found. */
  readonly found: readonly Entry[];
}

/**
 * Everything below `prefix` whose name or path fits `text`, a step for each page of the listing, so
 * that the caller sees how far the search has come and ends it by leaving the loop.
 */
export async function* find(
  storage: Storage,
  prefix: string,
  text: string,
  signal: AbortSignal,
): AsyncGenerator<Found, void, void> {
  const fits = matcher(text);
  for await (const { entries, ...looked } of pages(storage, prefix, signal))
    yield { ...looked, found: entries.filter(({ key }) => fits(key.slice(prefix.length))) };
}

/**
 * Adds up the objects below `prefix`, a step for each page; the last one is the whole. Each is
 * charged for as much as its class has at least.
 */
export async function* addUp(
  storage: Storage,
  prefix: string,
  signal: AbortSignal,
  classes: Classes = {},
): AsyncGenerator<Looked, void, void> {
  for await (const { entries: _, ...looked } of pages(storage, prefix, signal, classes))
    yield looked;
}

/**
 * Whether a path fits what was typed: with `*` or `?` as a pattern for the name, or for the path if
 * there is a `/` in it; otherwise as a part of the path. Case does not count.
 */
export function matcher(text: string): (path: string) => boolean {
  const wanted = text.toLowerCase();
  if (!/[*?]/.test(wanted)) return (path) => plain(path).includes(wanted);
  const whole = wanted.includes("/");
  return (path) => fitsPattern(wanted, whole ? plain(path) : (plain(path).split("/").at(-1) ?? ""));
}

function plain(path: string): string {
  return path.replace(/\/$/, "").toLowerCase();
}

/**
 * `*` for any characters, `?` for one. Remembers the last star only, which is enough, and cannot be
 * made slow by what is typed as a regular expression can.
 */
function fitsPattern(pattern: string, text: string): boolean {
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let resumeAt = 0;
  while (at < text.length) {
    const sign = pattern[inPattern];
    if (sign === "*") {
      star = inPattern++;
      resumeAt = at;
    } else if (sign === "?" || sign === text[at]) {
      inPattern++;
      at++;
    } else if (star >= 0) {
      inPattern = star + 1;
      at = ++resumeAt;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(inPattern));
}

async function* pages(
  storage: Storage,
  prefix: string,
  signal: AbortSignal,
  classes: Classes = {},
): AsyncGenerator<Looked & { readonly entries: readonly Entry[] }, void, void> {
  let objects = 0;
  let bytes = 0;
  let billedBytes = 0;
  let lastKey = prefix;
  for await (const { entries } of storage.pages(prefix, { signal })) {
    signal.throwIfAborted();
    const inside = entries.filter(({ key }) => key !== prefix);
    for (const entry of inside)
      if (entry.type === "object") {
        objects++;
        bytes += entry.size;
        const { leastBytes = 0 } = classes[entry.storageClass ?? "STANDARD"] ?? {};
        billedBytes += Math.max(entry.size, leastBytes);
      }
    lastKey = inside.at(-1)?.key ?? lastKey;
    yield { entries: inside, objects, bytes, billedBytes, lastKey };
  }
}
