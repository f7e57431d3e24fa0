import assert from "node:assert/strict";
import { never } from "../../../src/base/abort.ts";
import { isStorageError } from "../../../src/storage/errors.ts";
import { lateMemento, newProfile } from "../connectionPorts.ts";
import { brokenSecrets } from "../ports.ts";

const draft = {
  name: "Photos",
  provider: "memory",
  answers: { container: "photos", secret: "s3cret" },
};

describe("connections", () => {
  it("keeps a connection and its secret apart", async () => {
    const { memento, secrets, open } = newProfile();
    const { connections } = open();
    const saved = await connections.save(draft);
    assert.deepEqual(connections.list(), [saved]);
    assert.deepEqual(saved.answers, { container: "photos" });
    assert.ok(!memento.saved.get("connections")?.includes("s3cret"));
    assert.deepEqual([...secrets.saved], [[`connection/${saved.id}/secret`, "s3cret"]]);
  });

  it("finds what it kept after a restart", async () => {
    const profile = newProfile();
    const saved = await profile.open().connections.save({ ...draft, readOnly: true });
    const { connections } = profile.open();
    assert.deepEqual(connections.list(), [saved]);
    assert.deepEqual([...(await connections.secretsSet(saved.id))], ["secret"]);
  });

  it("keeps a secret that a change leaves out, and forgets one that is emptied", async () => {
    const { connections } = newProfile().open();
    const { id } = await connections.save(draft);
    await connections.save({ ...draft, id, answers: { container: "other" } });
    assert.equal((await connections.secretsSet(id)).size, 1);
    await connections.save({ ...draft, id, answers: { container: "other", secret: "" } });
    assert.equal((await connections.secretsSet(id)).size, 0);
  });

  it("gives the provider the answers joined with the secrets", async () => {
    const seen: unknown[] = [];
    const profile = newProfile();
    const provider = {
      ...profile.provider,
      open: async (answers: Readonly<Record<string, unknown>>) => {
        seen.push(answers);
        return await profile.provider.open(answers);
      },
    };
    const { connections } = profile.open({ providerOf: () => provider });
    const { id } = await connections.save(draft);
    await connections.open(id);
    await connections.open(id, "elsewhere");
    assert.deepEqual(seen, [
      { container: "photos", secret: "s3cret" },
      { container: "elsewhere", secret: "s3cret" },
    ]);
  });

  it("opens a container once, and anew after a change", async () => {
    const { connections } = newProfile().open();
    const { id } = await connections.save(draft);
    const first = await connections.open(id);
    assert.equal(await connections.open(id), first);
    await connections.rename(id, "Pictures");
    assert.notEqual(await connections.open(id), first);
  });

  it("opens anew when another window has changed the secret", async () => {
    const profile = newProfile();
    const [one, two] = [profile.open(), profile.open()];
    const { id } = await one.connections.save(draft);
    two.focus();
    const first = await two.connections.open(id);
    await one.connections.save({ ...draft, id, answers: { ...draft.answers, secret: "new" } });
    assert.notEqual(await two.connections.open(id), first);
  });

  it("duplicates with secrets, under another name", async () => {
    const { connections } = newProfile().open();
    const { id } = await connections.save(draft);
    const copy = await connections.duplicate(id, "Photos copy");
    assert.notEqual(copy.id, id);
    assert.deepEqual(
      connections.list().map(({ name }) => name),
      ["Photos", "Photos copy"],
    );
    assert.equal((await connections.secretsSet(copy.id)).size, 1);
  });

  it("forgets a connection with its secrets", async () => {
    const { secrets, open } = newProfile();
    const { connections } = open();
    const { id } = await connections.save(draft);
    await connections.forget(id);
    assert.deepEqual(connections.list(), []);
    assert.equal(secrets.saved.size, 0);
    await assert.rejects(connections.open(id), (error) => isStorageError(error, "not-found"));
  });

  it("forgets secrets of fields it does not know, and says if the store keeps any", async () => {
    const { secrets, open } = newProfile();
    const keys = async () => [...secrets.saved.keys()];
    const { connections } = open({ secrets: { ...secrets, keys } });
    const { id } = await connections.save(draft);
    secrets.saved.set(`connection/${id}/fromTheFuture`, "x");
    secrets.saved.set("connection/another/secret", "x");
    assert.equal(await connections.forget(id), true);
    assert.deepEqual(await keys(), ["connection/another/secret"]);
    const stubborn = open({ secrets: brokenSecrets() }).connections;
    assert.equal(await stubborn.forget((await stubborn.save(draft)).id), false);
  });

  it("refuses every change over a read-only connection", async () => {
    const { connections } = newProfile().open();
    const { id } = await connections.save({ ...draft, readOnly: true });
    const storage = await connections.open(id);
    const denied = (error: unknown) =>
      isStorageError(error, "denied") && error.details.reason === "read-only";
    await assert.rejects(storage.write("a", new Blob(["a"])), denied);
    await assert.rejects(storage.delete(["a"]), denied);
    assert.deepEqual(await Array.fromAsync(storage.list()), []);
  });

  it("lists containers of a connection that is not tied to one", async () => {
    const profile = newProfile();
    const { connections } = profile.open();
    const { id } = await connections.save({ ...draft, answers: {} });
    const connection = connections.get(id);
    assert.ok(connection && connections.needsContainer(connection));
    await connections.open(id, "photos");
    await connections.open(id, "videos");
    assert.deepEqual(await connections.containers(id, never), ["photos", "videos"]);
  });

  it("names the connection in an error of its provider", async () => {
    const profile = newProfile();
    const { connections } = profile.open();
    const { id } = await connections.save(draft);
    const storage = await connections.open(id);
    await assert.rejects(
      storage.stat("missing"),
      (error) => isStorageError(error, "not-found") && error.place?.connection === "Photos",
    );
  });

  it("survives state that somebody has damaged", () => {
    for (const damaged of [
      undefined,
      7,
      [],
      { records: 3 },
      { version: 9, records: { a: 1, b: {} } },
    ]) {
      const { memento, open } = newProfile();
      void memento.update("connections", damaged);
      assert.deepEqual(open().connections.list(), []);
    }
  });
});

