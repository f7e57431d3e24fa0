import assert from "node:assert/strict";
import type { Row } from "../../../src/app/browsing/browse.ts";
import { s3 } from "../../../src/storage/providers/s3/s3.ts";
import { RowWords } from "../../../src/ui/browsing/rowWords.ts";
import { newProfile } from "../../app/connectionPorts.ts";

const answers = {
  endpoint: "http://127.0.0.1:9000",
  accessKeyId: "key",
  secretAccessKey: "hush",
};

async function wordsFor(row: (connection: string) => object, more: object = {}, preset = "ceph") {
  const { connections } = newProfile(s3).open();
  const draft = { name: "Home", provider: "s3", preset, answers: { ...answers, ...more } };
  const connection = await connections.save(draft);
  // Only what the words are made of.
  return new RowWords(connections).of({ connection, ...row(connection.id) } as unknown as Row);
}

const object = (connection: string) => ({
  type: "object",
  at: { connection, container: "photos", key: "a" },
  info: { key: "a", size: 1 },
});

describe("the words of a row", () => {
  it("name what its storage offers, and what it can be copied as", async () => {
    const words = await wordsFor(object);
    for (const word of ["versions", "details", "links", "copy-uri", "copy-arn"])
      assert.ok(words.includes(word), word);
    assert.ok(!words.includes("copy-publicUrl"));
  });

  it("name a public address where the connection has one", async () => {
    const words = await wordsFor(object, { publicUrl: "https://cdn.example.com" });
    assert.ok(words.includes("copy-publicUrl"));
  });

  it("leave out what the service is known to lack", async () => {
    const words = await wordsFor(object, {}, "garage");
    assert.ok(words.includes("details") && !words.includes("versions"));
  });

  it("tell an object in an archive from others", async () => {
    assert.ok(!(await wordsFor(object)).includes("archived"));
    const archived = (connection: string) => ({
      ...object(connection),
      info: { key: "a", size: 1, archived: true },
    });
    assert.ok((await wordsFor(archived)).includes("archived"));
  });

  it("let buckets be made and deleted, where there are several", async () => {
    const at = (connection: string) => ({ connection, key: "" });
    const row = (connection: string) => ({ type: "connection", at: at(connection) });
    assert.deepEqual(await wordsFor((id) => ({ ...row(id), holdsContainers: true })), [
      "newContainer",
    ]);
    const bucket = (connection: string) => ({
      type: "container",
      at: { ...at(connection), container: "photos" },
    });
    assert.ok((await wordsFor(bucket)).includes("deleteContainer"));
    const only = await wordsFor((id) => ({ ...row(id), holdsContainers: false }), {
      bucket: "photos",
    });
    assert.ok(only.includes("rules") && !only.includes("newContainer"));
  });
});
