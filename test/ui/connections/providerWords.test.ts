import assert from "node:assert/strict";
import { providers } from "../../../src/storage/registry.ts";
import { choices, formAfterPick } from "../../../src/ui/connections/form.ts";
import { choicesIn, formIn, problemsIn } from "../../../src/ui/connections/providerWords.ts";
import { plain } from "../translate.ts";

/** A language in which every sentence stands in brackets. */
const bracketed: typeof plain = (message, ...values) => `⟦${plain(message, ...values)}⟧`;

/** What a person does not read as a sentence: names, answers, and what the page goes by. */
const wordless = new Set(
  "id icon keywords choice name suggestedName value keysPage looksUp type format when default unless".split(
    " ",
  ),
);

/** Every text that the page shows, by where it stands. */
function shown(value: unknown, path = ""): readonly (readonly [path: string, text: string])[] {
  if (typeof value === "string") return value === "" ? [] : [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(([key]) => Array.isArray(value) || isMeaning(path) || !wordless.has(key))
    .flatMap(([key, one]) => shown(one, `${path}.${key}`));
}

/** Below these, keys are answers to choose from. */
function isMeaning(path: string): boolean {
  return path.endsWith(".options") || path.endsWith(".suggestions");
}

describe("the connection form in another language", () => {
  const all = choices(providers);

  it("shows the services in it", () => {
    for (const [path, text] of shown(choicesIn(bracketed, all)))
      assert.match(text, /^⟦.*⟧$/s, path);
  });

  for (const { id, label, retired } of all.filter((choice) => choice.retired === undefined))
    it(`asks for all of ${label} in it`, () => {
      const draft = { choice: "", name: "", readOnly: false, answers: {} };
      const form = formAfterPick(providers, id, draft, new Set());
      assert.ok(form, retired);
      const texts = shown(formIn(bracketed, form));
      assert.ok(texts.length > 1);
      for (const [path, text] of texts) assert.match(text, /^⟦.*⟧$/s, `${path}: ${text}`);
    });

  it("says in it what is wrong with an answer", () => {
    const s3 = providers.find(({ id }) => id === "s3");
    const answers = { endpoint: "nowhere", timeout: -1 };
    const problems = s3?.problems(answers, "ceph") ?? [];
    const label = (field: string) => s3?.field(field, "ceph")?.label ?? "";
    const texts = problemsIn(bracketed, problems, label).map(({ text }) => text);
    assert.ok(texts.includes("⟦⟦Secret key⟧ is missing.⟧"), texts.join());
    assert.ok(texts.some((text) => text.startsWith("⟦⟦Timeout⟧ is a whole number from")));
    // The log reads the same.
    const english = problemsIn(plain, problems, label).map(({ text }) => text);
    assert.deepEqual(
      problems.map(({ text }) => text),
      english,
    );
  });
});
