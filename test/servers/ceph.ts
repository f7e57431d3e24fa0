import { execFile } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Answers } from "../../src/storage/provider.ts";
import { certificates } from "./certificates.ts";
import { answers, found, freePort, freePorts, running, type Server } from "./process.ts";

const run = promisify(execFile);

/** Ceph's S3 gateway: path style and bucket names below `localhost`, over http and https. */
export interface Ceph extends Server {
  /** Over http, path style, no bucket chosen. */
  readonly answers: Answers;
  /** The same over https, with a certificate of a private authority. */
  readonly secureAnswers: Answers;
  /** 16 in Debian 12, which has much of S3 not yet; newer ones where they are first on the PATH. */
  readonly version: number;
  /** The authority's certificate, as a path. */
  readonly ca: string;
  /** Answers of a user of its own who may write but neither list nor read. */
  writeOnlyAnswers(): Promise<Answers>;
  /** The one key that its key service has for encryption. */
  readonly encryptionKeyId: string;
  /** Frees at once what deleted objects took, which it else keeps for hours. */
  collectGarbage(): Promise<void>;
  /** Answers of a user who owns nothing, and who policies call by that name. */
  guest(): Promise<{ readonly answers: Answers; readonly principal: string }>;
}

const encryptionKeyId = "offsite-key";

const key = { accessKeyId: "OFFSITETESTKEY", secretAccessKey: "offsite/test+secret" };

/**
 * A monitor, one object store in memory and the gateway, in a directory of their own, ready to
 * serve within seconds. Fails with `Unavailable` where Ceph is not installed.
 */
