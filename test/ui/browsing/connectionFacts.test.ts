import assert from "node:assert/strict";
import { s3 } from "../../../src/storage/providers/s3/s3.ts";
import { webdav } from "../../../src/storage/providers/webdav/webdav.ts";
import type { Provider } from "../../../src/storage/provider.ts";
import {
  connectionFacts,
  connectionNotes,
  type KnownConnection,
} from "../../../src/ui/browsing/connectionFacts.ts";
import { plain } from "../translate.ts";

const now = new Date(2026, 10, 21, 12);

function known(provider: Provider, answers: object, more: object = {}): KnownConnection {
  const connection = { id: "a", name: "Home", provider: provider.id, answers: { ...answers } };
  const place = provider.place(connection.answers);
  return { connection, provider, place, triedAt: undefined, found: undefined, ...more };
}

const facts = (about: KnownConnection) => Object.fromEntries(connectionFacts(plain, about, now));

describe("what is said of a connection", () => {
  it("names where it leads and as whom, each once, and no secret", () => {
    const answers = {
      endpoint: "https://s3.example.com",
      region: "north",
      bucket: "photos",
      folder: "2026",
      accessKeyId: "AKIA",
      secretAccessKey: "hush",
    };
    assert.deepEqual(facts(known(s3, answers)), {
      Kind: "Amazon S3 and compatible",
      Place: "s3.example.com/photos/2026",
      Region: "north",
      "Access key": "AKIA",
      Access: "read and write",
      "Tried out": "never",
    });
  });

  it("does not say of a connection to all buckets that it was never tried out", () => {
    const endpoint = "https://s3.example.com";
    assert.equal(facts(known(s3, { endpoint }))["Tried out"], undefined);
    assert.equal(facts(known(s3, { endpoint, bucket: "photos" }))["Tried out"], "never");
  });

  it("says that nobody looks at the server's certificate", () => {
    const address = { url: "https://nas.example/dav", user: "ada" };
    assert.equal(facts(known(webdav, address))["Certificate"], undefined);
    const { Certificate, User } = facts(known(webdav, { ...address, verifyTls: false }));
    assert.deepEqual({ Certificate, User }, { Certificate: "not verified", User: "ada" });
  });

  it("says what was found of its conditions, once that is known", () => {
    assert.deepEqual(connectionNotes(plain, known(s3, {})), []);
    const found = (heeded: boolean) => ({
      found: { capabilities: { ifAbsent: heeded, ifMatch: heeded } },
    });
    assert.match(connectionNotes(plain, known(s3, {}, found(true))).join(), /are honoured/);
    assert.match(connectionNotes(plain, known(s3, {}, found(false))).join(), /looks whether/);
  });
});
