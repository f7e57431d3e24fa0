import assert from "node:assert/strict";
import { diagnose, type Diagnosis } from "../../../src/app/connections/diagnose.ts";
import { never } from "../../../src/base/abort.ts";
import { openStorage, type Target } from "../../../src/storage/open.ts";
import { s3 } from "../../../src/storage/providers/s3/s3.ts";
import { webdav } from "../../../src/storage/providers/webdav/webdav.ts";
import { startApache } from "../../servers/apache.ts";
import { startFaults } from "../../servers/faults.ts";
import { resolveBelowLocalhost } from "../../servers/localhost.ts";
import { startNginxDav } from "../../servers/nginxDav.ts";
import { orSkip, type Server } from "../../servers/process.ts";
import { startRcloneDav } from "../../servers/rcloneDav.ts";
import { startSabreDav } from "../../servers/sabreDav.ts";
import { sharedCeph } from "../../servers/shared.ts";
import { startSwift } from "../../servers/swift.ts";
import { withBucket } from "../../servers/buckets.ts";
import { newProfile } from "../connectionPorts.ts";
import { quietLog } from "../ports.ts";

resolveBelowLocalhost();

type Outcomes = Readonly<Record<string, string>>;

async function outcomesOf(target: Target): Promise<{ seen: Outcomes; diagnosis: Diagnosis }> {
  const diagnosis = await diagnose(target, {
    signal: never,
    onFinding: () => {},
    log: quietLog(),
    probe: "test",
    mayBeLarge: true,
  });
  const storage = await openStorage({ ...target, found: diagnosis.found }, () => {});
  assert.deepEqual((await storage.page("")).entries, [], "nothing is left");
  assert.equal(diagnosis.left, undefined);
  return {
    diagnosis,
    seen: Object.fromEntries(diagnosis.findings.map(({ check, outcome }) => [check, outcome])),
  };
}

function includes(seen: Outcomes, expected: Outcomes): void {
  assert.deepEqual(
    Object.fromEntries(Object.keys(expected).map((check) => [check, seen[check]])),
    expected,
  );
}

const sound: Outcomes = {
  list: "yes",
  write: "yes",
  read: "yes",
  range: "yes",
  copy: "yes",
  deleteMany: "yes",
  cleanUp: "yes",
};

