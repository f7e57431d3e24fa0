/**
 * `l10n/bundle.l10n.json` holds every sentence of the code, for translators to start from.
 * `UPDATE=1` writes it anew: `UPDATE=1 npx mocha test/l10n.test.ts`.
 */
import assert from "node:assert/strict";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

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

describe("the sentences of the code", () => {
  it("are all in the bundle that translations are made from, and no others", () => {
    const bundle = Object.fromEntries(sentences().map((sentence) => [sentence, sentence]));
    if (process.env["UPDATE"]) {
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
