import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findConnections, type Unlock } from "../../../src/app/imports/search.ts";

/** As rclone 1.60 has written it, with the password "open sesame". */
const encrypted = `# Encrypted rclone configuration File

RCLONE_ENCRYPT_V0:
uh5yVnYmyxAF93AQ3vjQ4+bat7I0XBxtEv0pSUwPrpagffm6MopDTbjxRP1w9lYfvxIvipYPk1qHujLJtwJG999SYZwIbiXLGqiyXrPzzKEnDWJV5yFYU8J7EIiY11ZsvWlNOVVad9NP5uL6Fm59OHUtyBxVEDn1DpmMjYeI4dGRvpb//4I6VR6OWn5DqV4AeOUVWZKoO2QqGDE=
`;

const noPassword: Unlock = async () => undefined;

describe("looking for connections on this computer", () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), "offsite-imports-"))));
  afterEach(() => rmSync(home, { recursive: true }));

  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  };
  const names = async (
    environment: Readonly<Record<string, string>> = {},
    platform = "linux",
    unlock: Unlock = noPassword,
  ) =>
    (await findConnections({ platform, home, environment }, unlock)).map((one) =>
      one.type === "unreadable"
        ? [one.file.slice(home.length + 1), one.reason, one.line]
        : [one.source, one.name, one.type],
    );

  it("finds nothing on an empty one", async () => {
    assert.deepEqual(await names(), []);
  });

  it("finds what each program has", async () => {
    write(".aws/credentials", "[work]\naws_access_key_id = A\naws_secret_access_key = a\n");
    write(".aws/config", "[profile sso]\nsso_start_url = https://x\n");
    write(".config/rclone/rclone.conf", "[disk]\ntype = alias\nremote = /mnt/disk\n");
    write(".s3cfg", "[default]\naccess_key = K\nsecret_key = k\n");
    write(".mc/config.json", '{"aliases":{"nas":{"url":"http://nas","accessKey":"n"}}}');
    write(
      ".duck/bookmarks/1.duck",
      "<plist><dict><key>Protocol</key><string>davs</string><key>Hostname</key><string>h</string></dict></plist>",
    );
    write(".duck/bookmarks/readme.txt", "not a bookmark");
    write(".netrc", "machine h login ada password p");
    assert.deepEqual(await names({ AWS_ACCESS_KEY_ID: "E", AWS_SECRET_ACCESS_KEY: "e" }), [
      ["aws", "sso", "connection"],
      ["aws", "work", "connection"],
      ["environment", "AWS environment", "connection"],
      ["rclone", "disk", "connection"],
      ["s3cmd", "s3cmd", "connection"],
      ["minio-client", "nas", "connection"],
      ["cyberduck", "h", "connection"],
    ]);
    const [last] = (
      await findConnections({ platform: "linux", home, environment: {} }, noPassword)
    ).toReversed();
    assert.deepEqual(last?.type === "connection" && last.answers, {
      url: "https://h",
      user: "ada",
      password: "p",
    });
  });

  it("looks where the environment and the platform say", async () => {
    write("elsewhere/rclone.conf", "[disk]\ntype = alias\nremote = /mnt/disk\n");
    write("AppData/Roaming/s3cmd.ini", "[default]\naccess_key = K\n");
    write("mc/config.json", '{"hosts":{"nas":{"url":"http://nas","accessKey":"n"}}}');
    const environment = { RCLONE_CONFIG: join(home, "elsewhere/rclone.conf") };
    assert.deepEqual(await names(environment, "win32"), [
      ["rclone", "disk", "connection"],
      ["s3cmd", "s3cmd", "connection"],
      ["minio-client", "nas", "connection"],
    ]);
  });

  it("goes on when a file is damaged, names file and line, and not what stands there", async () => {
    write(".aws/credentials", "[work]\naws_access_key_id = A\naws_secret_access_key s3cret\n");
    write(".aws/config", "[profile work]\naws_access_key_id = B\naws_secret_access_key = b\n");
    write(".mc/config.json", '{"aliases":\n{"nas": s3cret}');
    mkdirSync(join(home, ".s3cfg"));
    assert.deepEqual(await names(), [
      [".aws/credentials", "malformed", 3],
      [".s3cfg", "not-readable", undefined],
      [".mc/config.json", "malformed", 2],
    ]);
    const all = await findConnections({ platform: "linux", home, environment: {} }, noPassword);
    assert.ok(!JSON.stringify(all).includes("s3cret"));
  });

  it("takes no AWS key whose endpoint may stand in a file that is damaged", async () => {
    write(".aws/credentials", "[ceph]\naws_access_key_id = A\naws_secret_access_key = a\n");
    write(".aws/config", "[profile ceph]\nendpoint_url = https://ceph.example.com\nregion\n");
    assert.deepEqual(await names(), [[".aws/config", "malformed", 3]]);
  });

  it("asks for the password of an encrypted rclone configuration until it opens", async () => {
    write(".config/rclone/rclone.conf", encrypted);
    const answers: boolean[] = [];
    const unlock: Unlock = async (file, opens) => {
      assert.equal(file, join(home, ".config/rclone/rclone.conf"));
      answers.push(await opens("wrong"), await opens("open sesame"));
    };
    assert.deepEqual(await names({}, "linux", unlock), [["rclone", "nas", "connection"]]);
    assert.deepEqual(answers, [false, true]);
  });

  it("says that it stayed locked when nobody knows the password", async () => {
    write(".config/rclone/rclone.conf", encrypted);
    assert.deepEqual(await names(), [[".config/rclone/rclone.conf", "locked", undefined]]);
  });

  it("says that an encrypted configuration is cut short", async () => {
    write(".config/rclone/rclone.conf", "# x\n\nRCLONE_ENCRYPT_V0:\nAAAA\n");
    const unlock: Unlock = async (_, opens) => await opens("open sesame");
    assert.deepEqual(await names({}, "linux", unlock), [
      [".config/rclone/rclone.conf", "malformed", 4],
    ]);
  });
});
