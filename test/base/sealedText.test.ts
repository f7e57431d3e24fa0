import assert from "node:assert/strict";
import { openText, SealedTextError, sealText } from "../../src/base/sealedText.ts";

const format = "test-file";
const secret = "the text, with ünïcode";

let file: string;

const fails = async (given: string, passphrase: string, kind: string, as = format) =>
  await assert.rejects(openText(given, passphrase, as), (error) => {
    assert.ok(error instanceof SealedTextError);
    assert.equal(error.kind, kind);
    return true;
  });

const changed = (change: (envelope: Record<string, unknown>) => unknown) => {
  const envelope = JSON.parse(file);
  change(envelope);
  return JSON.stringify(envelope);
};

describe("a sealed text", () => {
  before(async () => (file = await sealText(secret, "open sesame", format, 1024)));

  it("opens with its passphrase and shows nothing without", async () => {
    assert.equal(await openText(file, "open sesame", format), secret);
    assert.ok(!file.includes("text"));
  });

  it("opens however the passphrase's letters are composed", async () => {
    const composed = await sealText(secret, "caf\u00e9", format, 1024);
    assert.equal(await openText(composed, "cafe\u0301", format), secret);
  });

  it("opens after the file has been formatted anew", async () => {
    assert.equal(await openText(JSON.stringify(JSON.parse(file)), "open sesame", format), secret);
  });

  it("tells a wrong passphrase", async () => {
    await fails(file, "open simsim", "wrong-passphrase");
    await fails(file, "", "wrong-passphrase");
  });

  it("refuses a file that was changed", async () => {
    const flip = (text: unknown) => {
      const bytes = Buffer.from(String(text), "base64");
      bytes[3] = (bytes[3] ?? 0) ^ 1;
      return bytes.toString("base64");
    };
    await fails(
      changed((e) => (e["sealed"] = flip(e["sealed"]))),
      "open sesame",
      "damaged",
    );
    await fails(
      changed((e) => (e["nonce"] = flip(e["nonce"]))),
      "open sesame",
      "damaged",
    );
    await fails(
      changed((e) => (e["sealed"] = "")),
      "open sesame",
      "damaged",
    );
    await fails(
      changed((e) => (e["nonce"] = "")),
      "open sesame",
      "damaged",
    );
    await fails(
      changed((e) => (e["check"] = flip(e["check"]))),
      "open sesame",
      "wrong-passphrase",
    );
  });

  it("refuses what is something else, or newer", async () => {
    await fails("nonsense", "open sesame", "not-sealed");
    await fails("{}", "open sesame", "not-sealed");
    await fails(file, "open sesame", "not-sealed", "another-file");
    await fails(
      changed((e) => (e["version"] = 2)),
      "open sesame",
      "too-new",
    );
  });

  it("refuses costs that would stop this computer", async () => {
    for (const costs of [
      { N: 2 ** 30, r: 8, p: 1 },
      { N: 2 ** 17, r: 8, p: 1000 },
      { N: 3, r: 8, p: 1 },
      { N: 1, r: 1, p: 1 },
      { N: "2", r: 8, p: 1 },
      {},
    ])
      await fails(
        changed((e) => (e["scrypt"] = { salt: "", ...costs })),
        "x",
        "damaged",
      );
  });
});
