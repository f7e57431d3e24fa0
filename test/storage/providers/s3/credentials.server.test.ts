import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { never } from "../../../../src/base/abort.ts";
import { text, utf8 } from "../../../../src/base/bytes.ts";
import { openStorage } from "../../../../src/storage/open.ts";
import type { Answers } from "../../../../src/storage/provider.ts";
import { s3 } from "../../../../src/storage/providers/s3/s3.ts";
import { orSkip } from "../../../servers/process.ts";
import { type Faults, startFaults } from "../../../servers/faults.ts";
import { type Internet, startInternet } from "../../../servers/internet.ts";
import { sharedCeph } from "../../../servers/shared.ts";
import { failsWith } from "../../failsWith.ts";
import { withBucket } from "../../../servers/buckets.ts";

describe("S3 with a profile of Amazon's tools", function () {
  this.timeout(60_000);
  let internet: Internet | undefined;
  const environment = { ...process.env };
  let home: string;
  let faults: Faults;
  let answers: Answers;
  let keys: { readonly id: string; readonly secret: string };

  before(async function () {
    const ceph = await orSkip(this, sharedCeph);
    home = await mkdtemp(join(tmpdir(), "offsite-aws-"));
    await mkdir(join(home, ".aws", "sso", "cache"), { recursive: true });
    process.env["HOME"] = home;
    for (const name of Object.keys(process.env))
      if (name.startsWith("AWS_")) delete process.env[name];
    faults = await startFaults(String(ceph.answers["endpoint"]));
    const made = await withBucket(ceph.answers);
    keys = { id: String(made["accessKeyId"]), secret: String(made["secretAccessKey"]) };
    const { bucket, region } = made;
    answers = {
      bucket,
      region,
      endpoint: faults.origin,
      addressing: "path",
      credentials: "profile",
    };
  });
  beforeEach(() => faults.rule(() => undefined));
  afterEach(async () => await internet?.stop());
  after(async () => {
    for (const name of Object.keys(process.env))
      if (!(name in environment)) delete process.env[name];
    Object.assign(process.env, environment);
    await faults?.stop();
    if (home) await rm(home, { recursive: true, force: true });
  });

  const config = async (lines: readonly string[]) =>
    await writeFile(join(home, ".aws", "config"), `${lines.join("\n")}\n`);
  const open = async (profile: string, more: Answers = {}) =>
    await openStorage(
      { provider: s3, preset: "other", answers: { ...answers, profile, ...more } },
      () => {},
      { attempts: 1 },
    );

  /** A program that hands out keys, and how often it was asked. */
  const program = async (expiresInMs?: number) => {
    const script = join(home, "keys.sh");
    const expiration =
      expiresInMs === undefined
        ? ""
        : `,"Expiration":"${new Date(Date.now() + expiresInMs).toISOString()}"`;
    const reply = `{"Version":1,"AccessKeyId":"${keys.id}","SecretAccessKey":"${keys.secret}"${expiration}}`;
    await writeFile(script, `#!/bin/sh\necho asked >> ${home}/asked\ncat <<'.'\n${reply}\n.\n`);
    await chmod(script, 0o700);
    await rm(join(home, "asked"), { force: true });
    await config(["[profile program]", `credential_process = ${script}`]);
  };
  const timesAsked = async () => {
    const lines = await readFile(join(home, "asked"), "utf8").catch(() => "");
    return lines.split("\n").length - 1;
  };

  it("asks its program for a key, once, and works with it", async () => {
    await program(3_600_000);
    const storage = await open("program");
    await Promise.all(["a", "b", "c"].map((key) => storage.write(key, utf8(key))));
    assert.equal(text(await storage.bytes("b")), "b");
    // By the SDK, too.
    await storage.copy("a", "copied");
    assert.equal(await timesAsked(), 1);
    // A key of the connection, left over from before, is not used.
    const mixed = await open("program", { accessKeyId: "NOBODY", secretAccessKey: "nothing" });
    assert.equal(text(await mixed.bytes("b")), "b");
  });

  it("asks for another key before the one it has ends", async () => {
    const { now } = Date;
    await program(600_000);
    const storage = await open("program");
    await storage.write("soon", utf8("x"));
    await storage.bytes("soon");
    assert.equal(await timesAsked(), 1);
    // Not so far that the server's clock would object.
    Date.now = () => now() + 450_000;
    try {
      await program(3_600_000);
      await storage.bytes("soon");
      await storage.bytes("soon");
      assert.equal(await timesAsked(), 1, "of the other key");
    } finally {
      Date.now = now;
    }
  });

  it("asks for another key where the service no longer takes the one it has", async () => {
    await program();
    const storage = await open("program");
    const good = keys;
    keys = { id: "GONE", secret: "gone" };
    await program();
    const expired = "<Error><Code>ExpiredToken</Code></Error>";
    faults.rule(({ headers: { authorization = "" } }) =>
      authorization.includes("GONE") ? { type: "answer", status: 400, body: expired } : undefined,
    );
    const refused = { kind: "signed-out", reason: "expired", field: "sessionToken" } as const;
    await failsWith(refused, storage.bytes("soon"));
    keys = good;
    await program();
    assert.equal(text(await storage.bytes("soon")), "x");
  });

  it("reads the profile anew once its key has been exchanged in the file", async () => {
    const write = async (id: string, secret: string, token = "") =>
      await writeFile(
        join(home, ".aws", "credentials"),
        `[temporary]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n${token}`,
      );
    await write("GONE", "gone", "aws_session_token = over\n");
    const storage = await open("temporary");
    for (const [code, reason, field] of [
      ["ExpiredToken", "expired", "sessionToken"],
      ["InvalidAccessKeyId", "wrong-user", "accessKeyId"],
    ] as const) {
      const body = `<Error><Code>${code}</Code></Error>`;
      faults.rule(({ headers: { authorization = "" } }) =>
        authorization.includes("GONE") ? { type: "answer", status: 403, body } : undefined,
      );
      await write("GONE", "gone", "aws_session_token = over\n");
      const fresh = await open("temporary");
      await failsWith({ kind: "signed-out", reason, field }, fresh.page(""));
      await write(keys.id, keys.secret);
      assert.ok(await fresh.page(""), "by the key that is in the file now");
    }
    assert.ok(await storage.page(""));
    await rm(join(home, ".aws", "credentials"));
  });

  it("gives links no longer than its key lasts", async () => {
    await program(3_600_000);
    const { links } = (await open("program")).extras;
    const { longestSeconds = 0, keyEnds } = (await links?.lifetime({ signal: never })) ?? {};
    assert.ok(links && keyEnds instanceof Date);
    assert.ok(longestSeconds > 3500 && longestSeconds <= 3600, String(longestSeconds));
    const link = await links.get({ key: "soon", seconds: 600, signal: never });
    assert.equal(await (await fetch(link)).text(), "x");
    await failsWith(
      { kind: "invalid", message: /lasts from 1 to 35\d\d seconds/ },
      links.get({ key: "soon", seconds: 7200, signal: never }),
    );
  });

  it("assumes a role, through our own way to the network", async () => {
    const key = ["aws_access_key_id = SOURCE", "aws_secret_access_key = source"];
    await config([
      "[profile source]",
      ...key,
      "[profile role]",
      "role_arn = arn:aws:iam::123456789012:role/backup",
      "source_profile = source",
      "region = eu-west-1",
    ]);
    const asked: string[] = [];
    const until = new Date(Date.now() + 3_600_000).toISOString();
    internet = await startInternet(async (request) => {
      asked.push(`${new URL(request.url).host} ${await request.text()}`);
      return new Response(
        `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>${keys.id}</AccessKeyId><SecretAccessKey>${keys.secret}</SecretAccessKey><Expiration>${until}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
        { headers: { "content-type": "text/xml" } },
      );
    });
    const storage = await open("role");
    assert.equal(text(await storage.bytes("soon")), "x");
    await storage.stat("soon");
    assert.equal(asked.length, 1);
    assert.match(asked[0] ?? "", /^sts\.eu-west-1\.amazonaws\.com .*RoleArn=arn%3Aaws%3Aiam/);
  });

  it("signs in by SSO, and says what to do when that has ended", async () => {
    const session = ["sso_start_url = https://example.awsapps.com/start", "sso_region = eu-west-1"];
    await config([
      "[profile sso]",
      ...session,
      "sso_account_id = 123456789012",
      "sso_role_name = reader",
    ]);
    const name = createHash("sha1").update("https://example.awsapps.com/start").digest("hex");
    const cached = async (expiresAt: Date) =>
      await writeFile(
        join(home, ".aws", "sso", "cache", `${name}.json`),
        JSON.stringify({ accessToken: "token", expiresAt: expiresAt.toISOString() }),
      );
    const tokens: (string | null)[] = [];
    internet = await startInternet(({ url, headers }) => {
      if (!new URL(url).host.startsWith("portal.sso.")) {
        tokens.push(headers.get("x-amz-security-token"));
        return new Response("x", { headers: { "content-length": "1" } });
      }
      const expiration = Date.now() + 3_600_000;
      const roleCredentials = {
        accessKeyId: keys.id,
        secretAccessKey: keys.secret,
        sessionToken: "of the session",
        expiration,
      };
      return Response.json({ roleCredentials });
    });
    const ended = {
      kind: "signed-out",
      reason: "profile-signed-out",
      field: "profile",
      message: /aws sso login/,
    } as const;
    // Ceph would have to know the token; it is enough that it comes along.
    const storage = await open("sso", { endpoint: "https://s3.test" });
    await failsWith(ended, storage.bytes("soon"));
    await cached(new Date(Date.now() - 1000));
    await failsWith(ended, storage.bytes("soon"));
    assert.deepEqual(tokens, [], "nothing is sent without a key");
    // Somebody has signed in again.
    await cached(new Date(Date.now() + 3_600_000));
    await storage.bytes("soon");
    assert.deepEqual(tokens, ["of the session"]);
  });

  it("names the profile where there is none, or one that asks for a second factor", async () => {
    await config([
      "[profile source]",
      "aws_access_key_id = SOURCE",
      "aws_secret_access_key = source",
      "[profile mfa]",
      "role_arn = arn:aws:iam::123456789012:role/backup",
      "source_profile = source",
      "mfa_serial = arn:aws:iam::123456789012:mfa/me",
    ]);
    const unusable = { kind: "signed-out", reason: "profile-unusable", field: "profile" } as const;
    await failsWith(unusable, (await open("missing")).bytes("soon"));
    await failsWith({ ...unusable, message: /multi-factor/ }, (await open("mfa")).bytes("soon"));
    await failsWith({ kind: "invalid", field: "profile" }, open(""));
  });
});
