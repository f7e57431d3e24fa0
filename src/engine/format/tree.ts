import { isObject } from "../../base/json.ts";
import { text as utf8Text } from "../../base/bytes.ts";
import { breather } from "../../base/breath.ts";
import { RepositoryError } from "../errors.ts";
import { JsonReader } from "./jsonReader.ts";
import { goMode, goQuote, goString, goTime, goUnquote } from "./goText.ts";

const nodeTypes = [
  "file",
  "dir",
  "symlink",
  "dev",
  "chardev",
  "fifo",
  "socket",
  "irregular",
] as const;

export type NodeType = (typeof nodeTypes)[number];

/** One entry of a tree, as read from a repository. Nothing in it may be trusted as a path. */
export interface Node {
  readonly type: NodeType;
  /** The name as text; bytes that are not UTF-8 show as U+FFFD. */
  readonly name: string;
  /** The name's bytes, present exactly if they are not UTF-8. */
  readonly nameBytes?: Uint8Array;
  /** Go's os.FileMode: permission bits below, type and setuid bits above; up to 2^32 - 1. */
  readonly mode: number;
  /** RFC 3339 with nanoseconds. */
  readonly mtime: string;
  readonly atime?: string;
  readonly ctime?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly user?: string;
  readonly group?: string;
  /** In bytes, of a file. */
  readonly size?: number;
  readonly linktarget?: string;
  /** The link's bytes, present exactly if they are not UTF-8. */
  readonly linktargetBytes?: Uint8Array;
  /** Ids of the data blobs that make up a file, in order. */
  readonly content?: readonly string[];
  /** Id of a folder's tree. */
  readonly subtree?: string;
  /** Inode and device (decimal text: they exceed 2^53) and count of hard links. */
  readonly inode?: string;
  readonly deviceId?: string;
  readonly links?: number;
  /** The number of a device file. */
  readonly device?: string;
  /** What other programs recorded and we carry along: JSON text, each field begun by its comma. */
  readonly attributes?: string;
}

/** What `lstat` says of an entry, as far as a tree records it. */
export interface NodeFacts {
  /** The name's bytes if they are not UTF-8. */
  readonly name: string | Uint8Array;
  readonly type: NodeType;
  /** As `stat` calls it. */
  readonly mode: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly uid: number;
  readonly gid: number;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  readonly inode: bigint;
  readonly deviceId: bigint;
  readonly size: number;
  readonly links: number;
  readonly linktarget?: string | Uint8Array;
}

/**
 * A node up to what is known only once it has been read, exactly as restic writes it: a folder's
 * name is the hash of its text, so an unchanged folder must give the same text from either program.
 */
export function nodeHead(facts: NodeFacts): string {
  const { type, linktarget, inode, deviceId, user, group } = facts;
  const mtime = goTime(facts.mtime);
  const ctime = facts.ctime === facts.mtime ? mtime : goTime(facts.ctime);
  // Joined, not added up: a sum of texts keeps all its parts, and thousands of these wait in memory.
  return [
    `{"name":${goString(goQuote(facts.name))},"type":"${type}"`,
    numberText("mode", goMode(facts.mode)),
    `,"mtime":"${mtime}","atime":"${mtime}","ctime":"${ctime}"`,
    `,"uid":${facts.uid},"gid":${facts.gid}`,
    user ? `,"user":${goString(user)}` : "",
    group ? `,"group":${goString(group)}` : "",
    numberText("inode", inode),
    numberText("device_id", deviceId),
    type === "file" ? numberText("size", facts.size) : "",
    countsLinks(type) ? numberText("links", facts.links) : "",
    linktarget === undefined ? "" : linkText(linktarget),
  ].join("");
}

/** Go leaves out what is zero. */
function numberText(field: string, value: number | bigint): string {
  return value > 0 ? `,"${field}":${value}` : "";
}

function countsLinks(type: NodeType): boolean {
  return type === "file" || type === "symlink" || type === "dev" || type === "chardev";
}

function linkText(target: string | Uint8Array): string {
  if (target.length === 0) return "";
  const text = `,"linktarget":${goString(target)}`;
  if (typeof target === "string") return text;
  return `${text},"linktarget_raw":"${Buffer.from(target).toString("base64")}"`;
}

