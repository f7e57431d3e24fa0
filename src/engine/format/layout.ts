import type { ObjectInfo } from "../../storage/objects.ts";
import type { Storage } from "../../storage/storage.ts";

/** The kinds of files a repository consists of, apart from its one `config`. */
export type FileType = "keys" | "locks" | "snapshots" | "index" | "data";

/** 32 bytes as the format writes them: 64 lower-case hex digits. */
export const idPattern = /^[0-9a-f]{64}$/;

/** Where the file `id` lies, seen from the repository's folder. */
export function fileKey(type: FileType, id: string): string {
  return type === "data" ? `data/${id.slice(0, 2)}/${id}` : `${type}/${id}`;
}

/** Behind every pack: `data/` is followed by hex digits. */
const behindData = "data/g";

/** The types of which a repository has few files, and which stand behind its packs. */
const smallTypes = ["index", "locks", "snapshots"] as const;
export type SmallType = (typeof smallTypes)[number];

/** All index, lock and snapshot files by id, in one listing. The storage must be able to `listAfter`. */
export async function listSmallFiles(
  storage: Storage,
  signal: AbortSignal,
): Promise<Readonly<Record<SmallType, Map<string, ObjectInfo>>>> {
  const files = { index: new Map(), locks: new Map(), snapshots: new Map() };
  for await (const entry of storage.list("", { after: behindData, signal })) {
    const [folder = "", id = ""] = entry.key.split("/");
    const type = smallTypes.find((each) => each === folder);
    if (type && entry.type === "object" && idPattern.test(id) && entry.key === fileKey(type, id))
      files[type].set(id, entry);
  }
  return files;
}

/** The files of `type` by id. Names that are no ids belong to someone else and are passed over. */
export async function listFiles(
  storage: Storage,
  type: FileType,
  signal: AbortSignal,
): Promise<Map<string, ObjectInfo>> {
  const files = new Map<string, ObjectInfo>();
  for await (const entry of storage.list(`${type}/`, { signal })) {
    if (entry.type !== "object") continue;
    const id = entry.key.slice(entry.key.lastIndexOf("/") + 1);
    if (idPattern.test(id) && entry.key === fileKey(type, id)) files.set(id, entry);
  }
  return files;
}
