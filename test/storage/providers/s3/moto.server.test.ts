import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { requestAll } from "../../../../src/app/objects/archive.ts";
import { permissionsFor } from "../../../../src/app/buckets/policy.ts";
import { diagnose } from "../../../../src/app/connections/diagnose.ts";
import {
  readProperties,
  saveProperties,
  type Texts,
} from "../../../../src/app/objects/properties.ts";
import { never as signal } from "../../../../src/base/abort.ts";
import { text, utf8 } from "../../../../src/base/bytes.ts";
import type { Found } from "../../../../src/storage/examination.ts";
import type { Extras } from "../../../../src/storage/extras.ts";
import { openStorage } from "../../../../src/storage/open.ts";
import type { Answers } from "../../../../src/storage/provider.ts";
import { s3 } from "../../../../src/storage/providers/s3/s3.ts";
import type { Storage } from "../../../../src/storage/storage.ts";
import { explain } from "../../../../src/ui/messages.ts";
import { type Moto, startMoto } from "../../../servers/moto.ts";
import { resolveBelowLocalhost } from "../../../servers/localhost.ts";
import { orSkip } from "../../../servers/process.ts";
import { quietLog } from "../../../app/ports.ts";
import { conformance } from "../../conformance/conformance.ts";
import { plain } from "../../../ui/translate.ts";
import { fails, failsWith } from "../../failsWith.ts";
import { stockClient, withBucket } from "../../../servers/buckets.ts";

/**
 * What Amazon has and neither Ceph nor Swift: archives, classes, the order and the limits of its own
 * answers. moto plays it, and what of it holds is found out first, as a user would.
 */
