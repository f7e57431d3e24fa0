import assert from "node:assert/strict";
import { diagnose, type Diagnosis } from "../../../src/app/connections/diagnose.ts";
import { never } from "../../../src/base/abort.ts";
import { utf8 } from "../../../src/base/bytes.ts";
import { openStorage, type Target } from "../../../src/storage/open.ts";
import { memoryProvider } from "../../../src/storage/providers/memory.ts";
import { s3 } from "../../../src/storage/providers/s3/s3.ts";
import { type CarelessS3, startCarelessS3 } from "../../servers/carelessS3.ts";
import { startFaults } from "../../servers/faults.ts";
import { failsWith } from "../../storage/failsWith.ts";
import { newProfile } from "../connectionPorts.ts";
import { quietLog } from "../ports.ts";

const trial = {
  signal: never,
  onFinding: () => {},
  log: quietLog(),
  probe: "1",
  mayBeLarge: false,
};

function outcomes({ findings }: Diagnosis): Readonly<Record<string, string>> {
  return Object.fromEntries(findings.map(({ check, outcome }) => [check, outcome]));
}

describe("diagnosing a storage", () => {
  it("finds that all is well, and leaves nothing", async () => {
    const provider = memoryProvider();
    const target = { provider, answers: { container: "photos" } };
    const diagnosis = await diagnose(target, trial);
    assert.deepEqual(new Set(Object.values(outcomes(diagnosis))), new Set(["yes"]));
    const capabilities = { ifAbsent: true, ifMatch: true, copyIfAbsent: true };
    assert.deepEqual(diagnosis.found.capabilities, capabilities);
    assert.equal(diagnosis.left, undefined);
    const storage = await openStorage(target, () => {});
    assert.deepEqual((await storage.page("")).entries, []);
  });

  it("writes nothing over a read-only connection", async () => {
    const provider = memoryProvider();
    const diagnosis = await diagnose(
      { provider, answers: { container: "photos" }, readOnly: true },
      trial,
    );
    assert.deepEqual(outcomes(diagnosis), { list: "yes" });
    assert.deepEqual(diagnosis.found, {});
  });

  it("cleans up after a cancel, and passes it on", async () => {
    const provider = memoryProvider();
    const target = { provider, answers: { container: "photos" } };
    for (const last of ["list", "write", "range", "copy", "ifAbsent"]) {
      const abort = new AbortController();
      const onFinding = ({ check }: { check: string }) => {
        if (check === last) abort.abort(new Error("crossed"));
      };
      await assert.rejects(
        diagnose(target, { ...trial, signal: abort.signal, onFinding }),
        /crossed/,
        last,
      );
      const storage = await openStorage(target, () => {});
      assert.deepEqual((await storage.page("")).entries, [], last);
    }
  });

  it("says what it could not delete", async () => {
    const memory = memoryProvider();
    const provider = {
      ...memory,
      open: async (answers: object) => {
        const driver = await memory.open({ ...answers });
        return { ...driver, delete: async () => Promise.reject(new Error("no")) };
      },
    };
    const diagnosis = await diagnose({ provider, answers: { container: "photos" } }, trial);
    assert.equal(diagnosis.left, "offsite-probe-1/");
    assert.equal(outcomes(diagnosis)["cleanUp"], "no");
  });
});

