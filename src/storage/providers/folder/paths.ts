import { lstat, mkdir, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { StorageError } from "../../errors.ts";
import { isOtherCase, nameOf, nameProblem, parentOf } from "../../paths.ts";
import { codeOf } from "./errors.ts";

/** Keys as paths beneath one folder, and never beyond it. */
export interface Paths {
  readonly root: string;
  /**
   * The real path of what lies at `key` (the folder itself for an empty key), every symbolic link
   * followed. Fails as the file system does if nothing is there, with `denied` if a link leads out
   * of the folder, and with `not-found` if the folder itself is missing, or if the disk, not telling
   * upper from lower case, answers for a name that was not asked for.
   */
  resolve(key: string): Promise<string>;
  /** The same for a folder that is made, with its parents, if it is missing. */
  make(key: string): Promise<string>;
  /** Whether a symbolic link stands in the place of the folder `key`, or of one on the way to it. */
  leadsElsewhere(key: string): Promise<boolean>;
}

/** What `root` (absolute) holds. The folder is not made: if it is missing, a share may not be mounted. */
export function pathsBeneath(root: string): Paths {
  async function resolve(key: string): Promise<string> {
    const path = join(root, key);
    const [base, real] = await Promise.allSettled([realpath(root), realpath(path)]);
    if (base.status === "rejected") throw missing(base.reason);
    if (real.status === "rejected") throw real.reason;
    const expected = join(base.value, key);
    // The disk has answered for another name than was asked for.
    if (isOtherCase(real.value, expected)) throw otherCase(key);
    if (!isWithin(real.value, base.value))
      throw new StorageError("denied", `a link leads out of the folder: ${JSON.stringify(key)}`);
    return real.value;
  }

  function missing(cause: unknown): unknown {
    if (codeOf(cause) !== "ENOENT") return cause;
    return new StorageError("not-found", `there is no folder ${root}`, {
      reason: "no-container",
      field: "path",
      cause,
    });
  }

  async function make(key: string): Promise<string> {
    try {
      return await resolve(key);
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || key === "") throw error;
    }
    // Parents first, each checked, so that no folder is ever made behind a link that leads out.
    const parent = await make(parentOf(key));
    await mkdir(join(parent, nameOf(key))).catch((error: unknown) => {
      if (codeOf(error) !== "EEXIST") throw error;
    });
    return await resolve(key);
  }

  async function leadsElsewhere(key: string): Promise<boolean> {
    if (key === "") return false;
    const stats = await lstat(join(root, key.replace(/\/$/, "")));
    return stats.isSymbolicLink() || (await leadsElsewhere(parentOf(key)));
  }

  return { root, resolve, make, leadsElsewhere };
}

/** What a name must not be to name a file or folder on `platform`; undefined if it is good. */
export function localNameProblem(
  name: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const problem = nameProblem(name);
  if (problem !== undefined || platform !== "win32") return problem;
  if (refusedByWindows.test(name)) return 'holds none of < > : " | ? * \\ on Windows';
  // Windows drops them silently: `a.` would be `a`.
  if (/[. ]$/.test(name)) return "does not end in a dot or a space on Windows";
  return devicesOfWindows.test(name) ? "is not that of a device on Windows" : undefined;
}

// oxlint-disable-next-line no-control-regex -- Control characters are what Windows refuses.
const refusedByWindows = /[<>:"|?*\\\u0000-\u001f]/;
const devicesOfWindows = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i;

function isWithin(path: string, base: string): boolean {
  return path === base || path.startsWith(base.endsWith(sep) ? base : base + sep);
}

function otherCase(key: string): StorageError {
  const text = `${JSON.stringify(key)} is there in other letter case, which this disk takes as the same`;
  return new StorageError("not-found", text, { reason: "invalid-name" });
}