describe("S3 on moto", function () {
  this.timeout(120_000);
  let moto: Moto;
  let found: Found;
  let findings: Readonly<Record<string, string>>;

  before(async function () {
    moto = await orSkip(this, startMoto);
    const trial = { signal, onFinding() {}, log: quietLog(), probe: "test", mayBeLarge: true };
    const target = { provider: s3, preset: "other", answers: await withBucket(moto.answers) };
    const diagnosis = await diagnose(target, trial);
    ({ found } = diagnosis);
    findings = Object.fromEntries(diagnosis.findings.map(({ check, outcome }) => [check, outcome]));
    assert.equal(diagnosis.left, undefined);
  });
  after(async () => await moto?.stop());

  const open = async (answers: Answers): Promise<Storage> => {
    const target = { provider: s3, preset: "other", answers, found, name: "moto" };
    return await openStorage(target, () => {});
  };
  const opened = async (more: Answers = {}) => {
    const storage = await open({ ...(await withBucket(moto.answers)), ...more });
    // All of them are offered.
    return { storage, ...(storage.extras as Required<Extras>) };
  };

  conformance("path style", async () => await open(await withBucket(moto.answers)), {
    extras: ["archive", "details", "links", "rules", "uploads", "versions"],
    pageSize: 1000,
    openMissing: async () => await open({ ...moto.answers, bucket: `missing-${randomUUID()}` }),
    isNewest: true,
    limits: {
      "gives links that do nothing else": "it looks at no signature",
      "gives links that end": "it looks at no signature",
      "knows no upload that never was, or is given up": "it breaks down at a part of one",
      "tells when an upload was begun, if at all": "it says of all that they were begun in 2010",
      "deletes versions of keys that XML cannot carry": "it finds no key with a line break",
    },
  });

  it("is found to hold conditions or to pass over them, and is asked accordingly", async () => {
    for (const held of ["ifAbsent", "ifMatch", "conditionalDeletion"])
      assert.equal(findings[held], "yes", held);
    const holds = (check: string) => findings[check] === "yes";
    const capabilities = { ifAbsent: true, ifMatch: true, copyIfAbsent: holds("copyIfAbsent") };
    assert.deepEqual(found.capabilities, capabilities);
    const { pinsDeletions, pinsCopies, conditionalParts } = found.service ?? {};
    assert.deepEqual(
      [pinsDeletions, pinsCopies, conditionalParts],
      [true, holds("conditionalCopy"), holds("conditionalParts")],
    );
    const { storage } = await opened();
    const { version = "" } = await storage.write("a", utf8("shown"));
    await storage.write("a", utf8("somebody else's"));
    await fails("conflict", storage.delete(["a"], { ifMatch: version }));
    assert.equal(text(await storage.bytes("a")), "somebody else's");
  });

  it("keeps an object in an archive until it has been asked for", async () => {
    const { storage, archive, details } = await opened({ storageClass: "GLACIER" });
    const key = "old/report.txt";
    await storage.write(key, utf8("kept for long"));
    const known = async () => await details.get({ key, signal });
    assert.deepEqual(
      [(await known()).storageClass, (await known()).archive],
      ["GLACIER", "archived"],
    );
    const [row] = await Array.fromAsync(storage.list("old/"));
    assert.ok(row?.type === "object" && row.archived);
    const isArchived = { kind: "unsupported", reason: "archived" } as const;
    await failsWith(isArchived, storage.copy(key, "copy"));
    const error: unknown = await storage.bytes(key).catch((failure: unknown) => failure);
    assert.equal(
      explain(error, plain)?.text,
      "“old/report.txt” lies in an archive and cannot be read at once. Choose “Request from Archive…” on it; hours later it can be.",
    );
    await moto.archiveTakes(3);
    try {
      await archive.request({ key, days: 2, tier: "bulk", signal });
      const states = new Set<string | undefined>();
      for (let asked = 0; asked < 20; asked++) {
        states.add((await known()).archive);
        if (states.size === 1 && states.has("restoring"))
          await failsWith(isArchived, storage.bytes(key));
      }
      assert.deepEqual([...states], ["restoring", "restored"]);
    } finally {
      await moto.archiveTakes(0);
    }
    const { archive: state, readableUntil } = await known();
    assert.equal(state, "restored");
    const days = ((readableUntil?.getTime() ?? 0) - Date.now()) / 86_400_000;
    assert.ok(days > 1 && days < 4, `${days} days`);
    assert.equal(text(await storage.bytes(key)), "kept for long");
    // A change is a copy, which goes into the archive as well, or for good into another class.
    const change = async (metadata: Texts, storageClass: string) => {
      const before = await readProperties(storage, key);
      await saveProperties(storage, before, { ...before.details, metadata, storageClass });
      return (await known()).archive;
    };
    assert.equal(await change({ by: "us" }, "GLACIER"), "archived");
    await archive.request({ key, days: 1, tier: "standard", signal });
    assert.equal(await change({}, "STANDARD_IA"), undefined);
    assert.equal(text(await storage.bytes(key)), "kept for long");
  });

  it("is asked for all that are in its archive, whichever of them is gone", async () => {
    const { storage, details } = await opened({ storageClass: "DEEP_ARCHIVE" });
    const keys = Array.from({ length: 12 }, (_, i) => `${i}`);
    for (const key of keys) if (key !== "3") await storage.write(key, utf8(key));
    const objects = keys.map((key) => ({ storage, key }));
    let count = 0;
    const onRequested = (more: number) => (count += more);
    const refused = await requestAll(objects, { days: 1, tier: "bulk" }, { signal, onRequested });
    assert.deepEqual(
      refused.map(({ key, error }) => [key, error.kind]),
      [["3", "not-found"]],
    );
    assert.equal(count, 11);
    for (const key of ["0", "11"])
      assert.equal((await details.get({ key, signal })).archive, "restored");
  });

  it("keeps what is told of storing an object when anything else of it changes", async () => {
    const { storage, versions, rules } = await opened({
      storageClass: "STANDARD_IA",
      encryption: "aws:kms",
      encryptionKeyId: "offsite-key",
      requesterPays: true,
    });
    await rules.setVersioning({ on: true, signal });
    const key = "a b.txt";
    const tags = { project: "offsite" };
    await storage.write(key, utf8("x"), { details: { headers: {}, metadata: {}, tags } });
    const before = await readProperties(storage, key);
    assert.deepEqual(before.tags, tags);
    const metadata = { note: "ü" };
    await saveProperties(storage, before, { ...before.details, metadata, tags: { other: "1" } });
    const [, first] = (await versions.list({ prefix: key, signal })).versions;
    assert.ok(first);
    for (const expected of [metadata, {}]) {
      const after = await readProperties(storage, key);
      assert.deepEqual(after.details.metadata, expected);
      assert.equal(after.details.storageClass, "STANDARD_IA");
      assert.equal(after.details.encryption, "aws:kms (offsite-key)");
      await versions.restore({ key, id: first.id, signal });
    }
  });

  it("tells the checksum that another program has given an object", async () => {
    const answers = await withBucket(moto.answers);
    const client = stockClient(answers);
    const object = { Bucket: String(answers["bucket"]), Key: "summed", Body: "hello" };
    await client.send(new PutObjectCommand({ ...object, ChecksumAlgorithm: "CRC32C" }));
    client.destroy();
    const storage = await open(answers);
    const known = await storage.extras.details?.get({ key: "summed", signal });
    assert.deepEqual(known?.checksum, { algorithm: "CRC32C", value: "mnG7TA==" });
  });

  it("keeps what we do not know of a rule for what expires", async () => {
    const answers = await withBucket(moto.answers);
    const Bucket = String(answers["bucket"]);
    const client = stockClient(answers);
    const Transitions = [{ Days: 30, StorageClass: "GLACIER" as const }];
    const rule = {
      ID: "cold",
      Status: "Enabled" as const,
      Filter: { Prefix: "logs/" },
      Transitions,
    };
    const LifecycleConfiguration = { Rules: [{ ...rule, Expiration: { Days: 365 } }] };
    await client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }),
    );
    const { rules } = (await open(answers)).extras as Required<Extras>;
    const [known] = await rules.lifecycle({ signal });
    assert.ok(known);
    assert.deepEqual([known.id, known.prefix, known.expireDays], ["cold", "logs/", 365]);
    await rules.setLifecycle({ rules: [{ ...known, expireDays: 400 }], signal });
    const { Rules } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    client.destroy();
    assert.deepEqual(Rules, [{ ...rule, Expiration: { Days: 400 } }]);
  });

  for (const purpose of ["read", "append-only", "full"] as const)
    it(`takes our policy for ${purpose}, of a user and of a bucket`, async () => {
      const answers = await withBucket(moto.answers);
      const bucket = String(answers["bucket"]);
      const request = { preset: "aws", bucket, prefix: "a b/ü/", purpose };
      const policyOf = (more: object) => permissionsFor({ ...request, ...more }, plain).policy;
      // The part of Amazon that keeps users reads a policy more strictly than S3 does.
      const Version = "2010-05-08";
      const PolicyName = `offsite-${randomUUID()}`;
      const asked = {
        Action: "CreatePolicy",
        Version,
        PolicyName,
        PolicyDocument: policyOf({}) ?? "",
      };
      const authorization = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/iam/aws4_request";
      const answer = await fetch(String(answers["endpoint"]), {
        method: "POST",
        headers: { authorization },
        body: new URLSearchParams(asked),
      });
      assert.equal(answer.status, 200, await answer.text());
      const client = stockClient(answers);
      const Policy = policyOf({ principal: "arn:aws:iam::123456789012:user/offsite" });
      await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
      client.destroy();
    });

  it("is reached through an access point as it is by itself", async () => {
    resolveBelowLocalhost();
    const answers = await withBucket(moto.answers);
    const { origin, port } = new URL(String(answers["endpoint"]));
    const bucket = `<Bucket>${String(answers["bucket"])}</Bucket>`;
    const made = await fetch(`${origin}/v20180820/accesspoint/photos`, {
      method: "PUT",
      headers: {
        authorization: "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request",
        "x-amz-account-id": "123456789012",
      },
      body: `<CreateAccessPointRequest>${bucket}</CreateAccessPointRequest>`,
    });
    const arn = /<AccessPointArn>([^<]+)</.exec(await made.text())?.[1];
    const endpoint = `http://s3-accesspoint.us-east-1.localhost:${port}`;
    const [direct, through] = [
      await open(answers),
      await open({ ...answers, endpoint, bucket: arn }),
    ];
    await through.write("a b/ü+.txt", utf8("hello"), {});
    assert.equal(text(await direct.bytes("a b/ü+.txt")), "hello");
    const keys = async () => (await Array.fromAsync(through.list(""))).map(({ key }) => key);
    assert.deepEqual(await keys(), ["a b/ü+.txt"]);
    // Copies name it by its ARN, which moto does not know.
    await through.delete(["a b/ü+.txt"]);
    assert.deepEqual(await keys(), []);
  });
});