/** What follows a file's head: the ids of its blobs, in order. */
export function fileTail(content: readonly string[], attributes = ""): string {
  const ids = content.length === 0 ? "" : `"${content.join('","')}"`;
  return [attributes, ',"content":[', ids, "]}"].join("");
}

/** What follows a folder's head. */
export function folderTail(subtree: string, attributes = ""): string {
  return `${attributes},"content":null,"subtree":"${subtree}"}`;
}

/** What follows the head of anything else; `device` is the number of a device file. */
export function otherTail(attributes = "", device = 0n): string {
  return `${attributes}${numberText("device", device)},"content":null}`;
}

/** The text of a tree from its nodes', which must be in the order of `compareNames`. */
export function treeText(nodes: readonly string[]): string {
  return `{"nodes":[${nodes.join(",")}]}\n`;
}

/** The format's order: by the bytes of UTF-8, which is not the order of JavaScript's `<`. */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for characters beyond U+FFFF, so they come after everything below it. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/**
 * The nodes of a tree, in the order it has them. Fails with `damaged` on anything that is no tree.
 * What cannot be is refused; what merely cannot be restored here (a name with a slash) is not.
 */
export function parseTree(bytes: Uint8Array | string): Node[] {
  if (typeof bytes !== "string" && bytes.length > wholeBytes) return [...largeTree(bytes)];
  return rawNodes(bytes).map(parseNode);
}

/** As `parseTree`, handing the thread over meanwhile: a tree may hold very many nodes. */
export async function parseTreeGently(bytes: Uint8Array): Promise<Node[]> {
  if (bytes.length <= gentleBytes) return rawNodes(bytes).map(parseNode);
  const breathe = breather();
  const nodes: Node[] = [];
  for (const node of largeTree(bytes)) {
    const breath = breathe();
    if (breath) await breath;
    nodes.push(node);
  }
  return nodes;
}

/** A tree that is parsed in a few milliseconds. */
const gentleBytes = 256 * 1024;

function rawNodes(bytes: Uint8Array | string): readonly unknown[] {
  const json = typeof bytes === "string" ? bytes : utf8Text(bytes);
  const tree = parseJson(json);
  const nodes = isObject(tree) ? tree["nodes"] : undefined;
  // Go writes an empty list of nodes as null.
  if (nodes === null) return [];
  if (!Array.isArray(nodes)) throw damaged("it has no nodes");
  return nodes;
}

/** A larger tree is parsed node by node: objects may take twenty times the memory of their text. */
const wholeBytes = 16 * 1024 * 1024;

/** The content of a file of a terabyte takes as much. */
const maxNodeBytes = 64 * 1024 * 1024;

/** No honest folder has more entries. Without an end to them a few kilobytes could fill all memory. */
const maxNodes = 2_000_000;

function* largeTree(bytes: Uint8Array): Generator<Node, void, void> {
  const reader = new JsonReader(bytes);
  let count: number | undefined;
  try {
    for (const name of reader.members()) {
      if (name !== "nodes") {
        reader.skip();
        continue;
      }
      if (count !== undefined) throw damaged("it has its nodes twice");
      count = 0;
      for (const _ of reader.elements()) {
        const node = reader.value();
        if (++count > maxNodes || node.length > maxNodeBytes) throw damaged("it is too large");
        yield parseNode(parseJson(utf8Text(node)));
      }
    }
    reader.end();
  } catch (error) {
    throw error instanceof SyntaxError ? damaged("it is not JSON", error) : error;
  }
  if (count === undefined) throw damaged("it has no nodes");
}

/** Numbers of 16 digits and more may exceed 2^53: they are read as text, so that none is rounded. */
function parseJson(json: string): unknown {
  // Within a string a quote is always behind a backslash, so this finds field names only.
  const text = json.replace(/"(inode|device_id|device|links|size)"\s*:\s*(\d{16,})/g, '"$1":"$2"');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged("it is not JSON", error);
  }
}

