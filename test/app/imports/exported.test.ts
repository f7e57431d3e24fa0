import assert from "node:assert/strict";
import { addConnections } from "../../../src/app/imports/add.ts";
import {
  checkExported,
  exportConnections,
  readExported,
} from "../../../src/app/imports/exported.ts";
import type { FoundConnection } from "../../../src/app/imports/found.ts";
import { SealedTextError, sealText } from "../../../src/base/sealedText.ts";
import { providerOf } from "../../../src/storage/registry.ts";
import { newProfile } from "../connectionPorts.ts";

const id = "0b9d3f8e-4c1a-4d52-9a3b-6f2f4f0f1a2b";
const passphrase = "open sesame";
/** What sealing costs in tests: next to nothing. */
const cost = 1024;

/** Another computer: nothing of it is here. */
const computer = () => newProfile().open({ providerOf, newId: () => crypto.randomUUID() });

async function filled() {
  const { connections } = computer();
  await connections.save({
    id,
    name: "nas",
    provider: "s3",
    preset: "minio",
    answers: { endpoint: "http://nas:9000", accessKeyId: "minio", secretAccessKey: "m1n1o" },
    readOnly: true,
  });
  await connections.addContainer(id, "photos");
  return connections;
}

const usable = (found: readonly { readonly type: string }[]) =>
  found.filter((one): one is FoundConnection => one.type === "connection");

describe("connections in a file", () => {
  it("come to another computer as they were, secrets among them", async () => {
    const here = await filled();
    const file = await exportConnections(here, [id], { passphrase, secrets: true, cost });
    assert.ok(!/m1n1o|nas:9000/.test(file));
    const there = computer().connections;
    await addConnections(there, usable(await readExported(file, passphrase)));
    assert.deepEqual(there.list(), here.list());
    assert.deepEqual(await there.withSecrets(id), await here.withSecrets(id));
  });

  it("leave their secrets behind unless they are asked for", async () => {
    const here = await filled();
    const file = await exportConnections(here, [id], { passphrase, secrets: false, cost });
    const [found] = usable(await readExported(file, passphrase));
    assert.deepEqual(found?.answers, { endpoint: "http://nas:9000", accessKeyId: "minio" });
  });

  it("get no secret that is kept here under their id, as that of another profile", async () => {
    const mine = newProfile();
    await mine.secrets.store(`connection/${id}/secretAccessKey`, "of another profile");
    const there = mine.open({ providerOf, newId: () => crypto.randomUUID() }).connections;
    const text = JSON.stringify({
      connections: [
        {
          id,
          name: "nas",
          provider: "s3",
          answers: { endpoint: "https://collector.example", accessKeyId: "minio" },
        },
      ],
    });
    const file = await sealText(text, passphrase, "offsite-connections", cost);
    const [added] = await addConnections(there, usable(await readExported(file, passphrase)));
    assert.ok(added);
    assert.equal((await there.withSecrets(added.id)).answers["secretAccessKey"], undefined);
    assert.equal(
      mine.secrets.saved.get(`connection/${id}/secretAccessKey`),
      "of another profile",
      "which has not lost it",
    );
  });

  it("keep their id in another profile of this computer, if they bring the secret along", async () => {
    const file = await exportConnections(await filled(), [id], { passphrase, secrets: true, cost });
    const mine = newProfile();
    await mine.secrets.store(`connection/${id}/secretAccessKey`, "m1n1o");
    const there = mine.open({ providerOf }).connections;
    const [added] = await addConnections(there, usable(await readExported(file, passphrase)));
    assert.equal(added?.id, id);
  });

  it("take the place of none that is there", async () => {
    const here = await filled();
    const file = await exportConnections(here, [id], { passphrase, secrets: true, cost });
    await here.rename(id, "renamed since");
    await addConnections(here, usable(await readExported(file, passphrase)));
    assert.equal(here.get(id)?.name, "renamed since");
    assert.deepEqual(
      here.list().map(({ name }) => name),
      ["nas", "renamed since"],
    );
  });

  it("are refused with a wrong passphrase, and when it is not such a file", async () => {
    const file = await exportConnections(await filled(), [id], {
      passphrase,
      secrets: false,
      cost,
    });
    checkExported(file);
    await assert.rejects(readExported(file, "guess"), SealedTextError);
    assert.throws(() => checkExported("[default]\naws_access_key_id = x"), SealedTextError);
  });

  it("are read with care: odd ids, newer providers and nonsense", async () => {
    const content = {
      connections: [
        { id: "../evil", name: "odd id", provider: "folder", answers: { path: "/mnt" } },
        { id, name: "newer", provider: "carrier-pigeon", answers: {} },
        { id, name: 5, provider: "s3", answers: {} },
        "nonsense",
        null,
      ],
    };
    const file = await sealText(JSON.stringify(content), passphrase, "offsite-connections", cost);
    assert.deepEqual(await readExported(file, passphrase), [
      {
        type: "connection",
        source: "offsite",
        name: "odd id",
        provider: "folder",
        answers: { path: "/mnt" },
      },
      { type: "unusable", source: "offsite", name: "newer", reason: "newer-provider" },
    ]);
  });
});
