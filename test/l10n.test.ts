/**
 * `l10n/bundle.l10n.json` holds every sentence of the code and what providers declare, for translators to start from.
 * `UPDATE=1` writes it anew: `UPDATE=1 npx mocha test/l10n.test.ts`.
 */
import assert from "node:assert/strict";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { providers } from "../src/storage/registry.ts";
import { choices, formAfterPick } from "../src/ui/connections/form.ts";
import { choicesIn, formIn } from "../src/ui/connections/providerWords.ts";

const project = join(import.meta.dirname, "..");
const bundlePath = join(project, "l10n", "bundle.l10n.json");

/** A call of `t` or `l10n.t`, with a text that stands there as it is. */
const called = /\bt\(\s*("(?:[^"\\]|\\.)*")/g;

function sentences(): readonly string[] {
  const found = new Set<string>();
  for (const file of globSync("src/ui/**/*.ts", { cwd: project }))
    for (const [, quoted = ""] of readFileSync(join(project, file), "utf8").matchAll(called))
      found.add(JSON.parse(quoted) as string);
  return [...found].toSorted();
}

/** What providers declare and the form shows: it is drawn for each of them, and says what it looks up. */
function declared(): readonly string[] {
  const found = new Set<string>();
  const lookUp = (text: string) => (found.add(text), text);
  const services = choicesIn(lookUp, choices(providers));
  for (const { id: choice } of services) {
    const draft = { choice: "", name: "", readOnly: false, answers: {} };
    const form = formAfterPick(providers, choice, draft, new Set());
    if (form) formIn(lookUp, form);
  }
  return [...found];
}

describe("the sentences of the code", () => {
  it("are all in the bundle that translations are made from, and no others", () => {
    const all = [...new Set([...sentences(), ...declared()])].toSorted();
    const bundle = Object.fromEntries(all.map((sentence) => [sentence, sentence]));
    if (process.env["UPDATE"] === "1") {
      mkdirSync(join(project, "l10n"), { recursive: true });
      writeFileSync(bundlePath, `${JSON.stringify(bundle, undefined, 2)}\n`);
    }
    assert.deepEqual(JSON.parse(readFileSync(bundlePath, "utf8")), bundle);
  });

  it("stand in the code as they are, so that a translation can be found", () => {
    const hidden = globSync("src/ui/**/*.ts", { cwd: project }).flatMap((file) =>
      [...readFileSync(join(project, file), "utf8").matchAll(/\bl10n\.t\(\s*[^"\s)].*/g)].map(
        ([call]) => `${file}: ${call}`,
      ),
    );
    assert.deepEqual(hidden, []);
  });

  it("keep their places when they are filled in", () => {
    for (const sentence of sentences()) {
      const places = [...sentence.matchAll(/\{(\w+)\}/g)].map(([, place]) => Number(place));
      const distinct = [...new Set(places)].toSorted((a, b) => a - b);
      assert.deepEqual(
        distinct,
        distinct.map((_, index) => index),
        sentence,
      );
    }
  });
});
