import { execFile, type ExecFileException } from "node:child_process";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { found, Unavailable } from "./process.ts";

/** A restic program, and how to run it on a repository. */
export interface Restic {
  /** e.g. "0.19.1". */
  readonly version: string;
  /** Where it lies. */
  readonly program: string;
  /** Runs it and returns what it printed; fails, with what it complained of, on a non-zero end. */
  run(repository: ResticRepository, ...args: readonly string[]): Promise<string>;
}

export interface ResticRepository {
  /** As restic names it: a path, `s3:http://…`, `rclone:…`. */
  readonly location: string;
  readonly passphrase: string;
  /** Secrets and the like. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The restic of the machine's own Debian. */
export async function debianRestic(): Promise<Restic> {
  return await resticAt(found("restic", "restic"));
}

/** The newest restic, from Debian's unstable packages; kept in the download cache. */
export async function newestRestic(): Promise<Restic> {
  const cache = process.env["OFFSITE_CACHE"] ?? join(homedir(), ".cache", "offsite-dev");
  const folder = join(cache, "restic");
  const program = join(folder, "usr", "bin", "restic");
  if (!(await isThere(program))) await download("restic", folder);
  return await resticAt(program);
}

async function resticAt(program: string): Promise<Restic> {
  const version = /restic (\S+)/.exec(await output(program, ["version"], process.env))?.[1] ?? "?";
  return {
    version,
    program,
    run: async ({ location, passphrase, env }, ...args) =>
      await output(program, ["--repo", location, "--no-cache", ...args], {
        ...process.env,
        RESTIC_PASSWORD: passphrase,
        ...env,
      }),
  };
}

async function output(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  return await new Promise((resolve, reject) => {
    const finish = (error: ExecFileException | null, stdout: string, stderr: string) => {
      if (!error) resolve(stdout);
      else reject(new Error(`${program} ${args.join(" ")}\n${stdout}${stderr}`, { cause: error }));
    };
    execFile(program, args, { env, maxBuffer: 256 * 1024 * 1024, timeout: 300_000 }, finish);
  });
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
    await output("/bin/sh", ["-c", script, "sh", work, ...options], process.env);
    await mkdir(join(folder, ".."), { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await output("cp", ["-r", join(work, "unpacked"), `${folder}.${process.pid}`], process.env);
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
  throw new Unavailable("the newest restic comes from Debian, and this machine names no mirror");
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
