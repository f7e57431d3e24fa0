import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { awsDialect, awsProfiles } from "../../../src/app/imports/aws.ts";
import { cyberduckBookmark } from "../../../src/app/imports/cyberduck.ts";
import { iniSections } from "../../../src/app/imports/ini.ts";
import { minioAliases } from "../../../src/app/imports/minioClient.ts";
import { completedByNetrc } from "../../../src/app/imports/netrc.ts";
import { rcloneRemotes } from "../../../src/app/imports/rclone.ts";
import { decrypted, isEncrypted } from "../../../src/app/imports/rcloneSecrets.ts";
import { s3cmdAccounts } from "../../../src/app/imports/s3cmd.ts";
import { findConnections } from "../../../src/app/imports/search.ts";
import { connectionsOfFile } from "../../../src/app/imports/workspaceFiles.ts";

const megabyte = 1_000_000;
const many = (text: string) => text.repeat(megabyte / text.length);

/** What makes a pattern look at the same text again and again, if it is one that does. */
const bombs: Readonly<Record<string, string>> = {
  "blank lines": many("\n"),
  spaces: many(" "),
  "spaces on each line": many(" \n"),
  "opened comments": many("/*"),
  slashes: many("//"),
  "opened strings": many('"\\'),
  "opened lists": `<plist><dict>${many("<array>")}</dict>`,
  "opened dictionaries": `<plist>${many("<dict>")}`,
  "names without values": `<plist><dict>${many("<key>a</key>")}</dict>`,
  "blanks after a name": `<plist><dict>${many("<key>a</key>  \n")}</dict>`,
  macros: many("macdef "),
  "opened brackets": many("["),
  "equals signs": many("="),
  "export after export": many("export "),
  "names and blanks": many("a \n"),
  numbers: many("\0\u{1}\u{ff}"),
  "a key": `[a]\naws_access_key_id = ${many("x")}\n`,
  "hash signs": `[a]\nk = ${many(" #")}`,
};

describe("a settings file that was made to do harm", function () {
  this.timeout(60_000);
  let home: string;
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), "offsite-hostile-"))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));
  const write = (path: string, text: string | Uint8Array) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  };

  const dav = {
    type: "connection",
    source: "cyberduck",
    name: "d",
    provider: "webdav",
    answers: { url: "https://d.example" },
  } as const;
  const readers: Readonly<Record<string, (text: string) => unknown>> = {
    "AWS's": (text) => awsProfiles(iniSections(text, awsDialect), iniSections(text, awsDialect)),
    "rclone's": rcloneRemotes,
    "an encrypted one of rclone": async (text) => isEncrypted(text) && (await decrypted(text, "x")),
    "s3cmd's": s3cmdAccounts,
    "the MinIO client's": minioAliases,
    "Cyberduck's": cyberduckBookmark,
    ".netrc": (text) => completedByNetrc([dav], text),
    ".env": async (text) => {
      write(".env", text);
      return await connectionsOfFile(home, ".env");
    },
    "sftp.json": async (text) => {
      write(".vscode/sftp.json", text);
      return await connectionsOfFile(home, ".vscode/sftp.json");
    },
  };
  for (const [reader, read] of Object.entries(readers))
    it(`holds nobody up: ${reader}`, async () => {
      for (const [bomb, text] of Object.entries(bombs)) {
        const started = performance.now();
        await Promise.resolve()
          .then(() => read(text))
          .catch((error: unknown) => {
            if (!(error instanceof Error) || error.name !== "MalformedText") throw error;
          });
        // One that runs away takes minutes.
        assert.ok(performance.now() - started < 5000, bomb);
      }
    });

  it("is named with its reason, and the others are read", async () => {
    write(".s3cfg", new Uint8Array(5 * megabyte));
    write(".aws/credentials", Buffer.from([0, 1, 2, 255, 254, 10, 0]));
    mkdirSync(join(home, ".mc"));
    symlinkSync("config.json", join(home, ".mc", "config.json"));
    symlinkSync("/dev/zero", join(home, ".netrc"));
    mkdirSync(join(home, ".config/rclone"), { recursive: true });
    symlinkSync("/dev/zero", join(home, ".config/rclone/rclone.conf"));
    write(".duck/bookmarks/a.duck", "bplist00\u{0}\u{1}");
    for (let n = 0; n < 300; n++)
      write(
        `.duck/bookmarks/b${n}.duck`,
        `<plist><dict><key>Protocol</key><string>davs</string><key>Hostname</key><string>h${n}</string></dict></plist>`,
      );
    const found = await findConnections(
      { platform: "linux", home, environment: {} },
      async () => {},
    );
    const unread = found.flatMap((one) =>
      one.type === "unreadable" ? [[one.file.slice(home.length + 1), one.reason]] : [],
    );
    assert.deepEqual(unread, [
      [".aws/credentials", "malformed"],
      [".config/rclone/rclone.conf", "no-settings"],
      [".s3cfg", "no-settings"],
      [".mc/config.json", "not-readable"],
      [".duck/bookmarks/a.duck", "binary"],
      [".netrc", "no-settings"],
    ]);
    assert.equal(found.filter(({ type }) => type === "connection").length, 300);
  });
});
