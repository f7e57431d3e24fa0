/**
 * What a command needs of the machine, and how it gets there. Everything is looked at first and
 * only what is missing is fetched, so that a second run costs nothing. What cannot be had is named
 * in one line.
 */
import { accessSync, constants, existsSync, lstatSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { project, run } from "./processes.ts";

/** Installs the packages of `package-lock.json` unless exactly those are there. */
export async function nodeModules(): Promise<void> {
  const directory = join(project, "node_modules");
  // A linked directory is shared by several checkouts and looked after elsewhere.
  if (existsSync(directory) && lstatSync(directory).isSymbolicLink()) return;
  if (areInstalled(directory)) return;
  console.log("Installing the packages of package-lock.json.");
  const code = await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    quiet: true,
  });
  if (code !== 0) throw new Error("npm ci failed: the packages of package-lock.json are missing");
}

function areInstalled(directory: string): boolean {
  const wanted = lockedPackages(join(project, "package-lock.json"));
  const there = lockedPackages(join(directory, ".package-lock.json"));
  // npm leaves out optional packages that are made for other machines.
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === "" || optional === true || there[path]?.version === version,
  );
}

function lockedPackages(path: string): Record<string, { version?: string; optional?: boolean }> {
  if (!existsSync(path)) return {};
  // Both files are npm's own, in one format.
  const { packages } = JSON.parse(readFileSync(path, "utf8")) as {
    packages: Record<string, { version?: string; optional?: boolean }>;
  };
  return packages;
}

/** A program that is not ours, the Debian packages that bring it, and what is not possible without. */
interface Program {
  readonly name: string;
  /** By what it is found, if it is no command. */
  readonly file?: string;
  readonly packages: string;
  readonly use: string;
}

export const programs = {
  chromium: {
    name: "chromium",
    packages: "chromium fonts-dejavu-core",
    use: "the tests in VS Code",
  },
  ceph: {
    name: "radosgw",
    packages: "ceph-mon ceph-osd radosgw ceph-common",
    use: "an S3 server",
  },
  swift: {
    name: "swift-proxy-server",
    packages: "swift-proxy swift-account swift-container swift-object memcached",
    use: "a second S3 server",
  },
  moto: {
    name: "what moto is made with",
    file: "/usr/lib/python3/dist-packages/flask_cors/__init__.py",
    packages:
      "python3-boto3 python3-cryptography python3-flask-cors python3-responses python3-xmltodict",
    use: "a third S3 server",
  },
  apache: { name: "apache2", packages: "apache2", use: "a WebDAV server" },
  rclone: { name: "rclone", packages: "rclone", use: "a second WebDAV server" },
  nginx: {
    name: "nginx",
    packages: "nginx libnginx-mod-http-dav-ext",
    use: "a third WebDAV server",
  },
  sabre: {
    name: "sabre/dav",
    file: "/usr/share/php/Sabre/autoload.php",
    packages: "php-sabre-dav libapache2-mod-php",
    use: "a fourth WebDAV server",
  },
  restic: { name: "restic", packages: "restic", use: "the tests against restic" },
  setfattr: { name: "setfattr", packages: "attr", use: "the tests of extended attributes" },
  openssl: { name: "openssl", packages: "openssl", use: "the tests of TLS" },
} satisfies Record<string, Program>;

/**
 * Installs the missing ones of these programs by apt where we may, and says in one line each which
 * are missing still. Returns whether all are there.
 */
export async function installPrograms(wanted: readonly Program[]): Promise<boolean> {
  const missing = wanted.filter((program) => !isThere(program));
  if (missing.length > 0 && mayUseApt()) await aptInstall(missing);
  const stillMissing = missing.filter((program) => !isThere(program));
  for (const { name, packages, use } of stillMissing) {
    console.log(`${name} is missing, so there is no way to have ${use} (Debian: ${packages}).`);
  }
  return stillMissing.length === 0;
}

function isThere({ name, file }: Program): boolean {
  return file === undefined ? isInstalled(name) : existsSync(file);
}

/** Whether this program is on the PATH, or where servers are kept beside it. */
function isInstalled(name: string): boolean {
  // A browser may have been put in by other means and under another name.
  if (name === "chromium" && process.env["CHROME_PATH"]) return true;
  const directories = `${process.env["PATH"] ?? ""}${delimiter}/usr/local/sbin${delimiter}/usr/sbin`;
  return directories.split(delimiter).some((directory) => isExecutable(join(directory, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function mayUseApt(): boolean {
  return process.getuid?.() === 0 && isInstalled("apt-get");
}

async function aptInstall(wanted: readonly Program[]): Promise<void> {
  const packages = wanted.flatMap((program) => program.packages.split(" "));
  console.log(`Installing ${packages.join(", ")} by apt.`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const patience = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"];
  await run("apt-get", [...patience, "update"], { env, quiet: true });
  const install = [...patience, "install", "-y", "--no-install-recommends"];
  const code = await run("apt-get", [...install, ...packages], { env, quiet: true });
  if (code === 0) return;
  // One that this release of Debian lacks does not cost us the others.
  for (const program of wanted)
    await run("apt-get", [...install, ...program.packages.split(" ")], { env, quiet: true });
}

/** Whether a desktop application could show a window here. */
export function hasDisplay(): boolean {
  if (process.platform !== "linux") return true;
  return Boolean(process.env["DISPLAY"] ?? process.env["WAYLAND_DISPLAY"]);
}

/** The desktop VS Code to open a window with, if there is one: the named one, or `code`. */
export function desktopCode(): string | undefined {
  if (!hasDisplay()) return undefined;
  return process.env["VSCODE_EXECUTABLE_PATH"] ?? (isInstalled("code") ? "code" : undefined);
}
