import assert from "node:assert/strict";
import type { BucketRules } from "../../../src/app/buckets/rules.ts";
import {
  afterAct,
  bucketContent,
  bucketDraft,
  bucketProblems,
  bucketRules,
} from "../../../src/ui/buckets/bucketSettingsContent.ts";
import type { Draft } from "../../../src/ui/panels/panelMessages.ts";
import { plain } from "../translate.ts";

const rules: BucketRules = {
  versioning: "on",
  cors: [{ origins: ["https://a.example", "https://b.example"], methods: ["GET"] }],
  lifecycle: [
    { id: "logs", enabled: false, prefix: "logs/", expireDays: 90, rest: { Transitions: [1] } },
  ],
};

function after(button: string, draft: Draft = bucketDraft(rules)): Draft {
  return afterAct(button, draft) ?? {};
}

describe("the panel of a bucket's settings", () => {
  it("changes nothing when its fields are as they were, not even what it has no field for", () => {
    assert.deepEqual(bucketRules(rules, bucketDraft(rules)), rules);
  });

  it("keeps what others have set as it is, also what we would not take or have no field for", () => {
    const odd: BucketRules = {
      cors: [
        {
          origins: ["capacitor://localhost", "null"],
          methods: ["GET", "OPTIONS"],
          headers: [],
          rest: { Vendor: "<Vendor/>" },
        },
      ],
      lifecycle: [{ id: "", enabled: true, prefix: " led by a blank/", expireDays: 100_000 }],
    };
    const draft = bucketDraft(odd);
    assert.deepEqual(bucketProblems(odd, draft, plain), []);
    assert.deepEqual(bucketRules(odd, draft), odd);
    const edited = bucketRules(odd, { ...draft, "cors.0.maxAgeSeconds": "60" }).cors;
    assert.deepEqual(edited?.[0]?.rest, { Vendor: "<Vendor/>" });
  });

  it("lets any website read with one click", () => {
    const { cors } = bucketRules(rules, after("add cors read"));
    assert.equal(cors?.length, 2);
    assert.deepEqual(cors?.[1], {
      origins: ["*"],
      methods: ["GET", "HEAD"],
      headers: ["*"],
      exposed: ["ETag"],
      maxAgeSeconds: 3600,
    });
  });

  it("asks for the address of a website before it can be saved", () => {
    const draft = after("add cors site");
    assert.deepEqual(
      bucketProblems(rules, draft, plain).map(({ field }) => field),
      ["cors.new1.origins"],
    );
    const filled = { ...draft, "cors.new1.origins": "https://c.example" };
    assert.deepEqual(bucketProblems(rules, filled, plain), []);
  });

  it("deletes old versions and gives up uploads by rules of their own, with names of their own", () => {
    const draft = after("add lifecycle uploads", after("add lifecycle versions"));
    assert.deepEqual(bucketRules(rules, draft).lifecycle?.slice(1), [
      { id: "offsite-1", enabled: true, prefix: "", expireOldVersionsDays: 30 },
      { id: "offsite-2", enabled: true, prefix: "", abortUploadsDays: 7 },
    ]);
  });

  it("is as it was when a rule is added and removed", () => {
    const draft = after("remove lifecycle new1", after("add lifecycle versions"));
    assert.deepEqual(draft, bucketDraft(rules));
  });

  it("removes a rule that is stored", () => {
    assert.deepEqual(bucketRules(rules, after("remove cors 0")).cors, []);
  });

  for (const [field, value] of [
    ["cors.0.origins", "example.com"],
    ["cors.0.origins", "https://example.com/path"],
    ["cors.0.methods", "FETCH"],
    ["cors.0.maxAgeSeconds", "an hour"],
    ["lifecycle.0.expireDays", "0"],
    ["lifecycle.0.expireDays", "1.5"],
  ] as const)
    it(`marks “${value}” in ${field}`, () => {
      const [problem] = bucketProblems(rules, { ...bucketDraft(rules), [field]: value }, plain);
      assert.equal(problem?.field, field);
    });

  it("wants a new lifecycle rule to say when", () => {
    const [problem] = bucketProblems(rules, after("add lifecycle objects"), plain);
    assert.equal(problem?.field, "lifecycle.new1.expireDays");
  });

  it("shows what it knows and asks nothing where nothing may be changed", () => {
    const subject = { bucket: "photos", rules, isReadOnly: true, t: plain };
    const { sections, saving } = bucketContent(subject)(bucketDraft(rules));
    assert.equal(saving, undefined);
    const parts = sections.flatMap((section) => section.parts);
    assert.ok(parts.every(({ type }) => type === "fact" || type === "note"));
  });

  it("says what a service does not offer", () => {
    const subject = { bucket: "photos", rules: {}, isReadOnly: false, t: plain };
    const { sections } = bucketContent(subject)(bucketDraft({}));
    assert.equal(sections.length, 3);
    for (const { parts } of sections)
      assert.ok(parts.some((part) => part.type === "note" && /Not offered/.test(part.text)));
    assert.deepEqual(bucketRules({}, bucketDraft({})), {});
  });
});
