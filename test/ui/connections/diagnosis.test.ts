import assert from "node:assert/strict";
import { diagnosisPage, type Diagnosed } from "../../../src/ui/connections/diagnosis.ts";
import { plain } from "../translate.ts";

const diagnosed: Diagnosed = {
  name: "Home",
  kind: "MinIO",
  place: "nas.example/photos",
  readOnly: false,
  at: new Date(2026, 10, 21, 12, 0, 0),
  diagnosis: {
    findings: [
      { check: "list", outcome: "yes", ms: 12.4 },
      { check: "ifAbsent", outcome: "ignored", ms: 3 },
      { check: "ifMatch", outcome: "refused", detail: "501 NotImplemented", ms: 3 },
    ],
    found: { capabilities: { ifAbsent: false, ifMatch: false }, service: { listVersion: 1 } },
    requests: 30,
  },
};

describe("the page of a diagnosis", () => {
  it("says what was tried, what came out and what it means", () => {
    const page = diagnosisPage(diagnosed, plain);
    assert.match(page, /^# Diagnosis of “Home”$/m);
    assert.match(page, /MinIO · nas&#46;example\/photos · 2026-11-21 12:00:00/);
    assert.match(page, /\| List \| ✓ yes \|  \| 12 ms \|/);
    assert.match(page, /\| Create only if absent \| ⚠ ignored \|/);
    assert.match(page, /does not heed them/);
    assert.match(page, /first version from now on/);
    assert.doesNotMatch(page, /WebDAV/, "nothing that was not asked");
  });

  it("says what has a condition and what has none", () => {
    const findings = [
      { check: "ifAbsent", outcome: "yes", ms: 3 },
      { check: "ifMatch", outcome: "yes", ms: 3 },
      { check: "copyIfAbsent", outcome: "ignored", ms: 3 },
      { check: "conditionalParts", outcome: "yes", ms: 3 },
    ] as const;
    const page = diagnosisPage(
      { ...diagnosed, diagnosis: { ...diagnosed.diagnosis, findings } },
      plain,
    );
    assert.match(page, /^- Conditional writes are honoured/m);
    assert.match(page, /^- Copies and moves take no condition here/m);
    assert.doesNotMatch(page, /^- Large uploads/m);
  });

  it("does not call it a fault that a bucket has no versions and no rules", () => {
    const findings = [
      { check: "versioning", outcome: "no", detail: "Suspended", ms: 3 },
      { check: "cors", outcome: "no", ms: 3 },
    ] as const;
    const page = diagnosisPage(
      { ...diagnosed, diagnosis: { ...diagnosed.diagnosis, findings } },
      plain,
    );
    assert.match(page, /\| Keeps versions \| – not set up \| Suspended \|/);
    assert.doesNotMatch(page, /✗/);
  });

  it("says that nothing was written, or what could not be deleted", () => {
    assert.match(diagnosisPage({ ...diagnosed, readOnly: true }, plain), /nothing was written/);
    const findings = [{ check: "write", outcome: "unknown", detail: "403", ms: 1 }] as const;
    const unwritten = { ...diagnosed, diagnosis: { ...diagnosed.diagnosis, findings } };
    assert.match(diagnosisPage(unwritten, plain), /Nothing could be written with this key/);
    const left = { ...diagnosed.diagnosis, left: "offsite-probe-7/" };
    assert.match(diagnosisPage({ ...diagnosed, diagnosis: left }, plain), /`offsite-probe-7\/`/);
  });

  it("shows a service's words as words, whatever they are", () => {
    const detail = "<img src=x> | [a](command:x) `b`\n# c ![d](https://e.test)";
    const findings = [{ check: "list", outcome: "refused", detail, ms: 1 }] as const;
    const hostile = { ...diagnosed, name: detail, diagnosis: { ...diagnosed.diagnosis, findings } };
    const page = diagnosisPage(hostile, plain);
    assert.doesNotMatch(page, /<img|\]\(|!\[|`b`/);
    assert.equal(page.split("\n").filter((line) => line.startsWith("| List")).length, 1);
  });
});
