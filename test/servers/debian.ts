import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Unavailable } from "./process.ts";

const run = promisify(execFile);

/**
 * The newest `program`, from the package of the same name in Debian's unstable release; kept in the
 * download cache. Fails with `Unavailable` where Debian cannot be reached.
 */
export async function newestProgram(program: string): Promise<string> {
  const path = join("usr", "bin", program);
  return join(await newestPackage(program, path), path);
}

/** The folder in which that release's `debianPackage` lies unpacked, which has this `file` in it. */
export async function newestPackage(debianPackage: string, file: string): Promise<string> {
  const cache = process.env["OFFSITE_CACHE"] ?? join(homedir(), ".cache", "offsite-dev");
  const folder = join(cache, debianPackage);
  if (!(await isThere(join(folder, file)))) await download(debianPackage, folder);
  return folder;
}

/** Unpacks `debianPackage` of Debian's unstable release into `folder`, without installing it. */
async function download(debianPackage: string, folder: string): Promise<void> {
  const mirror = await debianMirror();
  const work = await mkdtemp(join(tmpdir(), "offsite-apt-"));
  try {
    for (const needed of ["lists/partial", "cache/archives/partial"])
      await mkdir(join(work, needed), { recursive: true });
    const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    const list = join(work, "sources.list");
    await writeFile(list, `deb [signed-by=${keyring}] ${mirror} sid main\n`);
    const options = [
      `Dir::Etc::sourcelist=${list}`,
      `Dir::Etc::sourceparts=/dev/null`,
      `Dir::State::Lists=${work}/lists`,
      `Dir::Cache=${work}/cache`,
      `Acquire::Check-Valid-Until=false`,
      // apt gives up root for a user who may not enter our folder.
      `APT::Sandbox::User=root`,
    ].flatMap((option) => ["-o", option]);
    const script = `cd "$1" && shift && apt-get "$@" update && apt-get "$@" download ${debianPackage} && dpkg -x ${debianPackage}_*.deb unpacked`;
    await run("/bin/sh", ["-c", script, "sh", work, ...options], { timeout: 300_000 });
    await mkdir(join(folder, ".."), { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await run("cp", ["-r", join(work, "unpacked"), `${folder}.${process.pid}`]);
    await rename(`${folder}.${process.pid}`, folder);
  } catch (error) {
    throw new Unavailable(`${debianPackage} cannot be downloaded: ${String(error).slice(0, 300)}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function debianMirror(): Promise<string> {
  const folder = "/etc/apt/sources.list.d";
  const files = (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
  for (const file of ["/etc/apt/sources.list", ...files]) {
    const text = await readFile(file, "utf8").catch(() => "");
    const mirror = /^\s*(?:deb|URIs:)\s+(?:\[.*\]\s+)?(https?:\S+)/m.exec(text)?.[1];
    if (mirror !== undefined) return mirror;
  }
  throw new Unavailable("the newest programs come from Debian, and this machine names no mirror");
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
