/** Folders of a storage as a file system has them: with names, and there or not. */
import { isFolderEntry } from "../../storage/objects.ts";
import type { ListPage } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import { folderBeside, marked } from "../location.ts";
import type { Listed } from "./folderListings.ts";

/** The Explorer shows a folder whole or not at all; a million names would take it a thousand requests. */
export const mostListed = 10_000;

/** What is of that name: a folder where anything lies below it, or an empty one is kept; else an object. */
export async function typeAt(
  storage: Storage,
  key: string,
): Promise<"file" | "folder" | undefined> {
  const first = await storage.page(key, { shallow: true });
  if (await hasFolder(storage, `${key}/`, first)) return "folder";
  // No other name that begins so comes before it.
  return first.entries.some((entry) => entry.key === key) ? "file" : undefined;
}

/** `first` is the first page of what begins as the folder's name. */
async function hasFolder(storage: Storage, key: string, first: ListPage): Promise<boolean> {
  const isOn = ({ entries }: ListPage) =>
    entries.some((entry) => entry.type === "folder" && entry.key === key);
  if (isOn(first)) return true;
  if (first.cursor === undefined) return false;
  const inside = await storage.page(key, { shallow: true });
  if (inside.entries.length > 0) return true;
  if (!storage.keepsFolders) return false;
  // With nothing in it, it shows only from outside, behind whatever comes before its slash.
  for await (const page of storage.pages(key.slice(0, -1), { shallow: true }))
    if (isOn(page)) return true;
  return false;
}

/** What a folder was listed to hold. */
export interface FolderListing {
  readonly names: readonly Listed[];
  /** Something was listed, be it but the folder's own mark; or there is no need for it. */
  readonly isThere: boolean;
}

/** Names in a folder, as `RemoteFiles.list` tells them. */
export async function listFolder(storage: Storage, prefix: string): Promise<FolderListing> {
  const listed = new Map<string, Listed>();
  let isThere = prefix === "";
  for await (const entry of storage.list(prefix, { shallow: true })) {
    isThere = true;
    // With content it is no folder's mark but an object, and its name in the folder is empty.
    if (entry.key === prefix && isFolderEntry(entry)) continue;
    if (listed.size >= mostListed) break;
    // What makes the path of it when it is put behind this one's.
    const isFolder = entry.type === "folder";
    const name = marked(entry.key.slice(prefix.length, isFolder ? -1 : undefined));
    if (isFolder) {
      listed.set(`${name}/`, { name, type: "folder", state: "" });
      continue;
    }
    const { version, size, modified } = entry;
    const state = version ?? `${size} ${modified?.getTime() ?? ""}`;
    listed.set(name, { name, type: "file", state });
  }
  const names = [...listed.values()].map((one) =>
    one.type === "folder" && listed.has(one.name) ? { ...one, name: folderBeside(one.name) } : one,
  );
  return { names, isThere };
}
