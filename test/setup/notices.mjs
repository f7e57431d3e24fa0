/** The licences of what is bundled. They ask to be passed on with it, and bundling drops them. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** One text about all packages in these outputs of esbuild. Fails if one of them says no licence. */
export function thirdPartyNotices(outputs) {
  const inputs = outputs.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(inputs.flatMap((path) => inPackage.exec(path)?.[1] ?? []));
  // Many packages of one author have one licence, word for word.
  const packagesOf = new Map();
  for (const { name, licence } of [...folders].map(packageIn).toSorted(byName))
    packagesOf.set(licence, [...(packagesOf.get(licence) ?? []), name]);
  const parts = [...packagesOf].map(([licence, names]) => `${names.join("\n")}\n\n${licence}\n`);
  return ["Offsite contains parts of the following packages.\n", ...parts].join(`\n${rule}\n\n`);
}

const rule = "-".repeat(80);

/** The innermost package that a file lies in. */
const inPackage = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

function packageIn(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)\b/i.test(file));
  const texts = files.toSorted().map((file) => readFileSync(join(folder, file), "utf8").trim());
  if (texts.length === 0 && typeof license !== "string")
    throw new Error(`${basename(folder)} says no licence`);
  const licence = texts.length > 0 ? texts.join("\n\n") : `Licence: ${license}`;
  return { name: `${name} ${version}`, licence: licence.replaceAll("\r\n", "\n") };
}

function byName(a, b) {
  return a.name < b.name ? -1 : 1;
}
