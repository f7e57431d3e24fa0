import assert from "node:assert/strict";
import {
  addConnections,
  alreadySaved,
  draftOf,
  missingSecret,
} from "../../../src/app/imports/add.ts";
import type { FoundConnection } from "../../../src/app/imports/found.ts";
import { providerOf } from "../../../src/storage/registry.ts";
import { newProfile } from "../connectionPorts.ts";
import { quietLog } from "../ports.ts";

const found: FoundConnection = {
  type: "connection",
  source: "rclone",
  name: "nas",
  provider: "s3",
  preset: "minio",
  answers: { endpoint: "http://nas:9000", accessKeyId: "minio", secretAccessKey: "m1n1o" },
};
const dav: FoundConnection = {
  type: "connection",
  source: "cyberduck",
  name: "cloud",
  provider: "webdav",
  preset: "other",
  answers: { url: "https://cloud.example.com", user: "ada" },
};

describe("adding what was found", () => {
  it("keeps secrets in the secret store and nowhere else", async () => {
    const profile = newProfile();
    const log = quietLog();
    const { connections } = profile.open({ providerOf, log });
    const [added] = await addConnections(connections, [found]);
    assert.deepEqual(connections.list(), [added]);
    assert.deepEqual(added?.answers, { endpoint: "http://nas:9000", accessKeyId: "minio" });
    assert.equal(added.preset, "minio");
    assert.ok(!profile.memento.saved.get("connections")?.includes("m1n1o"));
    assert.deepEqual([...profile.secrets.saved.values()], ["m1n1o"]);
    assert.ok(!log.lines.join().includes("m1n1o"));
  });

  it("gives each a name that no other has", async () => {
    const { connections } = newProfile().open({ providerOf });
    await connections.save({ ...draftOf(dav), name: "nas" });
    const added = await addConnections(connections, [
      found,
      found,
      { ...found, name: "two\nlines" },
      { ...found, name: " " },
    ]);
    assert.deepEqual(
      added.map(({ name }) => name),
      ["nas 2", "nas 3", "two lines", "?"],
    );
  });

  it("knows what is added already, by place and user, whatever its secret and name", async () => {
    const { connections } = newProfile().open({ providerOf });
    await connections.save({ ...draftOf(found), name: "Home" });
    const changed = { ...found.answers, secretAccessKey: "rotated" };
    assert.equal(alreadySaved(connections, { ...draftOf(found), answers: changed })?.name, "Home");
    const other = { ...found.answers, accessKeyId: "other" };
    assert.equal(alreadySaved(connections, { ...draftOf(found), answers: other }), undefined);
  });

  it("knows which secret is missing", () => {
    const { connections } = newProfile().open({ providerOf });
    const withoutSecret = { ...found.answers, secretAccessKey: undefined };
    assert.equal(missingSecret(connections, draftOf(found)), undefined);
    assert.equal(
      missingSecret(connections, { ...draftOf(found), answers: withoutSecret }),
      "Secret key",
    );
    assert.equal(missingSecret(connections, draftOf(dav)), "Password");
  });
});
