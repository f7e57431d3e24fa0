import assert from "node:assert/strict";
import { laidOver, parsePanelState, typedOver } from "../../../src/ui/panels/panelState.ts";

const rules = {
  cors: [["0", ""]],
  "cors.0.origins": "https://a.example",
} as const;

describe("what is kept of a panel", () => {
  it("is read again as it was written", () => {
    const state = {
      version: 1,
      subject: { kind: "properties", at: { connection: "c1", container: "photos", key: "a.jpg" } },
      unsaved: { before: { "header.cache-control": "" }, draft: { "header.cache-control": "no" } },
    };
    assert.deepEqual(parsePanelState(JSON.parse(JSON.stringify(state))), state);
  });

  it("is nothing if we have not written it", () => {
    const at = { connection: "c1", key: "" };
    for (const state of [
      undefined,
      "properties",
      { version: 2, subject: { kind: "bucket", at } },
      { version: 1, subject: { kind: "shell", at } },
      { version: 1, subject: { kind: "bucket", at: { connection: 1, key: "" } } },
    ])
      assert.equal(parsePanelState(state), undefined);
  });
});

describe("what was typed and not saved", () => {
  it("lies over what is stored now, and leaves alone what was not typed", () => {
    const before = { language: "de", type: "text/html" };
    const unsaved = { before, draft: { ...before, type: "text/plain" } };
    assert.deepEqual(laidOver({ language: "fr", type: "text/html" }, unsaved), {
      draft: { language: "fr", type: "text/plain" },
      isPartial: false,
    });
  });

  it("does not hide what somebody else has made of the same field", () => {
    const unsaved = { before: { type: "a" }, draft: { type: "b" } };
    assert.deepEqual(laidOver({ type: "c" }, unsaved), { draft: { type: "c" }, isPartial: true });
  });

  it("is nothing any more once the same is stored", () => {
    const unsaved = { before: { type: "a" }, draft: { type: "b" } };
    assert.deepEqual(laidOver({ type: "b" }, unsaved), { draft: { type: "b" }, isPartial: false });
  });

  it("takes a rule away again, and adds one", () => {
    const added = { ...rules, cors: [...rules.cors, ["new1", ""]], "cors.new1.origins": "*" };
    const draft = added as Parameters<typeof laidOver>[0];
    assert.deepEqual(laidOver(rules, { before: rules, draft }), { draft, isPartial: false });
    const removed = laidOver(rules, { before: rules, draft: { cors: [] } });
    assert.deepEqual(removed, { draft: { cors: [] }, isPartial: false });
  });

  it("takes nothing away that a button has added, and that the page does not show yet", () => {
    const shown = { cors: [], versioning: "on" };
    const cors = [["new1", ""]] as const;
    const now = { ...shown, cors, "cors.new1.origins": "*" };
    for (const draft of [shown, { ...shown, versioning: "off" }]) {
      const whole = { ...now, versioning: draft.versioning };
      assert.deepEqual(typedOver(now, now, { before: shown, draft }), whole);
      assert.deepEqual(typedOver(now, shown, { before: shown, draft }), draft);
    }
  });

  it("never lands on another rule that has taken the place of one", () => {
    const now = { ...rules, "cors.0.origins": "https://b.example", versioning: "off" };
    const before = { ...rules, versioning: "off" };
    const draft = { ...before, "cors.0.origins": "https://a.example https://c.example" };
    assert.deepEqual(laidOver(now, { before, draft: { ...draft, versioning: "on" } }), {
      draft: { ...now, versioning: "on" },
      isPartial: true,
    });
  });
});
