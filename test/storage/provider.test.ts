import assert from "node:assert/strict";
import { isStorageError } from "../../src/storage/errors.ts";
import type { Field } from "../../src/storage/fields.ts";
import type { Answers, Provider } from "../../src/storage/provider.ts";
import { providerOf, providers } from "../../src/storage/registry.ts";

describe("Every provider", () => {
  it("has a name of its own, as has every preset within it", () => {
    const ids = providers.flatMap(({ id, presets }) => [
      id,
      ...presets.map((preset) => `${id}/${preset.id}`),
    ]);
    assert.equal(new Set(ids).size, ids.length);
    for (const provider of providers) assert.equal(providerOf(provider.id), provider);
    assert.equal(providerOf("none"), undefined);
  });

  it("refuses to open without an answer it requires, and names the field", async () => {
    for (const provider of providers) {
      const required = Object.entries(provider.fields).filter(
        ([, field]) => "required" in field && field.required,
      );
      assert.ok(required.length > 0, provider.id);
      await assert.rejects(
        provider.open({}),
        (error) =>
          isStorageError(error, "invalid") &&
          required.some(([name]) => name === error.details.field),
      );
    }
  });

  it("declares the extras that its drivers offer, for menus to know before one is opened", async () => {
    for (const provider of providers) {
      const container = provider.container === undefined ? {} : { [provider.container]: "one" };
      const address = provider.fields["url"] ? { url: "http://127.0.0.1/" } : {};
      const driver = await provider.open({ ...answered(provider), ...container, ...address });
      const offered = Object.keys(driver.extras ?? {});
      assert.deepEqual(offered.toSorted(), [...(provider.extras ?? [])].toSorted(), provider.id);
    }
  });

  it("refuses to open without an answer that the chosen service requires", async () => {
    for (const provider of providers)
      for (const { id, requires = [] } of provider.presets)
        for (const name of requires) {
          const field = provider.field(name, id);
          const spares = field?.type === "text" ? field.unless : undefined;
          const answers = { ...answered(provider), ...(spares && { [spares]: "" }), [name]: " " };
          assert.deepEqual(provider.problems(answers), [], "others do without it");
          const [problem] = provider.problems(answers, id);
          assert.equal(problem?.field, name, `${provider.id}/${id}`);
          assert.match(problem.text, /is missing/);
          // A secret is not needed to name a place.
          if (field?.type !== "secret") assert.equal(provider.place(answers, id), "");
          await assert.rejects(
            provider.open(answers, id),
            (error) => isStorageError(error, "invalid") && error.details.field === name,
          );
        }
  });

  it("asks for an S3 service's address where nothing else tells it", () => {
    const s3 = providerOf("s3");
    const asking = s3?.presets.filter(({ requires = [] }) => requires.includes("endpoint"));
    assert.deepEqual(
      asking?.filter(({ retired }) => retired === undefined).map(({ id }) => id),
      ["minio", "ceph", "garage", "seaweedfs", "zadara", "other"],
    );
  });

  it("hides and explains only fields it has, and hides none that has to be answered", () => {
    for (const provider of providers)
      for (const preset of provider.presets) {
        const { id, fields } = provider;
        for (const name of [
          ...(preset.hide ?? []),
          ...(preset.requires ?? []),
          ...Object.keys(preset.asks ?? {}),
          ...Object.keys(preset.values),
        ])
          assert.ok(name in fields, `${id}/${preset.id}: ${name}`);
        for (const name of preset.hide ?? []) {
          const field = provider.field(name, preset.id);
          const isOpen = field && "required" in field && field.required === true;
          // What only another answer makes a question is none while that is hidden, too.
          const isAsked = !field?.when || !preset.hide?.includes(field.when.field);
          assert.ok(
            !isOpen || !isAsked || name in preset.values,
            `${id}/${preset.id} hides ${name}`,
          );
        }
        if (preset.keysPage !== undefined) assert.ok(preset.keysPage.startsWith("https://"));
      }
  });

  it("takes no address with a user or password in it, which would be kept and shown", () => {
    const isAddress = (field: Field) => field.type === "text" && field.format === "url";
    for (const provider of providers)
      for (const [name, field] of Object.entries(provider.fields).filter(([, one]) =>
        isAddress(one),
      ))
        for (const account of ["me:hush@", "me@", ":hush@"]) {
          const answers = { ...answered(provider), [name]: `https://${account}storage.test/dav/` };
          const [problem] = provider.problems(answers);
          assert.deepEqual(problem?.fault, { type: "account" }, `${field.label} of ${provider.id}`);
          assert.ok(!problem.text.includes("hush"));
        }
  });

  it("tells its connections apart without a secret", () => {
    for (const provider of providers) {
      const place = provider.place(answered(provider));
      assert.ok(place !== "" && !place.includes("hush"), `${provider.id}: ${place}`);
    }
  });
});

/** An answer to every question, secrets among them. */
function answered({ fields }: Provider): Answers {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, answerTo(field)] as const),
  );
}

function answerTo(field: Field): string | number | boolean {
  if (field.type === "secret") return "hush";
  if (field.type !== "text") return field.default;
  if (field.format === "part") return "some-place";
  return field.format === "url" ? "https://storage.test/dav/" : "/some/place";
}
