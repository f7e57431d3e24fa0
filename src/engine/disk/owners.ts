import { readFileSync } from "node:fs";
import { userInfo } from "node:os";

/** The names behind the numbers that files are owned by, as far as this machine tells. */
export interface Owners {
  user(uid: number): string | undefined;
  group(gid: number): string | undefined;
}

/** Reads the user and group lists once. Where there are none, nobody has a name. */
export function readOwners(): Owners {
  const users = namesIn("/etc/passwd");
  const groups = namesIn("/etc/group");
  addOurselves(users);
  return { user: (uid) => users.get(uid), group: (gid) => groups.get(gid) };
}

/** Lines of `name:password:number:…`; the first to name a number counts. */
function namesIn(file: string): Map<number, string> {
  const names = new Map<number, string>();
  if (process.platform === "win32") return names;
  for (const line of readLines(file)) {
    const [name, , number] = line.split(":");
    if (!name || !/^\d+$/.test(number ?? "")) continue;
    if (!names.has(Number(number))) names.set(Number(number), name);
  }
  return names;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    return [];
  }
}

/** Users from a directory service are in no file; the one we run as can be asked for. */
function addOurselves(users: Map<number, string>): void {
  try {
    const { uid, username } = userInfo();
    if (uid >= 0 && !users.has(uid)) users.set(uid, username);
  } catch {
    // A user without an entry anywhere: the number alone is recorded.
  }
}