describe("diagnosing real servers", function () {
  this.timeout(120_000);
  const running: Server[] = [];
  after(async () => await Promise.all(running.map((server) => server.stop())));

  it("finds that Ceph heeds conditions, and what else it can do", async function () {
    const ceph = await orSkip(this, sharedCeph);
    const isNew = ceph.version >= 20;
    const { seen, diagnosis } = await outcomesOf({
      provider: s3,
      preset: "other",
      answers: await withBucket(ceph.answers),
    });
    includes(seen, {
      ...sound,
      ifAbsent: "yes",
      ifMatch: "yes",
      pathStyle: "yes",
      virtualHost: "yes",
      listV1: "yes",
      listV2: "yes",
      urlEncoding: "yes",
      paging: "yes",
      signedBody: "yes",
      contentMd5: "yes",
      multipart: "yes",
      conditionalParts: isNew ? "yes" : "ignored",
      conditionalCopy: isNew ? "yes" : "ignored",
      conditionalDeletion: isNew ? "yes" : "ignored",
      checksum: isNew ? "yes" : "ignored",
      copyIfAbsent: "ignored",
      multipartEtag: "yes",
      presign: "yes",
      versioning: "no",
      cors: "no",
      clock: "yes",
    });
    const capabilities = { ifAbsent: true, ifMatch: true, copyIfAbsent: false };
    assert.deepEqual(diagnosis.found.capabilities, capabilities);
    const service = {
      listVersion: 2,
      urlEncoding: true,
      bareIfMatch: !isNew,
      conditionalParts: isNew,
      maxParts: 10_000,
      partsEtag: true,
      pinsCopies: isNew,
      pinsDeletions: isNew,
    };
    assert.deepEqual(diagnosis.found.service, service);
  });

  it("finds that a service takes fewer parts, and sends larger ones", async function () {
    const ceph = await orSkip(this, sharedCeph);
    const answers = await withBucket(ceph.answers);
    const faults = await startFaults(String(answers["endpoint"]));
    faults.rule(({ url }) => {
      const number = Number(/[?&]partNumber=(\d+)/.exec(url)?.[1] ?? 0);
      const body = "<Error><Code>InvalidArgument</Code></Error>";
      return number > 1000 ? { type: "answer", status: 400, body } : undefined;
    });
    try {
      const there = { ...answers, endpoint: faults.origin };
      const target = { provider: s3, preset: "other", answers: there };
      const { diagnosis } = await outcomesOf(target);
      assert.equal(diagnosis.found.service?.["maxParts"], 1000);
      const storage = await openStorage({ ...target, found: diagnosis.found }, () => {});
      const large = { key: "large", size: 100_000_000_000, signal: never };
      const begun = await storage.extras.uploads?.begin(large);
      assert.ok(begun && begun.partBytes * 1000 >= large.size);
    } finally {
      await faults.stop();
    }
  });

  it("has listings asked for in the way that works, for as long as the usual one does not", async function () {
    const ceph = await orSkip(this, sharedCeph);
    const answers = await withBucket(ceph.answers);
    const faults = await startFaults(String(answers["endpoint"]));
    const { connections } = newProfile(s3).open();
    const there = { ...answers, endpoint: faults.origin };
    const draft = { name: "Own", provider: "s3", preset: "other", answers: there };
    const { id } = await connections.save(draft);
    const trial = { signal: never, onFinding: () => {}, mayBeLarge: false };
    /** How a listing is asked for once the service refuses what `breaks` says. */
    const asked = async (breaks: (query: URLSearchParams) => boolean) => {
      faults.rule(({ method, url }) =>
        method === "GET" && breaks(new URL(url, faults.origin).searchParams)
          ? { type: "answer", status: 501, body: "<Error><Code>NotImplemented</Code></Error>" }
          : undefined,
      );
      await connections.diagnose(id, undefined, trial);
      faults.rule(() => undefined);
      await (await connections.open(id)).page("");
      const query = new URL(faults.passed[0]?.url ?? "", faults.origin).searchParams;
      return [query.get("list-type") ?? "1", query.get("encoding-type")];
    };
    const isSecond = (query: URLSearchParams) => query.has("list-type");
    const goesOn = (query: URLSearchParams) =>
      query.has("marker") || query.has("continuation-token");
    const isEncoded = (query: URLSearchParams) => query.has("encoding-type");
    const usual = ["2", "url"];
    try {
      assert.deepEqual(await asked(isSecond), ["1", "url"]);
      assert.deepEqual(await asked(() => false), usual);
      assert.deepEqual(await asked((query) => isSecond(query) && goesOn(query)), ["1", "url"]);
      assert.deepEqual(await asked((query) => isEncoded(query) && goesOn(query)), ["2", null]);
      assert.deepEqual(await asked(isEncoded), ["2", null]);
      assert.deepEqual(await asked(() => false), usual);
    } finally {
      await faults.stop();
    }
  });

  it("leaves no versions of what verifying wrote, nor the mark of its deletion", async function () {
    const ceph = await orSkip(this, sharedCeph);
    const answers = await withBucket(ceph.answers);
    const { rules, versions } = (await openStorage({ provider: s3, answers }, () => {})).extras;
    await rules?.setVersioning({ on: true, signal: never });
    const { connections } = newProfile(s3).open();
    const draft = { name: "Own", provider: "s3", preset: "ceph", answers };
    assert.ok(await connections.verify(draft, never, () => {}));
    assert.deepEqual(await versions?.list({ prefix: "", signal: never }), { versions: [] });
  });

  it("leaves nothing, whichever answer is lost before it is cancelled", async function () {
    const ceph = await orSkip(this, sharedCeph);
    const answers = await withBucket(ceph.answers);
    const storage = await openStorage({ provider: s3, preset: "ceph", answers }, () => {});
    const { rules, versions, uploads } = storage.extras;
    assert.ok(rules && versions && uploads);
    await rules.setVersioning({ on: true, signal: never });
    const faults = await startFaults(String(answers["endpoint"]));
    const target = {
      provider: s3,
      preset: "ceph",
      answers: { ...answers, endpoint: faults.origin },
    };
    try {
      for (let lost = 1, isCancelled = true; isCancelled; lost++) {
        const abort = new AbortController();
        let [writes, isLost]: [number, boolean] = [0, false];
        faults.rule(({ method }) => {
          if (isLost) abort.abort(new Error("crossed"));
          isLost ||= (method === "PUT" || method === "POST") && ++writes === lost;
          return isLost && !abort.signal.aborted ? { type: "lose-answer" } : undefined;
        });
        const trial = { onFinding() {}, log: quietLog(), probe: "test", mayBeLarge: false };
        await diagnose(target, { ...trial, signal: abort.signal }).catch((error: unknown) => {
          assert.match(String(error), /crossed/);
        });
        isCancelled = abort.signal.aborted;
        const left: readonly object[] = [
          ...(await versions.list({ prefix: "", signal: never })).versions,
          ...(await uploads.list({ prefix: "", signal: never })).uploads,
        ];
        assert.deepEqual(left, [], `after the answer to write ${lost} was lost`);
      }
    } finally {
      await faults.stop();
    }
  });

  it("finds what Swift makes of S3", async function () {
    const swift = await orSkip(this, startSwift);
    running.push(swift);
    const { seen, diagnosis } = await outcomesOf({
      provider: s3,
      preset: "other",
      answers: await withBucket(swift.answers),
    });
    includes(seen, { ...sound, pathStyle: "yes", listV2: "yes", multipart: "yes" });
    assert.equal(diagnosis.found.capabilities?.ifMatch, false);
  });

  for (const [name, start, conditions, ifMatch] of [
    ["Apache", () => startApache(), "yes", "yes"],
    ["rclone", () => startRcloneDav(), "ignored", "refused"],
    ["nginx", () => startNginxDav(), "ignored", "ignored"],
    ["sabre/dav", () => startSabreDav(), "yes", "ignored"],
  ] as const)
    it(`finds whether ${name} heeds the conditions of HTTP`, async function () {
      const server = await orSkip<Server & { readonly url: string }>(this, start);
      running.push(server);
      const { seen, diagnosis } = await outcomesOf({ provider: webdav, answers: server.answers });
      // Ours hold all the same: by a claim and a MOVE that overwrites nothing.
      includes(seen, {
        ...sound,
        ifAbsent: "yes",
        // By what a MOVE says of its target, which is more than Apache makes of `If-Match` alone.
        ifMatch,
        httpIfNoneMatch: conditions,
        httpIfMatch: conditions,
        davClasses: "yes",
      });
      const capabilities = { ifAbsent: true, ifMatch: ifMatch === "yes", copyIfAbsent: true };
      assert.deepEqual(diagnosis.found.capabilities, capabilities);
    });
});
