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

/** As `rclone config encryption set` of 1.75 has written it. */
const newer = `# Encrypted rclone configuration File

RCLONE_ENCRYPT_V0:
++DCm42hQq0glnXQtWE4+f/TBuS5FzPURBfQtLjx4I6zYboHO7Mli0sKtxqxhrwbdgJFyYcOiff2SZM0v/JAWT5BOFbG4OdLht1Wzo4QkKUG0G0aXMN6hj4lUfWZJz7G/ad/ZldeZwxFlERL0MHtu7nxjmyjli8Z9na8aqvPLWuexiQmYVktMIamALVhI2NGke9x8Z2ilNbI5OexprEL/kW93R4d7TgmgK/uUM4TiiOiOz87MtW8Z7YpRs/MY4RwvK0IuYp+NZ3q9bli4XlEeqauLwrQSf7h6Cb8Ud0kRIMgEoAFSH5d1KGg7dDVZklTZyCTai0ACSVxaJLebgRDodY49jXzNJdyp0DuqQ3IURkDFGotGKlAmEVpe8Lniru+6JMQ7cu3MaczJ0vF8+I+lNHhgTRXzW5V97hrv+nTXVKVTmjsYYF7zZ3FnFMVn7x+bhhmOUcfnosRoWvExPVxPvHmv+5Hcja4kvcuGPhL
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

  it("finds rclone's remotes in the environment, which outweighs the file, as rclone does", async () => {
    write(".config/rclone/rclone.conf", "[Nas]\ntype = webdav\nurl = http://old.example\n");
    const environment = {
      RCLONE_CONFIG_NAS_URL: "http://nas.example",
      RCLONE_CONFIG_MY_S3_TYPE: "s3",
      RCLONE_CONFIG_MY_S3_ACCESS_KEY_ID: "AK",
      RCLONE_CONFIG_MY_S3_SECRET_ACCESS_KEY: "hush",
      RCLONE_S3_ENDPOINT: "https://s3.example.com",
      RCLONE_S3_MAX_UPLOAD_PARTS: "1000",
      RCLONE_CONFIG_PASS: "open sesame",
    };
    const remotes = async () => {
      const found = await findConnections({ platform: "linux", home, environment }, noPassword);
      return found.map((one) => one.type === "connection" && [one.name, one.answers]);
    };
    const inEnvironment = [
      "my_s3",
      {
        accessKeyId: "AK",
        secretAccessKey: "hush",
        endpoint: "https://s3.example.com",
        maxUploadParts: 1000,
      },
    ];
    const inFile = ["Nas", { url: "http://nas.example" }];
    assert.deepEqual(await remotes(), [inFile, inEnvironment]);
    rmSync(join(home, ".config"), { recursive: true });
    assert.deepEqual(await remotes(), [inEnvironment]);
    write(".config/rclone/rclone.conf", encrypted);
    assert.deepEqual((await remotes()).length, 2, "the password is in the environment");
  });

  it("takes the key that Amazon's programs would find where an rclone remote leaves it to them", async () => {
    write(".config/rclone/rclone.conf", "[lent]\ntype = s3\nprovider = AWS\nenv_auth = true\n");
    const lent = async (environment: Readonly<Record<string, string>>) => {
      const found = await findConnections({ platform: "linux", home, environment }, noPassword);
      const one = found.find(({ source }) => source === "rclone");
      return one?.type === "connection" ? one.answers : one?.type === "unusable" && one.reason;
    };
    assert.equal(await lent({}), "needs-sign-in");
    const keys = { AWS_ACCESS_KEY_ID: "AK", AWS_SECRET_ACCESS_KEY: "s" };
    assert.deepEqual(await lent(keys), { accessKeyId: "AK", secretAccessKey: "s" });
    write(".aws/credentials", "[default]\naws_access_key_id = A\naws_secret_access_key = a\n");
    assert.deepEqual(await lent({}), { credentials: "profile", profile: "default" });
    assert.equal(await lent({ AWS_PROFILE: "gone" }), "needs-sign-in");
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

  it("reads files with Windows line ends and a byte order mark", async () => {
    const asWindows = (text: string) => `\uFEFF${text.replaceAll("\n", "\r\n")}`;
    write(".aws/credentials", asWindows("[work]\naws_access_key_id = A\n"));
    write(".config/rclone/rclone.conf", asWindows("[disk]\ntype = alias\nremote = /mnt/disk\n"));
    write(".s3cfg", asWindows("[default]\naccess_key = K\n"));
    write(".mc/config.json", asWindows('{"aliases":{"nas":{"url":"http://nas","accessKey":"n"}}}'));
    assert.deepEqual(await names(), [
      ["aws", "work", "connection"],
      ["rclone", "disk", "connection"],
      ["s3cmd", "s3cmd", "connection"],
      ["minio-client", "nas", "connection"],
    ]);
    write(".config/rclone/rclone.conf", asWindows(encrypted));
    const unlock: Unlock = async (_, opens) => await opens("open sesame");
    assert.deepEqual((await names({}, "linux", unlock))[1], ["rclone", "nas", "connection"]);
  });

  it("says of a bookmark in Apple's binary form how to bring it into the other", async () => {
    write(".duck/bookmarks/1.duck", "bplist00\xd1\x01\x02");
    assert.deepEqual(await names(), [[".duck/bookmarks/1.duck", "binary", undefined]]);
  });

  it("goes on when a file is damaged, names file and line, and not what stands there", async () => {
    write(".aws/credentials", "[work]\naws_access_key_id = A\naws_secret_access_key s3cret\n");
    write(".aws/config", "[profile work]\naws_access_key_id = B\naws_secret_access_key = b\n");
    write(".mc/config.json", '{"aliases":\n{"nas": s3cret}');
    mkdirSync(join(home, ".s3cfg"));
    assert.deepEqual(await names(), [
      [".aws/credentials", "malformed", 3],
      [".s3cfg", "no-settings", undefined],
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

  it("opens one that a newer rclone has encrypted, with a password beyond ASCII", async () => {
    write(".config/rclone/rclone.conf", newer);
    const unlock: Unlock = async (_, opens) => await opens("sésame ouvre-toi");
    const found = await findConnections({ platform: "linux", home, environment: {} }, unlock);
    const secrets = found.map((one) => one.type === "connection" && one.answers);
    assert.deepEqual(secrets, [
      {
        url: "https://nas.example.com/dav",
        user: "ann",
        password: 'pässwörd "x" 🗝',
        auth: "basic",
      },
      {
        accessKeyId: "AK",
        secretAccessKey: "s/+=e",
        endpoint: "https://s3.eu-west-2.wasabisys.com",
        region: "eu-west-2",
        addressing: "path",
      },
      {
        accessKeyId: "0041234567890ab0000000001",
        secretAccessKey: "K004abc",
        region: "us-west-004",
        addressing: "path",
      },
    ]);
  });

  it("does not ask for the password of an encryption that is not known yet", async () => {
    write(".config/rclone/rclone.conf", "RCLONE_ENCRYPT_V1:\nAAAA\n");
    const unlock: Unlock = async (_, opens) => await opens("open sesame");
    assert.deepEqual(await names({}, "linux", unlock), [
      [".config/rclone/rclone.conf", "malformed", 1],
    ]);
  });

  it("asks for no password that the environment has, as rclone does not", async () => {
    write(".config/rclone/rclone.conf", encrypted);
    const asked: string[] = [];
    const unlock: Unlock = async (file) => void asked.push(file);
    const found = await names({ RCLONE_CONFIG_PASS: "open sesame" }, "linux", unlock);
    assert.deepEqual(found, [["rclone", "nas", "connection"]]);
    assert.deepEqual(asked, []);
    await names({ RCLONE_CONFIG_PASS: "an old one" }, "linux", unlock);
    assert.equal(asked.length, 1);
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
