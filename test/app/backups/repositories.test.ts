import assert from "node:assert/strict";
import { utf8 } from "../../../src/base/bytes.ts";
import type { RepositoryPlace } from "../../../src/app/backups/place.ts";
import { type Layer, withLayers } from "../../../src/storage/layers.ts";
import { memoryDriver, memoryProvider } from "../../../src/storage/providers/memory.ts";
import { saveTree } from "../../engine/sampleSnapshot.ts";
import { type Machine, startMachine } from "../machine.ts";
import { Emitter } from "../../../src/base/event.ts";
import { lateMemento } from "../connectionPorts.ts";
import { brokenSecrets, memorySecrets } from "../ports.ts";

describe("the repositories of a computer", () => {
  let provider: ReturnType<typeof memoryProvider>;
  let machine: Machine;
  let place: RepositoryPlace;

  beforeEach(async () => {
    provider = memoryProvider();
    machine = startMachine({ provider });
    const { id } = await machine.connect();
    place = { connection: id, folder: "offsite/site" };
  });

  it("are made, remembered and opened again after a restart without a question", async () => {
    const { repository, remembered } = await machine.repositories.create(place, "open sesame");
    assert.ok(remembered);
    const again = startMachine({ ...machine, provider });
    assert.deepEqual(again.repositories.list(), [
      { id: repository.id, place, lastOpened: "2026-03-01T10:00:00.000Z" },
    ]);
    const opened = await again.repositories.open(place);
    assert.equal(opened.repository.id, repository.id);
    assert.equal((await again.repositories.openKnown(repository.id)).id, repository.id);
  });

  it("keep passphrases in the secret store alone", async () => {
    const { repository } = await machine.repositories.create(place, "open sesame");
    const saved = (machine.secrets as ReturnType<typeof memorySecrets>).saved;
    assert.equal(saved.get(`repository/${repository.id}/passphrase`), "open sesame");
    const state = JSON.stringify([machine.memento.get("repositories"), machine.log.lines]);
    assert.ok(!state.includes("sesame"));
  });

  it("open once for all who ask", async () => {
    await machine.repositories.create(place, "open sesame");
    const again = startMachine({ ...machine, provider }).repositories;
    const [one, other] = await Promise.all([again.open(place), again.open(place)]);
    assert.equal(one.repository, other.repository);
  });

  it("go on opening for others when one stops waiting", async () => {
    await machine.repositories.create(place, "open sesame");
    const again = startMachine({ ...machine, provider }).repositories;
    const impatient = new AbortController();
    const given = again.open(place, undefined, impatient.signal);
    const patient = again.open(place);
    impatient.abort(new Error("enough"));
    await assert.rejects(given, /enough/);
    assert.ok((await patient).repository);
  });

  it("ask for the passphrase on a computer that does not know it, and take no wrong one", async () => {
    const { repository } = await machine.repositories.create(place, "open sesame");
    const other = startMachine({ provider, hostname: "laptop" });
    await other.connect();
    await assert.rejects(other.repositories.open(place), { kind: "wrong-passphrase" });
    await assert.rejects(other.repositories.open(place, "open barley"), {
      kind: "wrong-passphrase",
    });
    assert.deepEqual(other.repositories.list(), []);
    const opened = await other.repositories.open(place, "open sesame");
    assert.equal(opened.repository.id, repository.id);
    assert.equal((await other.repositories.open(place)).repository, opened.repository);
  });

  it("take another passphrase, and remember it", async () => {
    const { repository } = await machine.repositories.create(place, "open sesame");
    const changed = await machine.repositories.changePassphrase(repository, "open barley");
    assert.deepEqual([changed.remembered, changed.left], [true, undefined]);
    const again = startMachine({ ...machine, provider }).repositories;
    assert.equal((await again.open(place)).repository.id, repository.id);
    await assert.rejects(again.open(place, "open sesame"), { kind: "wrong-passphrase" });
  });

  it("remember the new passphrase although the old one could not be removed, and remove it later", async () => {
    const { repository } = await machine.repositories.create(place, "open sesame");
    const { storage } = repository.options;
    const remove = storage.delete.bind(storage);
    storage.delete = async (given, options) => {
      const keys = [...given];
      if (keys.some((key) => key.startsWith("keys/"))) throw new Error("append only");
      await remove(keys, options);
    };
    const { left } = await machine.repositories.changePassphrase(repository, "open barley");
    assert.match(String(left?.error), /append only/);
    assert.equal(await machine.repositories.passphrase(repository.id), "open barley");
    const other = startMachine({ provider, hostname: "laptop" });
    await other.connect();
    for (const words of ["open sesame", "open barley"])
      assert.equal((await other.repositories.open(place, words)).repository.id, repository.id);
    storage.delete = remove;
    await machine.repositories.removeKey(repository, left?.key ?? "");
    await assert.rejects(other.repositories.open(place, "open sesame"), {
      kind: "wrong-passphrase",
    });
  });

  for (const isDone of [false, true])
    it(`open with what is remembered, wherever a change of passphrase ends${isDone ? ", its last request done" : ""}`, async () => {
      let isOver = false;
      for (let requests = 0; !isOver; requests++) {
        let left = Infinity;
        const driver = memoryDriver();
        const dying: Layer = async ({ send }) => {
          if (left-- > 0) return await send();
          if (left === -1 && isDone) await send();
          throw new Error("the computer is off");
        };
        const machine = startMachine({
          provider: { ...provider, open: async () => withLayers(driver, dying) },
        });
        const { id } = await machine.connect();
        const there = { ...place, connection: id };
        const { repository } = await machine.repositories.create(there, "open sesame");
        left = requests;
        isOver = await machine.repositories.changePassphrase(repository, "open barley").then(
          () => left >= 0,
          () => false,
        );
        const restarted = startMachine({
          ...machine,
          provider: { ...provider, open: async () => driver },
        });
        const opened = await restarted.repositories.open(there);
        assert.equal(opened.repository.id, repository.id, `after ${requests}`);
      }
    });

  it("hold a passphrase for the session where the secret store fails, and say so", async () => {
    const forgetful = startMachine({ provider, secrets: brokenSecrets() });
    await forgetful.connect();
    const { repository, remembered } = await forgetful.repositories.create(place, "open sesame");
    assert.equal(remembered, false);
    assert.equal(await forgetful.repositories.passphrase(repository.id), "open sesame");
    const restarted = startMachine({ ...forgetful, provider });
    await assert.rejects(restarted.repositories.open(place), { kind: "wrong-passphrase" });
  });

  it("hold a passphrase for the session where the secret store swallows what it is given", async () => {
    const secrets = { ...brokenSecrets(), get: async () => undefined, store: async () => {} };
    const forgetful = startMachine({ provider, secrets });
    await forgetful.connect();
    const { repository, remembered } = await forgetful.repositories.create(place, "open sesame");
    assert.equal(remembered, false);
    assert.equal(await forgetful.repositories.passphrase(repository.id), "open sesame");
  });

  it("keep their passphrase when a copy of them opens with another", async () => {
    const { repositories, connections } = machine;
    const { repository } = await repositories.create(place, "open sesame");
    const storage = await connections.open(place.connection);
    const copy = { ...place, folder: "copy" };
    for await (const { key } of storage.list("offsite/site/"))
      await storage.write(key.replace("offsite/site/", "copy/"), await storage.bytes(key));
    await repositories.changePassphrase(repository, "open barley");
    const opened = await repositories.open(copy, "open sesame");
    assert.deepEqual([opened.repository.id, opened.copyOf], [repository.id, place]);
    // Its snapshots are looked for in what was opened last.
    assert.equal(await repositories.openKnown(repository.id), opened.repository);
    assert.equal(await repositories.passphrase(repository.id), "open barley");
    assert.deepEqual(
      repositories.list().map((known) => known.place),
      [place],
    );
    const again = startMachine({ ...machine, provider }).repositories;
    assert.equal((await again.open(place)).repository.id, repository.id);
  });

  it("take over the passphrase where they were moved, and the old place is empty", async () => {
    const { repositories, connections } = machine;
    const { repository } = await repositories.create(place, "open sesame");
    const storage = await connections.open(place.connection);
    const moved = { ...place, folder: "moved" };
    for await (const { key } of storage.list("offsite/site/")) {
      await storage.write(key.replace("offsite/site/", "moved/"), await storage.bytes(key));
      await storage.delete([key]);
    }
    const other = startMachine({ provider, hostname: "laptop" });
    await other.connect();
    const there = await other.repositories.open(moved, "open sesame");
    await other.repositories.changePassphrase(there.repository, "open barley");
    const opened = await repositories.open(moved, "open barley");
    assert.equal(opened.copyOf, undefined);
    assert.equal(await repositories.passphrase(repository.id), "open barley");
    assert.deepEqual(repositories.at(moved)?.id, repository.id);
  });

  it("stay known when two windows keep theirs without having seen the other's", async () => {
    const secrets = memorySecrets();
    const shared = { value: "{}" };
    const [hers, his] = [lateMemento(shared), lateMemento(shared)];
    const [toHer, toHim] = [new Emitter<void>(), new Emitter<void>()];
    const one = startMachine({
      provider,
      secrets,
      memento: hers,
      elsewhere: { onDidChange: toHer.event },
    });
    const { id } = await one.connect();
    his.catchUp();
    const two = startMachine({
      provider,
      secrets,
      memento: his,
      elsewhere: { onDidChange: toHim.event },
    });
    const [mine, yours] = ["mine", "yours"].map((folder) => ({ connection: id, folder }));
    assert.ok(mine && yours);
    const { repository } = await one.repositories.create(mine, "open sesame");
    await two.repositories.create(yours, "open barley");
    const comeBack = async () => {
      for (const [memento, told] of [
        [hers, toHer],
        [his, toHim],
      ] as const) {
        memento.catchUp();
        told.fire();
        await new Promise(setImmediate);
      }
    };
    await comeBack();
    const known = () => {
      const next = startMachine({ provider, secrets, memento: lateMemento(shared) });
      return next.repositories.list().map(({ place: { folder } }) => folder);
    };
    assert.deepEqual(known().toSorted(), ["mine", "yours"]);
    hers.catchUp();
    await one.repositories.forget(repository.id);
    await comeBack();
    assert.deepEqual(known(), ["yours"], "what one has removed, the other does not bring back");
  });

  it("say what lies at a place without opening it", async () => {
    const { repositories, connections } = machine;
    assert.deepEqual(await repositories.look(place), { type: "empty" });
    const storage = await connections.open(place.connection);
    await storage.write("offsite/site/notes.txt", utf8("mine"));
    assert.deepEqual(await repositories.look(place), { type: "something-else" });
    await storage.delete(["offsite/site/notes.txt"]);
    const { repository } = await repositories.create(place, "open sesame");
    assert.deepEqual(await repositories.look(place), { type: "repository", snapshots: 0 });
    await saveTree(repository, { "a.txt": "a" });
    const found = await repositories.look(place);
    assert.ok(found.type === "repository" && found.snapshots === 1);
  });

  it("are never made over another", async () => {
    await machine.repositories.create(place, "open sesame");
    await assert.rejects(machine.repositories.create(place, "another"), { kind: "exists" });
  });

  it("fail as not a repository where there is none", async () => {
    await assert.rejects(machine.repositories.open(place, "open sesame"), {
      kind: "not-a-repository",
    });
  });

  it("are forgotten with their passphrase, and nothing else", async () => {
    const { repository } = await machine.repositories.create(place, "open sesame");
    await machine.repositories.forget(repository.id);
    assert.deepEqual(machine.repositories.list(), []);
    assert.equal(await machine.repositories.passphrase(repository.id), undefined);
    assert.deepEqual(await machine.repositories.look(place), { type: "repository", snapshots: 0 });
  });

  it("open anew when their connection was edited", async () => {
    const { repository } = await machine.repositories.create(place, "open sesame");
    const { id, name } = machine.connections.list()[0] ?? assert.fail();
    await machine.connections.rename(id, `${name} two`);
    const opened = await machine.repositories.open(place);
    assert.notEqual(opened.repository, repository);
    assert.equal(opened.repository.id, repository.id);
  });

  it("ignore a saved list of another form", async () => {
    for (const odd of [7, { version: 2 }, { version: 1, repositories: [{ id: 7 }, null, "x"] }]) {
      await machine.memento.update("repositories", odd);
      assert.deepEqual(machine.repositories.list(), []);
    }
  });
});
