import assert from "node:assert/strict";
import type { Kernels } from "../../src/engine/kernels.ts";
import { Repository } from "../../src/engine/repository.ts";
import { restore } from "../../src/engine/restore.ts";
import { planRestore } from "../../src/engine/restorePlan.ts";
import {
  countedStorage,
  passphrase,
  testKernels,
  testOptions,
  withTemporaryFolder,
} from "./openRepository.ts";
import { saveTree, type SampleFolder } from "./sampleSnapshot.ts";

// Requests cost money and, far away, a tenth of a second each: none is sent that is not needed.
describe("the requests to a storage", () => {
  let kernels: Kernels;
  before(async () => {
    kernels = await testKernels();
  });
  after(async () => {
    await kernels.dispose();
  });

  const sample: SampleFolder = Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [`folder ${i}`, { file: `content ${i}` }]),
  );

  it("are three to open, and one to list snapshots that are known", async () => {
    const { storage, requests } = countedStorage();
    const made = await Repository.init(testOptions(storage, kernels), passphrase);
    await saveTree(made, sample);
    requests.length = 0;
    const repository = await Repository.open(testOptions(storage, kernels), passphrase);
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
      const made = await Repository.init(testOptions(storage, kernels), passphrase);
      const snapshot = await saveTree(made, sample);
      const options = testOptions(storage, kernels, { cacheFolder });
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

  it("are one for many files that lie side by side", async () => {
    await withTemporaryFolder(async (work) => {
      const { storage, requests } = countedStorage();
      const repository = await Repository.init(testOptions(storage, kernels), passphrase);
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
