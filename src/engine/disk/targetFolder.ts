/** A local folder into which files of a transfer come. */
import { lstat, readdir, rm, writeFile } from "node:fs/promises";
import { kindAt, makeFolderBelow, pathBelow } from "./localFiles.ts";
import { hiddenName, isHidden } from "./placing.ts";

export interface TargetFolder {
  readonly root: string;
  /** Where it is below the root. */
  readonly segments: readonly string[];
  /** Its real path. */
  readonly path: string;
  /** False if nothing of that name was there when it was opened. */
  mayHold(name: string): boolean;
}

/** The names of so many are remembered; where there are more, each file is looked for. */
const namesAtMost = 10_000;
/** Without a byte for so long, nobody will take a partial file up again. */
const abandonedAfterMs = 14 * 24 * 60 * 60 * 1000;

/**
 * Makes the folder, without following links out of the root, and removes the partial files in it
 * that nobody has touched for two weeks.
 */
export async function openTargetFolder(
  root: string,
  segments: readonly string[],
  now: Date,
): Promise<TargetFolder> {
  const path = await makeFolderBelow(root, segments);
  const names = await readdir(path).catch(() => undefined);
  for (const one of names?.map((name) => pathBelow(path, [name])).filter(isHidden) ?? [])
    await removeAbandoned(one, now);
  const known = names && names.length <= namesAtMost ? new Set(names.map(foldedName)) : undefined;
  return { root, segments, path, mayHold: (name) => known?.has(foldedName(name)) ?? true };
}

/**
 * Whether two names in the folder are one if only their case differs. A stick, a share or a disk of
 * Windows may be so on any computer, so a file is made there to see.
 */
export async function ignoresCase(folder: string): Promise<boolean> {
  if (process.platform === "win32" || process.platform === "darwin") return true;
  const name = hiddenName();
  const path = pathBelow(folder, [name]);
  try {
    await writeFile(path, "", { flag: "wx" });
    return (await kindAt(pathBelow(folder, [name.toUpperCase()]))) !== "nothing";
  } catch {
    // Then no file will come into it either.
    return false;
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}

/** The same for names that some file system takes for one. */
export function foldedName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

async function removeAbandoned(path: string, now: Date): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isFile()) return;
  // The one is what it says, which may be the time of its object; the other nobody can set.
  const touchedMs = Math.max(found.mtimeMs, found.ctimeMs);
  if (now.getTime() - touchedMs > abandonedAfterMs) await rm(path, { force: true });
}