export async function startCeph(): Promise<Ceph> {
  const programs = {
    mon: found("ceph-mon", "ceph-mon"),
    osd: found("ceph-osd", "ceph-osd"),
    gateway: found("radosgw", "radosgw"),
    admin: found("radosgw-admin", "radosgw"),
    ceph: found("ceph", "ceph-common"),
    monmap: found("monmaptool", "ceph-common"),
    auth: found("ceph-authtool", "ceph-common"),
  };
  const home = await mkdtemp(join(tmpdir(), "offsite-ceph-"));
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).toReversed()) await each();
    await rm(home, { recursive: true, force: true });
  };
  try {
    const tls = await certificates(home);
    // The monitor's port and, behind it, those the object store chooses from.
    const [monitor, http, https] = [await freePorts(8), await freePort(), await freePort()];
    const fsid = randomUUID();
    await configure(home, fsid, { monitor, http, https }, tls);
    await writeFile(join(home, "keyring"), await keyring(programs.auth));
    const own = ["--conf", join(home, "ceph.conf")];

    const address = `[v2:127.0.0.1:${monitor}/0]`;
    const monmap = join(home, "monmap");
    await run(programs.monmap, ["--create", "--fsid", fsid, "--addv", "a", address, monmap]);
    const mkfs = ["--mkfs", "-i", "a", "--monmap", monmap, "--keyring", join(home, "keyring")];
    await run(programs.mon, [...own, ...mkfs]);
    const ceph = async (...args: string[]) =>
      await run(programs.ceph, [...own, "--connect-timeout", "5", ...args]);
    stops.push(
      await running(programs.mon, [...own, "-f", "-i", "a"], () =>
        ceph("-s").then(
          () => true,
          () => false,
        ),
      ),
    );
    const osd = randomUUID();
    await ceph("osd", "new", osd, "0");
    await run(programs.osd, [...own, "--mkfs", "-i", "0", "--osd-uuid", osd]);
    stops.push(await running(programs.osd, [...own, "-f", "-i", "0"], async () => true));
    stops.push(
      await running(
        programs.gateway,
        [...own, "-f", "-n", "client.rgw.offsite"],
        async () => await answers(`http://127.0.0.1:${http}/`),
        { timeoutMs: 60_000 },
      ),
    );
    const admin = async (words: string) => await run(programs.admin, [...own, ...words.split(" ")]);
    await admin(`user create --uid offsite --display-name Offsite ${keyWords(key)}`);
    const plain = { ...key, region: "us-east-1", bucket: "" };
    const { stdout: told } = await run(programs.gateway, ["--version"]);
    return {
      version: Number(/version (\d+)/.exec(told)?.[1]),
      answers: { ...plain, endpoint: `http://localhost:${http}`, addressing: "path" },
      secureAnswers: { ...plain, endpoint: `https://localhost:${https}`, addressing: "path" },
      ca: tls.ca,
      encryptionKeyId,
      writeOnlyAnswers: async () => {
        const secret = { accessKeyId: "OFFSITEWRITEONLY", secretAccessKey: "write/only" };
        await admin(
          `user create --uid writer --display-name Writer --op-mask write ${keyWords(secret)}`,
        );
        return { ...plain, ...secret, endpoint: `http://localhost:${http}`, addressing: "path" };
      },
      collectGarbage: async () => void (await admin("gc process --include-all")),
      guest: async () => {
        const uid = `guest-${randomUUID()}`;
        const secret = { accessKeyId: uid.toUpperCase(), secretAccessKey: "guest/secret" };
        await admin(`user create --uid ${uid} --display-name Guest ${keyWords(secret)}`);
        return {
          answers: {
            ...plain,
            ...secret,
            endpoint: `http://localhost:${http}`,
            addressing: "path",
          },
          principal: `arn:aws:iam:::user/${uid}`,
        };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function keyWords({ accessKeyId, secretAccessKey }: typeof key): string {
  return `--access-key ${accessKeyId} --secret-key ${secretAccessKey}`;
}

interface Ports {
  readonly monitor: number;
  readonly http: number;
  readonly https: number;
}

async function configure(
  home: string,
  fsid: string,
  { monitor, http, https }: Ports,
  tls: { certificate: string; key: string },
): Promise<void> {
  for (const name of ["mon", "osd", "rgw", "log", "run"])
    await mkdir(join(home, name), { recursive: true });
  // The two `paxos` lines make the start take seconds instead of a quarter of a minute;
  // `tcp_nodelay` spares every small answer a delayed acknowledgement.
  await writeFile(
    join(home, "ceph.conf"),
    `
[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${monitor}/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
ms bind port min = ${monitor + 1}
ms bind port max = ${monitor + 30}
keyring = ${home}/keyring
mon data = ${home}/mon
osd data = ${home}/osd
rgw data = ${home}/rgw
run dir = ${home}/run
admin socket = ${home}/run/$name.asok
log file = ${home}/log/$name.log
log to stderr = false
mon allow pool size one = true
mon warn on pool no redundancy = false
mon osd nearfull ratio = 0.95
mon osd backfillfull ratio = 0.96
mon osd full ratio = 0.97
mon data avail warn = 1
mon data avail crit = 1
mon max pg per osd = 1000
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd crush initial weight = 1
osd class load list = *
osd class default list = *
osd objectstore = memstore
memstore device bytes = 4294967296
rgw rados pool pg num min = 1
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = ${encryptionKeyId}=${randomBytes(32).toString("base64")}
paxos propose interval = 0.02
paxos min wait = 0.01
debug mon = 0
debug osd = 0
debug ms = 0
debug rgw = 1

[client.rgw.offsite]
rgw frontends = beast endpoint=127.0.0.1:${http} ssl_endpoint=127.0.0.1:${https} ssl_certificate=${tls.certificate} ssl_private_key=${tls.key} tcp_nodelay=1
rgw dns name = localhost
rgw thread pool size = 64
`,
  );
}

/** The keys the daemons and the administrator know each other by, as this Ceph wants them to be. */
async function keyring(authtool: string): Promise<string> {
  const entry = async (name: string, ...caps: readonly string[]) => {
    const { stdout } = await run(authtool, ["--gen-print-key"]);
    return [`[${name}]`, `key = ${stdout.trim()}`, ...caps.map((cap) => `caps ${cap}`)].join(
      "\n\t",
    );
  };
  const entries = await Promise.all([
    entry("mon.", 'mon = "allow *"'),
    entry("client.admin", 'mon = "allow *"', 'osd = "allow *"', 'mgr = "allow *"'),
    entry("osd.0", 'mon = "allow profile osd"', 'osd = "allow *"'),
    entry("client.rgw.offsite", 'mon = "allow rw"', 'osd = "allow rwx"'),
  ]);
  return [...entries, ""].join("\n");
}
