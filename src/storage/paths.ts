import { StorageError } from "./errors.ts";

/**
 * Keys where folders are real: a key is a path of names, and names the folder itself if it ends
 * in `/`. What is no such path is refused, so that no key ever leads out of the base folder.
 */

/** The folder in which every key that begins with `prefix` lies; empty, or ends in `/`. */
export function folderOf(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf("/") + 1);
}

/** The folder that holds `key`, which may be a folder itself; empty, or ends in `/`. */
export function parentOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/", key.length - 2) + 1);
}

/** The last name of `key`, without a `/`. */
export function nameOf(key: string): string {
  return (key.endsWith("/") ? key.slice(0, -1) : key).slice(parentOf(key).length);
}

/** Whether both names may lead to one thing: to some disks and servers, case does not count. */
export function isPerhapsOne(a: string, b: string): boolean {
  const form = (key: string) => key.normalize("NFC").toLowerCase();
  return form(a) === form(b);
}

/** Whether they differ in case, and in nothing else but how their letters are composed. */
export function isOtherCase(a: string, b: string): boolean {
  return a.normalize() !== b.normalize() && isPerhapsOne(a, b);
}

/** Refuses with `invalid` a key that is no path, or a name that `problem` has something against. */
export function checkKey(key: string, problem = nameProblem): void {
  for (const name of (key.endsWith("/") ? key.slice(0, -1) : key).split("/")) {
    const text = problem(name);
    if (text !== undefined)
      throw new StorageError("invalid", `a name ${text}: ${JSON.stringify(name)}`, {
        reason: "invalid-name",
      });
  }
}

/** The same for the key of a file that is to be written. */
export function checkFileKey(key: string, problem = nameProblem): void {
  checkKey(key, problem);
  if (key.endsWith("/")) throw new StorageError("invalid", `a file's name ends in /: ${key}`);
}

/** What a name must not be, wherever folders are real; undefined if it is good. */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "is not empty";
  if (name === "." || name === "..") return "is not a step in the path";
  if (/[/\0]/.test(name)) return "holds neither / nor NUL";
  if (!name.isWellFormed()) return "is well-formed Unicode";
  return isUnfinished(name) ? "does not look like an unfinished upload" : undefined;
}

/** A fresh name for a file that is being written, which says since when. Listings never show it. */
export function unfinishedName(hex = secondsInHex() + randomHex()): string {
  return `${unfinishedStart}${hex.slice(0, 24)}`;
}

const unfinishedStart = ".~offsite-";

function secondsInHex(): string {
  return Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(8, "0");
}

function randomHex(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

/** Whether `name` is one that `unfinishedName` could have given, to us or to a writer that died. */
export function isUnfinished(name: string): boolean {
  return /^\.~offsite-[0-9a-f]{24}$/i.test(name);
}

/** A day without a byte written means that nobody is writing, even if two clocks differ by hours. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/**
 * Whether nobody is writing to the unfinished file of that name any more, whose time is so long ago. A
 * copy may show the time of its original before it has its name: so the name has its say as well.
 */
export function isAbandoned(name: string, ageMs: number): boolean {
  const begun = Number.parseInt(name.slice(unfinishedStart.length).slice(0, 8), 16) * 1000;
  return ageMs > abandonedAfterMs && Math.abs(Date.now() - begun) > abandonedAfterMs;
}
