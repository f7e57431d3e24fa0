import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { certificates } from "./certificates.ts";
import {
  answers,
  found,
  freePort,
  inItsHome,
  running,
  type FolderServer,
  Unavailable,
} from "./process.ts";

const run = promisify(execFile);

export interface ApacheOptions {
  readonly auth?: "basic" | "digest";
  /** Speaks TLS, with a certificate signed by `ca`. */
  readonly tls?: boolean;
  /** Where the files are kept; a temporary directory if absent. */
  readonly folder?: string;
}

export interface Apache extends FolderServer {
  /** The private authority's certificate, with `tls`. */
  readonly ca: string | undefined;
}

export const user = "alice";
export const password = "sécret ü:1";

/** Apache's mod_dav; its files belong to www-data if we are root, whom Apache does not serve as. */
export async function startApache(options: ApacheOptions = {}): Promise<Apache> {
  const { auth = "basic", tls = false } = options;
  const program = found("apache2", "apache2");
  return await inItsHome("apache", async (home) => {
    const folder = options.folder ?? join(home, "files");
    for (const name of [folder, join(home, "lock")]) await mkdir(name, { recursive: true });
    await writePasswords(home);
    const port = await freePort();
    const tlsFiles = tls ? await certificates(home) : undefined;
    const configuration = [
      ...common(home, port, folder),
      ...(auth === "basic" ? basic(home) : digest(home)),
      ...(tlsFiles ? secured(tlsFiles) : []),
    ];
    await writeFile(join(home, "httpd.conf"), configuration.join("\n"));
    if (process.getuid?.() === 0) await giveToServer(home, folder);
    const stop = await running(
      program,
      ["-f", join(home, "httpd.conf"), "-D", "FOREGROUND"],
      // To plain HTTP on its TLS port it answers 400, which shows that somebody is there.
      async () => await answers(`http://127.0.0.1:${port}/`),
    );
    const url = `${tls ? "https" : "http"}://127.0.0.1:${port}/dav/`;
    return {
      url,
      folder,
      ca: tlsFiles?.ca,
      answers: { url, user, password, auth },
      stop,
    };
  });
}

async function giveToServer(home: string, folder: string): Promise<void> {
  await chmod(home, 0o755);
  try {
    await run("chown", ["-R", "www-data:www-data", folder, join(home, "lock")]);
  } catch (cause) {
    throw new Unavailable("there is no user www-data for Apache to run as", { cause });
  }
}

async function writePasswords(home: string): Promise<void> {
  // Apache takes {SHA} without any tool of its own; nobody else ever sees these files.
  const sha1 = createHash("sha1").update(password).digest("base64");
  await writeFile(join(home, "basic"), `${user}:{SHA}${sha1}\n`);
  const md5 = createHash("md5").update(`${user}:offsite:${password}`).digest("hex");
  await writeFile(join(home, "digest"), `${user}:offsite:${md5}\n`);
}

const modules = [
  "mpm_event",
  "authn_core",
  "authn_file",
  "authz_core",
  "authz_user",
  "auth_basic",
  "auth_digest",
  "dav",
  "dav_fs",
  "alias",
  "ssl",
  "socache_shmcb",
  "setenvif",
];

function common(home: string, port: number, folder: string): string[] {
  const isRoot = process.getuid?.() === 0;
  return [
    `ServerRoot ${home}`,
    "ServerName localhost",
    `PidFile ${home}/pid`,
    `ErrorLog ${home}/error.log`,
    `DefaultRuntimeDir ${home}`,
    `Mutex file:${home}/lock default`,
    `Listen 127.0.0.1:${port}`,
    ...(isRoot ? ["User www-data", "Group www-data"] : []),
    ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
    "StartServers 1",
    "ServerLimit 2",
    "ThreadsPerChild 25",
    "MaxRequestWorkers 50",
    "KeepAlive On",
    "MaxKeepAliveRequests 0",
    "AllowEncodedSlashes NoDecode",
    `DavLockDB ${home}/lock/locks`,
    "LimitXMLRequestBody 0",
    `Alias /dav "${folder}"`,
    "Redirect 301 /moved/ /dav/",
    `<Directory "${folder}">`,
    "Require all denied",
    "</Directory>",
  ];
}

function basic(home: string): string[] {
  return protectedBy(["AuthType Basic", `AuthUserFile ${home}/basic`]);
}

function digest(home: string): string[] {
  return protectedBy([
    "AuthType Digest",
    "AuthDigestDomain /dav/",
    "AuthDigestProvider file",
    // So short that clients meet challenges that have run out.
    "AuthDigestNonceLifetime 2",
    `AuthUserFile ${home}/digest`,
  ]);
}

function protectedBy(lines: readonly string[]): string[] {
  return [
    "<Location /dav>",
    "Dav On",
    ...lines,
    "AuthName offsite",
    "Require valid-user",
    "</Location>",
  ];
}

function secured({ certificate, key }: { certificate: string; key: string }): string[] {
  return ["SSLEngine on", `SSLCertificateFile ${certificate}`, `SSLCertificateKeyFile ${key}`];
}
