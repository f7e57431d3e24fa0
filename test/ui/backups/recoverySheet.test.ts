import assert from "node:assert/strict";
import { shellQuoted } from "../../../src/base/shell.ts";
import { folder } from "../../../src/storage/providers/folder/folder.ts";
import { s3 } from "../../../src/storage/providers/s3/s3.ts";
import { webdav } from "../../../src/storage/providers/webdav/webdav.ts";
import { recoverySheet } from "../../../src/ui/backups/recoverySheet.ts";
import { plain } from "../translate.ts";

const sheet = {
  location: "studio › photos/offsite/site",
  storage: "Ceph, ceph.example.com",
  repositoryId: "ab".repeat(32),
  passphrase: "bapuh-bulis-dubij-rilam-muvof-juson-kabok-todiv",
};

describe("the recovery sheet", () => {
  it("has all it takes: location, repository id and passphrase", () => {
    const text = recoverySheet(sheet, plain);
    for (const value of Object.values(sheet)) assert.ok(text.includes(value));
    assert.doesNotMatch(text, /restic/);
  });

  it("fits a printed page", () => {
    const restic = s3.restic?.({ bucket: "photos", accessKeyId: "AK" }, "offsite/site");
    const lines = recoverySheet({ ...sheet, ...(restic && { restic }) }, plain).split("\n");
    assert.ok(lines.length < 60);
    for (const line of lines) assert.ok(line.length <= 80, line);
  });

  it("says how to restore with restic from S3", () => {
    const answers = {
      endpoint: "https://ceph.example.com/",
      region: "eu",
      bucket: "photos",
      accessKeyId: "AK IA",
      secretAccessKey: "never shown",
    };
    const restic = s3.restic?.(answers, "offsite/my site");
    const text = recoverySheet({ ...sheet, ...(restic && { restic }) }, plain);
    assert.ok(text.includes("export AWS_ACCESS_KEY_ID='AK IA'\n"));
    assert.ok(text.includes("export AWS_SECRET_ACCESS_KEY=…\n"));
    assert.ok(
      text.includes(
        "export RESTIC_REPOSITORY='s3:https://ceph.example.com/photos/offsite/my site'\n",
      ),
    );
    assert.ok(!text.includes("never shown"));
  });

  it("tells restic where it would ask in a way that the service does not take", () => {
    const kept = { addressing: "virtual", accessKeyId: "A" };
    const answers = { region: "ap-guangzhou", bucket: "photos-1", ...kept };
    const restic = s3.restic?.(answers, "site", "tencent");
    const text = recoverySheet({ ...sheet, ...(restic && { restic }) }, plain);
    const flags = "-o s3.bucket-lookup=dns -o s3.list-objects-v1=true";
    assert.ok(text.includes(`    restic ${flags} restore latest --target restored\n`), text);
    const own = { endpoint: "https://nas.lan", bucket: "b", accessKeyId: "A", verifyTls: false };
    assert.deepEqual(s3.restic?.(own, "", "minio")?.flags, ["--insecure-tls"]);
  });

  it("says how to restore with restic from WebDAV, through rclone", () => {
    const restic = webdav.restic?.({ url: "https://dav.example.com/me/", user: "ann" }, "site");
    assert.deepEqual(restic, {
      repository: "rclone:offsite:site",
      preparation: [
        "rclone config create offsite webdav url https://dav.example.com/me/ user ann pass …",
      ],
    });
  });

  it("says how to restore with restic from a folder", () => {
    assert.equal(folder.restic?.({ path: "/mnt/disk" }, "a/b")?.repository, "/mnt/disk/a/b");
  });
});

describe("a word in a shell command", () => {
  it("is taken literally", () => {
    assert.equal(shellQuoted("/plain/path-1.2"), "/plain/path-1.2");
    assert.equal(shellQuoted("it's $HOME; rm"), "'it'\\''s $HOME; rm'");
  });
});
