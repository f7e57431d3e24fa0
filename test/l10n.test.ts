/**
 * `l10n/bundle.l10n.json` holds every sentence of the code and what providers declare, for translators to start from.
 * `UPDATE=1` writes it anew, and drops from translations what nothing says any more:
 * `UPDATE=1 npx mocha test/l10n.test.ts`. What is not translated stands in English.
 */
import assert from "node:assert/strict";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { providers } from "../src/storage/registry.ts";
import { choices, formAfterPick } from "../src/ui/connections/form.ts";
import { choicesIn, formIn } from "../src/ui/connections/providerWords.ts";

const project = join(import.meta.dirname, "..");
const bundlePath = "l10n/bundle.l10n.json";

/** A call of `t` or `l10n.t`, with a text that stands there as it is. */
const called = /\bt\(\s*("(?:[^"\\]|\\.)*")/g;

function sentences(): readonly string[] {
  const found = new Set<string>();
  for (const file of globSync("src/{app,ui}/**/*.ts", { cwd: project }))
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
      writeTexts(bundlePath, bundle);
    }
    assert.deepEqual(readTexts(bundlePath), bundle);
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

for (const [pattern, original] of [
  ["l10n/bundle.l10n.*.json", bundlePath],
  ["package.nls.*.json", "package.nls.json"],
] as const)
  for (const file of globSync(pattern, { cwd: project }))
    describe(`the translations in ${file}`, () => {
      const english = readTexts(original);
      const read = Object.entries(readTexts(file));

      it("are of texts that there are", () => {
        const known = read.filter(([key]) => Object.hasOwn(english, key));
        if (process.env["UPDATE"] === "1") writeTexts(file, Object.fromEntries(known));
        else assert.deepEqual(read, known);
      });

      it("keep what is filled in, run or typed as it stands", () => {
        for (const [key, translated] of read)
          assert.deepEqual(kept(translated), kept(english[key] ?? translated), key);
      });
    });

/** Places, commands of links and what stands between backticks; a translation may change the order. */
function kept(text: string): readonly string[] {
  const found = text.matchAll(/\{\d+\}|\(command:[\w.]+\)|`[^`]+`|\$\([\w-]+\)/g);
  return [...new Set([...found].map(([whole]) => whole))].toSorted();
}

function readTexts(file: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(project, file), "utf8"));
}

function writeTexts(file: string, texts: Readonly<Record<string, string>>): void {
  writeFileSync(join(project, file), `${JSON.stringify(texts, undefined, 2)}\n`);
}
