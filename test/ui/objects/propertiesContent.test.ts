import assert from "node:assert/strict";
import type { Properties } from "../../../src/app/objects/properties.ts";
import { parseFromPanel, type Part } from "../../../src/ui/panels/panelMessages.ts";
import {
  editedProperties,
  propertiesContent,
  propertiesDraft,
  propertiesProblems,
} from "../../../src/ui/objects/propertiesContent.ts";
import { plain } from "../translate.ts";

const properties: Properties = {
  details: {
    info: { key: "a/page", size: 12_345, modified: new Date(0), version: "abc" },
    headers: { "content-type": "text/html", "x-odd": "kept" },
    metadata: { author: "Ada" },
    versionId: "v1",
    checksum: { algorithm: "sha256", value: "q83v" },
  },
  tags: { project: "garden" },
};
const subject = {
  name: "page",
  address: "s3://bucket/a/page",
  properties,
  isReadOnly: false,
  storageClasses: { STANDARD: { label: "Standard" }, GLACIER_IR: { label: "Archive" } },
  now: new Date(0),
  t: plain,
};

function parts(content: { readonly sections: readonly { readonly parts: readonly Part[] }[] }) {
  return content.sections.flatMap((section) => section.parts);
}

describe("the panel of properties", () => {
  it("changes nothing when its fields are as they were, not even headers it has no field for", () => {
    const { headers, metadata } = properties.details;
    assert.deepEqual(editedProperties(properties, propertiesDraft(properties)), {
      headers,
      metadata,
      tags: properties.tags,
    });
  });

  it("removes a header whose field is emptied", () => {
    const draft = { ...propertiesDraft(properties), "header.content-type": " " };
    assert.deepEqual(editedProperties(properties, draft).headers, { "x-odd": "kept" });
  });

  it("names the storage class only if there is one, or another was chosen", () => {
    const draft = propertiesDraft(properties);
    assert.equal(editedProperties(properties, draft).storageClass, undefined);
    const colder = { ...draft, storageClass: "GLACIER_IR" };
    assert.equal(editedProperties(properties, colder).storageClass, "GLACIER_IR");
  });

  it("shows everything and asks nothing on a read-only connection, and says why", () => {
    const content = propertiesContent({ ...subject, isReadOnly: true });
    assert.equal(content.saving, undefined);
    assert.ok(parts(content).every(({ type }) => type === "fact" || type === "note"));
    assert.ok(parts(content).some((part) => part.type === "note" && /read-only/.test(part.text)));
    assert.ok(parts(content).some((part) => part.type === "fact" && part.value === "garden"));
  });

  it("does not offer to change what lies in an archive", () => {
    const details = { ...properties.details, archive: "archived" as const };
    const content = propertiesContent({ ...subject, properties: { details } });
    assert.equal(content.saving, undefined);
    assert.ok(
      parts(content).some(({ type }) => type === "button"),
      "but to request it",
    );
  });

  it("does not offer to change, or to request again, what is on its way from an archive", () => {
    const details = { ...properties.details, archive: "restoring" as const };
    const content = propertiesContent({ ...subject, properties: { details } });
    assert.equal(content.saving, undefined);
    assert.ok(parts(content).every(({ type }) => type === "fact" || type === "note"));
  });

  it("says until when a copy from an archive can be read", () => {
    const readableUntil = new Date(2029, 11, 21);
    const archive = "restored" as const;
    const details = { ...properties.details, archive, readableUntil };
    const content = propertiesContent({ ...subject, properties: { details } });
    assert.ok(
      parts(content).some(
        (part) => part.type === "fact" && part.value === "readable until 2029-12-21 00:00:00",
      ),
    );
    assert.ok(parts(content).some((part) => part.type === "note" && /back/.test(part.text)));
  });

  for (const [title, fields, field] of [
    ["an umlaut in a header", { "header.content-language": "Döner" }, "header.content-language"],
    ["a date that is none", { "header.expires": "soon" }, "header.expires"],
    ["metadata with a blank in its name", { metadata: [["my name", "x"]] }, "metadata"],
    [
      "two metadata of one name",
      {
        metadata: [
          ["A", "x"],
          ["a", "y"],
        ],
      },
      "metadata",
    ],
    ["metadata that is too long", { metadata: [["a", "x".repeat(2048)]] }, "metadata"],
    ["a tag without a name", { tags: [["", "x"]] }, "tags"],
    ["eleven tags", { tags: Array.from({ length: 11 }, (_, n) => [`t${n}`, ""]) }, "tags"],
    ["a tag's value that is too long", { tags: [["a", "x".repeat(257)]] }, "tags"],
  ] as const) {
    it(`marks ${title}`, () => {
      const draft = { ...propertiesDraft(properties), ...fields } as never;
      const [problem] = propertiesProblems(draft, plain);
      assert.equal(problem?.field, field);
      assert.match(problem?.text ?? "", /\.$/);
    });
  }

  it("finds nothing wrong with what is stored", () => {
    assert.deepEqual(propertiesProblems(propertiesDraft(properties), plain), []);
  });
});

describe("a message of a panel's page", () => {
  it("is taken with the values that make sense, and no others", () => {
    const draft = { name: "x", on: true, pairs: [["a", "b"], ["c"], 7], odd: { nested: 1 } };
    assert.deepEqual(parseFromPanel({ type: "save", before: { name: "" }, draft }), {
      type: "save",
      before: { name: "" },
      draft: { name: "x", on: true, pairs: [["a", "b"]] },
    });
  });

  for (const message of [
    undefined,
    7,
    {},
    { type: "save" },
    { type: "save", draft: {} },
    { type: "act", before: {}, draft: {} },
    { type: "rm" },
  ])
    it(`is ignored if it is ${JSON.stringify(message)}`, () => {
      assert.equal(parseFromPanel(message), undefined);
    });
});