describe("connections in two windows", () => {
  it("shows what the other window has saved", async () => {
    const profile = newProfile();
    const [one, two] = [profile.open(), profile.open()];
    let told = 0;
    two.connections.onDidChange(() => told++);
    const saved = await one.connections.save({ ...draft, answers: { container: "c" } });
    two.focus();
    assert.deepEqual(two.connections.list(), [saved]);
    assert.equal(told, 1);
  });

  it("keeps both when each saves without having seen the other's", async () => {
    const profile = newProfile();
    const shared = { value: "{}" };
    const [hers, his] = [lateMemento(shared), lateMemento(shared)];
    const one = profile.open({ memento: hers });
    const two = profile.open({ memento: his });
    await one.connections.save({ ...draft, name: "Hers" });
    await two.connections.save({ ...draft, name: "His" });
    hers.catchUp();
    one.focus();
    his.catchUp();
    two.focus();
    for (const { connections } of [one, two])
      assert.deepEqual(
        connections.list().map(({ name }) => name),
        ["Hers", "His"],
      );
  });

  it("renames what the other window has changed, and does not take that back", async () => {
    const profile = newProfile();
    const one = profile.open().connections;
    const { id } = await one.save({ ...draft, answers: { container: "old" } });
    const two = profile.open().connections;
    profile.clock.pass(1000);
    await one.save({ ...draft, id, answers: { container: "new" } });
    await two.rename(id, "Renamed");
    await one.save({ ...draft, id, name: "Renamed", answers: { container: "newer" } });
    await two.addContainer(id, "named");
    const kept = two.get(id);
    assert.deepEqual(
      [kept?.name, kept?.answers, kept?.containers],
      ["Renamed", { container: "newer" }, ["named"]],
    );
  });

  it("does not revive what the other window has removed", async () => {
    const profile = newProfile();
    const one = profile.open();
    const { id } = await one.connections.save(draft);
    const two = profile.open();
    profile.clock.pass(1000);
    await one.connections.forget(id);
    profile.clock.pass(1000);
    await two.connections.save({ ...draft, name: "Another" });
    one.focus();
    two.focus();
    for (const { connections } of [one, two])
      assert.deepEqual(
        connections.list().map(({ name }) => name),
        ["Another"],
      );
  });

  it("agrees on the later of two changes to one connection, even if a clock was set back", async () => {
    const profile = newProfile();
    const one = profile.open();
    const { id } = await one.connections.save(draft);
    const two = profile.open();
    profile.clock.pass(-5000);
    await one.connections.rename(id, "First");
    await two.connections.rename(id, "Second");
    one.focus();
    for (const { connections } of [one, two]) assert.equal(connections.get(id)?.name, "Second");
  });
});

describe("connections without a secret store", () => {
  it("work for the session, say so, and write no secret anywhere", async () => {
    const profile = newProfile();
    const { connections } = profile.open({ secrets: brokenSecrets() });
    const { id } = await connections.save(draft);
    assert.ok(connections.sessionOnly(id));
    assert.deepEqual([...(await connections.secretsSet(id))], ["secret"]);
    assert.ok(await connections.open(id));
    assert.ok(![...profile.memento.saved.values()].join("").includes("s3cret"));
    const next = profile.open({ secrets: brokenSecrets() }).connections;
    assert.equal((await next.secretsSet(id)).size, 0);
  });

  it("notice a store that loses what it is given", async () => {
    const forgetful = {
      get: async () => undefined,
      store: async () => {},
      delete: async () => {},
    };
    const { connections } = newProfile().open({ secrets: forgetful });
    const { id } = await connections.save(draft);
    assert.ok(connections.sessionOnly(id));
    await connections.forget(id);
    assert.ok(!connections.sessionOnly(id));
  });
});
