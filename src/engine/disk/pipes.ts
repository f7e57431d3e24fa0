import { execFile } from "node:child_process";
import { chmodSync, lchownSync, utimesSync } from "node:fs";
import { promisify } from "node:util";
import { moveAside, type FinishFile } from "./fileWriter.ts";
import { lstatIfThere } from "./fileComparison.ts";
import { FolderGuard } from "./localPath.ts";

/** Why a named pipe cannot be made here, or undefined if it can be tried. */
export function pipeProblem(targetBytes: Uint8Array | undefined): string | undefined {
  if (process.platform === "win32") return "Windows has no named pipes among its files";
  return targetBytes && "it is a named pipe whose name is not valid Unicode";
}

/**
 * Makes a named pipe, keeping aside what it replaces. Node has no call for it, so this is done by the
 * `mkfifo` that every Unix has. Fails like a system call.
 */
export async function writePipe(
  root: string,
  target: string,
  { metadata, kept }: FinishFile,
): Promise<void> {
  new FolderGuard(root).check(target);
  if (kept !== undefined) moveAside(target, kept);
  // The target is absolute: it cannot be taken for an option.
  await promisify(execFile)("mkfifo", ["-m", "600", target]);
  if (!metadata || lstatIfThere(target)?.isFIFO() !== true) return;
  const { mode, atime, mtime, owner } = metadata;
  if (owner) lchownSync(target, owner.uid, owner.gid);
  chmodSync(target, mode);
  utimesSync(target, atime, mtime);
}
