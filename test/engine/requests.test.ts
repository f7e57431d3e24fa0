import assert from "node:assert/strict";
import { check, type CheckRequest } from "../../src/engine/upkeep/check.ts";
import { prune } from "../../src/engine/upkeep/prune.ts";
import { Repository } from "../../src/engine/repository/repository.ts";
import { restore } from "../../src/engine/restore/restore.ts";
import { planRestore } from "../../src/engine/restore/restorePlan.ts";
import {
  initRepository,
  openRepository,
  countedStorage,
  passphrase,
  testOptions,
  withTemporaryFolder,
} from "./openRepository.ts";
import { saveTree, type SampleFolder } from "./sampleSnapshot.ts";

// Requests cost money and, far away, a tenth of a second each: none is sent that is not needed.
describe("the requests to a storage", () => {
  const sample: SampleFolder = Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [`folder ${i}`, { file: `content ${i}` }]),
  );

  it("are three to open, and one to list snapshots that are known", async () => {
    const { storage, requests } = countedStorage();
    const made = await initRepository(storage);
    await saveTree(made, sample);
    requests.length = 0;
    const repository = await openRepository(storage);
    assert.deepEqual(requests.toSorted(), ["list keys/", "read config", "read keys/ID"]);
    requests.length = 0;
    await repository.snapshots();
    assert.deepEqual(requests, ["list snapshots/", "read snapshots/ID"]);
    requests.length = 0;
    await repository.snapshots();
    assert.deepEqual(requests, ["list snapshots/"]);
  });

  it("are one for all folders of a snapshot, and none for what the cache has", async () => {
    await withTemporaryFolder(async (cacheFolder) => {
      const { storage, requests } = countedStorage();
      const made = await initRepository(storage);
      const snapshot = await saveTree(made, sample);
      const options = testOptions(storage, { cacheFolder });
      const walk = async () => {
        const repository = await Repository.open(options, passphrase);
        requests.length = 0;
        for (const node of await repository.tree(snapshot.tree))
          await repository.tree(node.subtree ?? "");
        return requests.map((request) => request.replace(/data\/../, "data/XX"));
      };
      assert.deepEqual(await walk(), ["list index/", "read index/ID", "read data/XX/ID"]);
      assert.deepEqual(await walk(), ["list index/"]);
    });
  });

  it("of a check are one for each file of the repository, and five more", async () => {
    const { storage, requests } = countedStorage();
    const repository = await initRepository(storage);
    for (const second of [1, 2, 3])
      await saveTree(
        repository,
        { ...sample, another: String(second) },
        `2026-01-02T03:04:0${second}Z`,
      );
    const sent = async (readData: CheckRequest["readData"] & object) => {
      requests.length = 0;
      assert.equal((await check(repository, { readData })).sound, true);
      const all = requests.filter((request) => request !== "list locks/");
      return all.map((request) => request.replace(/data\/../, "data/XX")).toSorted();
    };
    const small = ["read index/ID", "read snapshots/ID"].flatMap((name) => [name, name, name]);
    const pack = "read data/XX/ID";
    const rest = ["write locks/ID", "list ", "list index/", "list data/", ...small, "delete "];
    // A pack of folders for each snapshot; reading the data, all packs besides.
    assert.deepEqual(await sent({ type: "none" }), [...rest, pack, pack, pack].toSorted());
    const packs = Array.from({ length: 3 + 6 }, () => pack);
    assert.deepEqual(await sent({ type: "all" }), [...rest, ...packs].toSorted());
  });

  it("of a prune that finds nothing to do are few", async () => {
    const { storage, requests } = countedStorage();
    const made = await initRepository(storage);
    await saveTree(made, sample);
    const repository = await openRepository(storage);
    requests.length = 0;
    await prune(repository);
    assert.ok(requests.length <= 8, requests.join("\n"));
  });

  it("are one for many files that lie side by side", async () => {
    await withTemporaryFolder(async (work) => {
      const { storage, requests } = countedStorage();
      const repository = await initRepository(storage);
      const snapshot = await saveTree(repository, sample);
      const target = `${work}/target`;
      const plan = await planRestore(repository, { snapshot, select: [], base: [], target });
      requests.length = 0;
      const { written } = await restore(repository, plan, `${work}/safety`);
      assert.equal(written, 300);
      assert.deepEqual(
        requests
          .map((request) => request.replace(/data\/../, "data/XX"))
          // Once more if the work takes longer than a listing may lag behind.
          .filter((request) => request !== "list locks/"),
        ["write locks/ID", "list ", "read data/XX/ID", "delete "],
      );
    });
  });
});
