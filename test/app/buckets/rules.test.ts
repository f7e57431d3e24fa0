import assert from "node:assert/strict";
import { readRules, saveRules } from "../../../src/app/buckets/rules.ts";
import { StorageError } from "../../../src/storage/errors.ts";
import { failsWith } from "../../storage/failsWith.ts";
import { versionedStore } from "../objects/versionedStore.ts";

const web = [{ origins: ["*"], methods: ["GET"] }];
const old = [{ id: "old", enabled: true, prefix: "", expireOldVersionsDays: 30 }];

describe("the rules of a bucket", () => {
  it("are saved one by one, and only those that differ", async () => {
    const { storage, asked } = versionedStore();
    const before = await readRules(storage);
    await saveRules(storage, before, { ...before, lifecycle: old });
    assert.deepEqual(asked, ["rules.setLifecycle"]);
    assert.deepEqual((await readRules(storage)).lifecycle, old);
  });

  it("are not saved over somebody else's", async () => {
    const { storage } = versionedStore();
    const before = await readRules(storage);
    await saveRules(storage, before, { ...before, cors: web });
    const ours = [{ origins: ["https://a.example"], methods: ["PUT"] }];
    await failsWith({ kind: "conflict" }, saveRules(storage, before, { ...before, cors: ours }));
    assert.deepEqual((await readRules(storage)).cors, web);
  });

  it("can be saved again after half of it failed", async () => {
    const { storage } = versionedStore();
    const before = await readRules(storage);
    await saveRules(storage, before, { ...before, cors: web });
    await saveRules(storage, before, { ...before, cors: web, lifecycle: old });
    assert.deepEqual((await readRules(storage)).lifecycle, old);
  });

  it("are shown as far as the service offers them", async () => {
    const { storage } = versionedStore();
    const { rules } = storage.extras;
    assert.ok(rules);
    const refuse = async () => Promise.reject(new StorageError("unsupported", "no such thing"));
    Object.assign(rules, { lifecycle: refuse });
    assert.deepEqual(await readRules(storage), { versioning: "on", cors: [] });
  });
});
