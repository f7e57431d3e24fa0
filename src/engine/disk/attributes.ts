import { spawn } from "node:child_process";
import { isObject } from "../../base/json.ts";
import { lstatIfThere } from "./fileComparison.ts";
import { FolderGuard, type LocalPath } from "./localPath.ts";
import type { Node } from "../format/tree.ts";

/** A restored file or folder, and what the snapshot says of it. */
export interface AttributedEntry {
  readonly path: LocalPath;
  readonly node: Node;
}

interface Attribute {
  readonly name: string;
  readonly value: Buffer;
}

/** Entries that one process is given. */
const batchEntries = 500;

/** No system takes more. */
const maxValueBytes = 64 * 1024;

/**
 * Names that are set: a user's own, in plain characters. What `security.` and `trusted.` hold is for
 * the system to give, and would let a forged snapshot make a program privileged.
 */
const settable = /^user\.[\x21-\x3c\x3e-\x5b\x5d-\x7e]{1,250}$/;
const systemsOwn = /^(security|trusted)\./;

/**
 * Gives restored entries their extended attributes by the `setfattr` of Linux, since Node has no call
 * for it. Returns how many entries lack some of theirs: where there is no such program or no such
 * system, all that have any. What is Windows' own counts there alone.
 */
export async function setAttributes(
  root: string,
  entries: readonly AttributedEntry[],
  signal: AbortSignal,
): Promise<number> {
  const guard = new FolderGuard(root);
  let lacking = 0;
  let dump: string[] = [];
  const flush = async () => {
    if (dump.length > 0) lacking += await restoreDump(dump, signal);
    dump = [];
  };
  for (const { path, node } of entries) {
    const { attributes, hasOthers } = attributesOf(node);
    if (attributes.length === 0 && !hasOthers) continue;
    const settables = attributes.filter(({ name, value }) => isSettable(name, value));
    const isPossible = process.platform === "linux" && isReal(guard, path);
    if (!isPossible || hasOthers || settables.length < attributes.length) lacking += 1;
    if (!isPossible || settables.length === 0) continue;
    dump.push(dumpText(path, settables));
    if (dump.length >= batchEntries) await flush();
  }
  await flush();
  return lacking;
}

/** Whether a snapshot says more of an entry than `setAttributes` passes over. */
export function hasAttributes(node: Node): boolean {
  if (node.attributes === undefined) return false;
  const { attributes, hasOthers } = attributesOf(node);
  return attributes.length > 0 || hasOthers;
}

function attributesOf({ attributes: text = "" }: Node): {
  readonly attributes: readonly Attribute[];
  readonly hasOthers: boolean;
} {
  if (text === "") return { attributes: [], hasOthers: false };
  // `parseTree` has made this text out of JSON: fields, each begun by its comma.
  const fields = JSON.parse(`{${text.slice(1)}}`) as Readonly<Record<string, unknown>>;
  const listed: unknown = fields["extended_attributes"];
  const attributes = (Array.isArray(listed) ? listed : []).flatMap((one: unknown) => {
    if (!isObject(one)) return [];
    const { name, value } = one;
    if (typeof name !== "string" || systemsOwn.test(name)) return [];
    return { name, value: Buffer.from(typeof value === "string" ? value : "", "base64") };
  });
  const hasOthers = process.platform === "win32" && fields["generic_attributes"] !== undefined;
  return { attributes, hasOthers };
}

function isSettable(name: string, value: Buffer): boolean {
  return settable.test(name) && value.length <= maxValueBytes;
}

/** Whether a file or folder is there, and no link leads to it. */
function isReal(guard: FolderGuard, path: LocalPath): boolean {
  try {
    guard.check(path);
  } catch {
    return false;
  }
  const stats = lstatIfThere(path);
  return stats !== undefined && (stats.isFile() || stats.isDirectory());
}

/** As `setfattr --restore` reads it. Every byte that could mean something is written as its number. */
function dumpText(path: LocalPath, attributes: readonly Attribute[]): string {
  const escaped = Buffer.from(path)
    .toString("latin1")
    .replace(/[^\w./-]/g, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, "0")}`);
  const lines = attributes.map(({ name, value }) =>
    value.length === 0 ? `${name}=""` : `${name}=0s${value.toString("base64")}`,
  );
  return [`# file: ${escaped}`, ...lines, "", ""].join("\n");
}

/** Returns for how many of the entries it failed. */
async function restoreDump(dump: readonly string[], signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const child = spawn("setfattr", ["-h", "--restore=-"], { stdio: ["pipe", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.on("data", (text: Buffer) => (complaints += text.toString("latin1")));
  // A program that ends early breaks the pipe; its exit says so.
  child.stdin.on("error", () => undefined);
  child.stdin.end(dump.join(""));
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", resolve);
  });
  if (code === 0) return 0;
  // One line for each attribute: the program, the path, and why not.
  const paths = new Set(
    complaints.split("\n").map((line) => line.slice(0, line.lastIndexOf(": "))),
  );
  paths.delete("");
  return code === null || paths.size === 0 ? dump.length : Math.min(paths.size, dump.length);
}
