import { execFile, type ExecFileException } from "node:child_process";
import { newestProgram } from "./debian.ts";
import { found } from "./process.ts";

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
  return await resticAt(await newestProgram("restic"));
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
