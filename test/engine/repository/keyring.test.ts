import assert from "node:assert/strict";
import { utf8 } from "../../../src/base/bytes.ts";
import {
  addKey,
  changePassphrase,
  listKeys,
  removeKey,
} from "../../../src/engine/repository/keyring.ts";
import { fileKey } from "../../../src/engine/format/layout.ts";
import { Repository } from "../../../src/engine/repository/repository.ts";
import { listLocks, unlock } from "../../../src/engine/repository/unlock.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import {
  initRepository,
  openRepository,
  memoryStorage,
  passphrase,
  testOptions,
} from "../openRepository.ts";
import { saveText } from "../sampleSnapshot.ts";

describe("keys and locks of a repository", () => {
  let storage: Storage;
  let repository: Repository;

  beforeEach(async () => {
    storage = await memoryStorage();
    repository = await initRepository(storage);
  });

  const open = async (words: string) => await Repository.open(testOptions(storage), words);
  const wrong = { kind: "wrong-passphrase" };

  it("open it with any of several passphrases", async () => {
    const id = await addKey(repository, "second");
    assert.equal((await open("second")).keyId, id);
    assert.equal((await open(passphrase)).id, repository.id);
    const listed = await listKeys(repository);
    assert.equal(listed.length, 2);
    assert.deepEqual(
      listed.filter(({ isCurrent }) => isCurrent).map((key) => key.id),
      [repository.keyId],
    );
    assert.ok(listed.every(({ username, hostname }) => username === "ann" && hostname === "desk"));
  });

  it("are removed, but for the one in use", async () => {
    const id = await addKey(repository, "second");
    await assert.rejects(removeKey(repository, repository.keyId), RangeError);
    await removeKey(repository, id);
    await assert.rejects(open("second"), wrong);
    assert.equal((await listKeys(repository)).length, 1);
  });

  it("are never all removed, though each of two takes away the other's", async () => {
    await addKey(repository, "second");
    const other = await open("second");
    await removeKey(repository, other.keyId);
    await assert.rejects(removeKey(other, repository.keyId), wrong);
    assert.equal((await open(passphrase)).id, repository.id);
  });

  it("change with the passphrase, as often as wanted", async () => {
    await changePassphrase(repository, "second");
    await changePassphrase(repository, "third");
    for (const old of [passphrase, "second"]) await assert.rejects(open(old), wrong);
    assert.equal((await open("third")).id, repository.id);
    assert.equal((await listKeys(repository)).length, 1);
  });

  it("have the new passphrase kept by whoever keeps them before the old one goes", async () => {
    const keep = async () => {
      for (const known of ["second", passphrase])
        assert.equal((await open(known)).id, repository.id);
      throw new Error("killed");
    };
    await assert.rejects(changePassphrase(repository, "second", { onAdded: keep }), /killed/);
    for (const known of ["second", passphrase]) assert.equal((await open(known)).id, repository.id);
  });

  it("keep the old passphrase if the new one cannot be written", async () => {
    const { capabilities } = storage;
    const failing = Object.assign(Object.create(storage) as Storage, {
      capabilities,
      write: async (key: string, ...rest: [Blob]) => {
        if (key.startsWith("keys/")) throw new Error("no");
        return await storage.write(key, ...rest);
      },
      list: storage.list.bind(storage),
      read: storage.read.bind(storage),
      bytes: storage.bytes.bind(storage),
      delete: storage.delete.bind(storage),
    });
    const over = await openRepository(failing);
    await assert.rejects(changePassphrase(over, "second"), /no/);
    assert.equal((await open(passphrase)).id, repository.id);
  });

  it("show which of them is damaged", async () => {
    const id = await addKey(repository, "second");
    await storage.write(fileKey("keys", id), utf8("{}"));
    const listed = await listKeys(repository);
    assert.deepEqual(
      listed.filter(({ isDamaged }) => isDamaged).map((key) => key.id),
      [id],
    );
    assert.equal((await open(passphrase)).id, repository.id);
  });

  it("are unlocked of what nobody holds, or of all", async () => {
    const lock = { exclusive: true, hostname: "elsewhere", username: "bob", pid: 1 };
    const lockText = (ageMs: number) =>
      JSON.stringify({ time: new Date(Date.now() - ageMs).toISOString(), ...lock });
    const old = await saveText(repository, "locks", lockText(1.9e6));
    const fresh = await saveText(repository, "locks", lockText(0));
    const stale = (await listLocks(repository)).filter((found) => found.stale);
    assert.deepEqual(
      stale.map(({ id }) => id),
      [old],
    );
    assert.deepEqual(await unlock(repository), [old]);
    assert.deepEqual(await unlock(repository), []);
    await assert.rejects(
      repository.withLock("shared", async () => undefined),
      { kind: "locked" },
    );
    assert.deepEqual(await unlock(repository, { all: true }), [fresh]);
    await repository.withLock("exclusive", async () => undefined);
  });
});
