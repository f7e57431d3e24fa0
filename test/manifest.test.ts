/** package.json, package.nls.json and README.md repeat what the code declares. `UPDATE=1` rewrites them. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { providers } from "../src/storage/registry.ts";
import {
  commands,
  keys,
  menus,
  views,
  type CommandDeclaration,
} from "../src/ui/manifest/contributions.ts";
import { settings } from "../src/ui/settings.ts";
import { manifestParts, readmeTables } from "../src/ui/manifest/manifest.ts";

const project = join(import.meta.dirname, "..");
const update = process.env["UPDATE"] === "1";

describe("manifest", () => {
  it("has in package.json what the code declares", () => {
    const written = readJson("package.json");
    const wanted = { ...written, ...manifestParts(providers).manifest };
    expectFile("package.json", json(wanted));
  });

  it("has no more keywords than the Marketplace takes, each once", () => {
    const { keywords } = readJson("package.json");
    assert.ok(Array.isArray(keywords) && keywords.length <= 30, "at most 30");
    assert.equal(new Set(keywords).size, keywords.length);
  });

  it("gives no two commands one name, where VS Code lists them all for their keys", () => {
    const { manifest, texts } = manifestParts(providers);
    const contributes = manifest["contributes"] as { commands: Record<string, string>[] };
    const text = (given = "") => texts[given.slice(1, -1)] ?? given;
    const names = contributes.commands.map(
      ({ category, title }) => `${text(category)}: ${text(title)}`,
    );
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
    assert.ok(names.includes("Offsite Transfers: Retry") && names.includes("Offsite: Retry"));
  });

  it("lets a workspace that nobody trusts set nothing", () => {
    const { capabilities } = manifestParts(providers).manifest as {
      capabilities: { untrustedWorkspaces: { restrictedConfigurations: readonly string[] } };
    };
    assert.deepEqual(
      capabilities.untrustedWorkspaces.restrictedConfigurations,
      Object.keys(settings).map((name) => `offsite.${name}`),
    );
  });

  it("has every title and description in package.nls.json", () => {
    expectFile("package.nls.json", json(manifestParts(providers).texts));
  });

  it("has the tables of providers, commands and settings in the README", () => {
    if (!existsSync(join(project, "README.md"))) return;
    const readme = readFileSync(join(project, "README.md"), "utf8");
    let wanted = readme;
    for (const [name, table] of Object.entries(readmeTables(providers)))
      wanted = wanted.replace(
        new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- /${name} -->)`),
        (_, start: string, end: string) => `${start}\n${table}\n${end}`,
      );
    expectFile("README.md", wanted);
  });

  it("offers every command somewhere: in the palette, a menu, a row, a welcome or by a key", () => {
    const offered = new Set(
      Object.values(menus).flatMap((entries) =>
        entries.map((entry): string => ("command" in entry ? entry.command : entry.submenu)),
      ),
    );
    const clicked = new Set([
      "loadMore",
      "enterContainer",
      "moreBackups",
      "explainBackup",
      "showProgress",
    ]);
    const pressed = new Set<string>(keys.map(({ command }) => command));
    const isReached = (id: string) => offered.has(id) || clicked.has(id) || pressed.has(id);
    const declared: readonly (readonly [string, CommandDeclaration])[] = Object.entries(commands);
    for (const [id, { palette }] of declared)
      assert.ok(palette !== false || isReached(id), `${id} cannot be reached`);
  });

  it("names views and commands that exist in its conditions", () => {
    const conditions = Object.values(menus).flatMap((entries) => entries.map(({ when }) => when));
    for (const condition of conditions)
      for (const [, view = ""] of (condition ?? "").matchAll(/view == offsite\.(\w+)/g))
        assert.ok(Object.hasOwn(views, view), `no view ${view}`);
  });
});

function readJson(name: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(project, name), "utf8"));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function expectFile(name: string, wanted: string): void {
  const path = join(project, name);
  if (update) writeFileSync(path, wanted);
  const written = existsSync(path) ? readFileSync(path, "utf8") : "";
  assert.equal(written, wanted, `${name} is behind the code: run the tests with UPDATE=1`);
}
