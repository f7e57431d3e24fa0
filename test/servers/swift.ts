import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { answers, found, freePort, running, type Server } from "./process.ts";

const run = promisify(execFile);

const rings = ["object", "container", "account"] as const;
type Ring = (typeof rings)[number];

/** Not the one that everybody takes for granted. */
const region = "eu-test-1";

/**
 * OpenStack Swift with its S3 middleware: an implementation of S3 that shares no line with Ceph's,
 * and leaves much out. Fails with `Unavailable` where it is not installed.
 */
export async function startSwift(): Promise<Server> {
  const memcached = found("memcached", "memcached");
  const programs = {
    proxy: found("swift-proxy-server", "swift-proxy"),
    object: found("swift-object-server", "swift-object"),
    container: found("swift-container-server", "swift-container"),
    account: found("swift-account-server", "swift-account"),
  };
  const builder = found("swift-ring-builder", "swift-proxy");
  const home = await mkdtemp(join(tmpdir(), "offsite-swift-"));
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    await Promise.all(stops.splice(0).map((each) => each()));
    await rm(home, { recursive: true, force: true });
  };
  try {
    for (const folder of ["srv/d1", "run"]) await mkdir(join(home, folder), { recursive: true });
    await writeFile(join(home, "swift.conf"), common);
    const cachePort = await freePort();
    stops.push(
      await running(
        memcached,
        ["-u", userInfo().username, "-l", "127.0.0.1", "-p", String(cachePort), "-U", "0"],
        async () => true,
      ),
    );
    const ports: Record<Ring, number> = {
      object: await freePort(),
      container: await freePort(),
      account: await freePort(),
    };
    await Promise.all(
      rings.map(async (ring) => {
        const port = ports[ring];
        const path = join(home, `${ring}.conf`);
        await writeFile(path, storageServer(home, ring, port));
        const build = async (...args: string[]) =>
          await run(builder, [join(home, `${ring}.builder`), ...args]);
        await build("create", "4", "1", "1");
        await build("add", `r1z1-127.0.0.1:${port}/d1`, "1");
        // It warns, by its exit code, that a single device is a risk.
        await build("rebalance").catch(() => {});
        stops.push(
          await running(
            programs[ring],
            [path],
            () => answers(`http://127.0.0.1:${port}/recon/mem`),
            {
              timeoutMs: 60_000,
            },
          ),
        );
      }),
    );
    const port = await freePort();
    await writeFile(join(home, "proxy.conf"), proxyServer(home, port, cachePort));
    stops.push(
      await running(
        programs.proxy,
        [join(home, "proxy.conf")],
        () => answers(`http://127.0.0.1:${port}/healthcheck`),
        { timeoutMs: 60_000 },
      ),
    );
    return {
      answers: {
        endpoint: `http://localhost:${port}`,
        region,
        bucket: "",
        accessKeyId: "test:tester",
        secretAccessKey: "testing",
        addressing: "path",
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const common = `
[swift-hash]
swift_hash_path_prefix = offsite
swift_hash_path_suffix = offsite
[storage-policy:0]
name = gold
default = yes
`;

function server(home: string, port: number): string {
  return `
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${userInfo().username}
swift_dir = ${home}
devices = ${home}/srv
mount_check = false
workers = 0
fallocate_reserve = 0
disable_fallocate = true
log_level = WARNING
log_address = ${home}/run/log
`;
}

function storageServer(home: string, ring: Ring, port: number): string {
  return `${server(home, port)}
[pipeline:main]
pipeline = ${ring}-server
[app:${ring}-server]
use = egg:swift#${ring}
allow_versions = true
`;
}

const filters = [
  "catch_errors",
  "gatekeeper",
  "healthcheck",
  "cache",
  "listing_formats",
  "bulk",
  "s3api",
  "tempauth",
  "copy",
  "slo",
  "dlo",
  "versioned_writes",
  "symlink",
];

function proxyServer(home: string, port: number, cachePort: number): string {
  const own: Readonly<Record<string, string>> = {
    cache: `memcache_servers = 127.0.0.1:${cachePort}`,
    s3api: `dns_compliant_bucket_names = true\nlocation = ${region}\nstorage_domain = localhost`,
    tempauth: "storage_url_scheme = http\nuser_test_tester = testing .admin",
    versioned_writes: "allow_versioned_writes = true\nallow_object_versioning = true",
  };
  const sections = filters.map((name) => {
    const entry = name === "cache" ? "memcache" : name;
    return `[filter:${name}]\nuse = egg:swift#${entry}\n${own[name] ?? ""}\n`;
  });
  return `${server(home, port)}
[pipeline:main]
pipeline = ${filters.join(" ")} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
${sections.join("")}`;
}