describe("diagnosing an S3 that heeds nothing", () => {
  let server: CarelessS3;
  let target: Target;
  before(async () => {
    server = await startCarelessS3();
    const answers = { endpoint: server.url, bucket: "b", accessKeyId: "a", secretAccessKey: "b" };
    // Its preset vouches for conditions, and is wrong here.
    target = { provider: s3, preset: "minio", answers: { ...answers, addressing: "path" } };
  });
  after(async () => await server.stop());

  it("sees through its promises, and goes by what it sees", async () => {
    const diagnosis = await diagnose(target, trial);
    const seen = outcomes(diagnosis);
    assert.deepEqual(
      {
        ifAbsent: seen["ifAbsent"],
        ifMatch: seen["ifMatch"],
        pathStyle: seen["pathStyle"],
        listV1: seen["listV1"],
        listV2: seen["listV2"],
        urlEncoding: seen["urlEncoding"],
        paging: seen["paging"],
        signedBody: seen["signedBody"],
        contentMd5: seen["contentMd5"],
        conditionalCopy: seen["conditionalCopy"],
        versioning: seen["versioning"],
        cors: seen["cors"],
        cleanUp: seen["cleanUp"],
      },
      {
        ifAbsent: "ignored",
        ifMatch: "ignored",
        pathStyle: "yes",
        listV1: "yes",
        listV2: "refused",
        urlEncoding: "no",
        paging: "yes",
        signedBody: "ignored",
        contentMd5: "ignored",
        conditionalCopy: "ignored",
        versioning: "no",
        cors: "no",
        cleanUp: "yes",
      },
    );
    assert.deepEqual(diagnosis.found, {
      capabilities: { ifAbsent: false, ifMatch: false, copyIfAbsent: false },
      service: {
        listVersion: 1,
        urlEncoding: false,
        bareIfMatch: false,
        conditionalParts: false,
        pinsCopies: false,
        pinsDeletions: false,
      },
    });
    assert.equal(server.objects.size, 0, "nothing is left");

    const storage = await openStorage({ ...target, found: diagnosis.found }, () => {});
    assert.equal(storage.capabilities.ifAbsent, false);
    await storage.write("a+b &", new Uint8Array([1]));
    const { entries } = await storage.page("");
    assert.deepEqual(
      entries.map(({ key }) => key),
      ["a+b &"],
    );
    const link = await storage.extras.links?.get({ key: "a+b &", seconds: 60, signal: never });
    assert.equal((await fetch(link ?? "")).status, 200, "a link is made without the other listing");
    await storage.delete(["a+b &"]);
  });

  it("has damaged bodies found by the one digest that the service looks at", async () => {
    const careful = await startCarelessS3({ heedsDigests: true });
    const faults = await startFaults(careful.url);
    try {
      const answers = { ...target.answers, endpoint: faults.origin };
      const diagnosis = await diagnose({ ...target, answers }, trial);
      const { signedBody, contentMd5, checksum } = outcomes(diagnosis);
      assert.deepEqual([signedBody, contentMd5, checksum], ["ignored", "yes", "yes"]);
      const { found } = diagnosis;
      const open = { ...target, answers, found };
      const storage = await openStorage(open, () => {}, { attempts: 1 });
      await storage.write("key", utf8("old"));
      faults.rule(() => ({ type: "damage-request", atByte: 1 }));
      await failsWith({ kind: "corrupt" }, storage.write("key", utf8("new")));
      assert.equal(String(careful.objects.get("key")), "old");
    } finally {
      await faults.stop();
      await careful.stop();
    }
  });

  it("is remembered for the place by verifying alone, in every window", async () => {
    const profile = newProfile(s3);
    const { connections } = profile.open();
    const draft = { name: "Own", provider: "s3", preset: "minio", answers: target.answers };
    const saved = await connections.save(draft);
    assert.equal(
      (await connections.open(saved.id)).capabilities.ifMatch,
      true,
      "as the preset says",
    );
    // The listing of this server works only in a way that the preset does not use.
    await connections.diagnose(saved.id, undefined, trial);
    for (const { connections: seen } of [{ connections }, profile.open()]) {
      const { capabilities } = await seen.open(saved.id);
      assert.deepEqual([capabilities.ifAbsent, capabilities.ifMatch], [false, false]);
    }
    assert.ok(await connections.verify({ ...draft, id: saved.id }, never, () => {}));
    assert.equal(server.objects.size, 0);
    const stored = JSON.stringify(profile.memento.get("findings"));
    assert.ok(!stored.includes("accessKeyId") && !stored.includes('"b"'), stored);
  });
});
