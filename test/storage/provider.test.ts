import assert from "node:assert/strict";
import { isStorageError } from "../../src/storage/errors.ts";
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

  it("hides and explains only fields it has, and hides none that has to be answered", () => {
    for (const { id, fields, presets } of providers)
      for (const preset of presets) {
        for (const name of [
          ...(preset.hide ?? []),
          ...Object.keys(preset.help ?? {}),
          ...Object.keys(preset.values),
        ])
          assert.ok(name in fields, `${id}/${preset.id}: ${name}`);
        for (const name of preset.hide ?? []) {
          const field = fields[name];
          const isOpen = field && "required" in field && field.required === true;
          assert.ok(!isOpen || name in preset.values, `${id}/${preset.id} hides ${name}`);
        }
        if (preset.keysPage !== undefined) assert.ok(preset.keysPage.startsWith("https://"));
      }
  });

  it("tells its connections apart without a secret", () => {
    for (const provider of providers) {
      const answers = Object.fromEntries(
        Object.entries(provider.fields).map(([name, field]) => [
          name,
          field.type === "secret"
            ? "hush"
            : field.type === "text"
              ? field.format === "url"
                ? "https://me:hush@storage.test/dav/"
                : "/some/place"
              : field.default,
        ]),
      );
      const place = provider.place(answers);
      assert.ok(place !== "" && !place.includes("hush"), `${provider.id}: ${place}`);
    }
  });
});