/** A name has 255 bytes or UTF-16 units at most; quoted, ten characters for each. */
const maxNameLength = 4096;

type JsonObject = Readonly<Record<string, unknown>>;

function parseNode(node: unknown): Node {
  if (!isObject(node)) throw damaged("a node is no object");
  const type = nodeTypes.find((known) => known === node["type"]);
  if (!type) throw damaged("a node has no known type");
  const quoted = optional(node, "name", isString) ?? "";
  if (quoted.length > maxNameLength) throw damaged("a node's name is too long");
  const name = goUnquote(quoted);
  if (!name || name.text === "") throw damaged("a node has no name");
  const result: Writable<Node> = {
    type,
    name: name.text,
    mode: optional(node, "mode", isCount) ?? 0,
    mtime: optional(node, "mtime", isString) ?? "",
  };
  if (name.bytes) result.nameBytes = name.bytes;
  set(result, "atime", optional(node, "atime", isString));
  set(result, "ctime", optional(node, "ctime", isString));
  set(result, "uid", optional(node, "uid", isCount));
  set(result, "gid", optional(node, "gid", isCount));
  set(result, "user", optional(node, "user", isString));
  set(result, "group", optional(node, "group", isString));
  set(result, "inode", wholeNumber(node, "inode"));
  set(result, "deviceId", wholeNumber(node, "device_id"));
  set(result, "links", number(node, "links"));
  set(result, "attributes", carriedAttributes(node));
  addContents(result, node);
  return result;
}

/** The fields that only some types have. */
function addContents(result: Writable<Node>, node: JsonObject): void {
  if (result.type === "file") {
    result.size = number(node, "size") ?? 0;
    result.content = optional(node, "content", isIdList) ?? [];
  } else if (result.type === "dir") {
    result.subtree = required(node, "subtree", isId);
  } else if (result.type === "symlink") {
    set(result, "linktarget", optional(node, "linktarget", isString));
    const raw = optional(node, "linktarget_raw", isString);
    if (raw !== undefined) result.linktargetBytes = Buffer.from(raw, "base64");
  } else {
    set(result, "device", wholeNumber(node, "device"));
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Sets what is there: absence is `undefined` in this house, and never a key. */
function set<T extends object, K extends keyof T>(
  target: T,
  field: K,
  value: Exclude<T[K], undefined> | undefined,
): void {
  if (value !== undefined) target[field] = value;
}

/** Extended and Windows attributes, as Go would write them again. */
function carriedAttributes(node: JsonObject): string | undefined {
  let text = "";
  for (const field of ["extended_attributes", "generic_attributes"]) {
    const value = node[field];
    if (typeof value === "object" && value !== null)
      text += `,"${field}":${JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escaped)}`;
  }
  return text === "" ? undefined : text;
}

function escaped(character: string): string {
  return goString(character).slice(1, -1);
}

function optional<T>(
  node: JsonObject,
  field: string,
  is: (value: unknown) => value is T,
): T | undefined {
  const value = node[field];
  if (value === undefined || value === null) return undefined;
  if (!is(value)) throw damaged(`a node's ${field} is not what it must be`);
  return value;
}

function required<T>(node: JsonObject, field: string, is: (value: unknown) => value is T): T {
  const value = optional(node, field, is);
  if (value === undefined) throw damaged(`a node has no ${field}`);
  return value;
}

/** A number of 64 bits as decimal text. */
function wholeNumber(node: JsonObject, field: string): string | undefined {
  const value = optional(node, field, isWhole);
  return value === undefined ? undefined : String(value);
}

/** A number that must be exact as a JavaScript number. */
function number(node: JsonObject, field: string): number | undefined {
  const value = optional(node, field, isWhole);
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(Number(value))) throw damaged(`a node's ${field} is too large`);
  return Number(value);
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

function isWhole(value: unknown): value is number | string {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0;
  return typeof value === "string" && /^\d{1,20}$/.test(value) && BigInt(value) < 1n << 64n;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function isIdList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isId);
}

function damaged(what: string, cause?: unknown): RepositoryError {
  return new RepositoryError("damaged", `a tree is damaged: ${what}`, { cause });
}
