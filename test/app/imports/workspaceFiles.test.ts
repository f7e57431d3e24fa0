import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { MalformedText } from "../../../src/app/imports/found.ts";
import { connectionsOfFile, workspaceFiles } from "../../../src/app/imports/workspaceFiles.ts";

describe("files of a workspace that hold connections", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "offsite-workspace-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = async (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    return await connectionsOfFile(folder, name);
  };

  it("are none where there are none", async () => {
    for (const name of workspaceFiles) assert.deepEqual(await connectionsOfFile(folder, name), []);
  });

  it("are read by no other name", async () => {
    assert.deepEqual(await read("secrets.txt", "AWS_ACCESS_KEY_ID=A"), []);
    assert.deepEqual(await read("sub/.env", "AWS_ACCESS_KEY_ID=A"), []);
  });

  it("give the key of an .env file", async () => {
    const [found] = await read(
      ".env",
      "# ours\nexport AWS_ACCESS_KEY_ID=AKIA # note\nAWS_SECRET_ACCESS_KEY='s=#1'\nAWS_REGION=\"eu-west-1\"\n",
    );
    assert.ok(found?.type === "connection");
    assert.equal(found.source, "workspace");
    assert.equal(found.name, "AWS (.env)");
    assert.partialDeepStrictEqual(found.answers, {
      accessKeyId: "AKIA",
      secretAccessKey: "s=#1",
      region: "eu-west-1",
    });
  });

  it("give WebDAV accounts with comments, trailing commas and profiles", async () => {
    const found = await read(
      ".vscode/webdav.json",
      '{\n  // home\n  "url": "https://dav.example.com/files", "user": "ada", "password": "p//q",\n  "profiles": { "work": { "url": "https://work.example.com/", }, },\n}',
    );
    assert.deepEqual(found, [
      {
        type: "connection",
        source: "workspace",
        name: "work",
        provider: "webdav",
        preset: "other",
        answers: { url: "https://work.example.com", user: "ada", password: "p//q" },
      },
    ]);
  });

  it("name what they hold that cannot be used", async () => {
    assert.deepEqual(
      await read(
        ".vscode/sftp.json",
        '[{"name":"Site","host":"h","protocol":"sftp","password":"p"}]',
      ),
      [
        {
          type: "unusable",
          source: "workspace",
          name: "Site",
          reason: "other-protocol",
          protocol: "sftp",
        },
      ],
    );
  });

  it("are refused when they make no sense, without a word of what stands there", async () => {
    await assert.rejects(read(".vscode/sftp.json", '{"password": "p'), (error) => {
      assert.ok(error instanceof MalformedText);
      assert.ok(!error.message.includes("password"));
      return true;
    });
  });
});
