/**
 * Runs inside VS Code's extension host: every `*.host.ts` beside this file, in one mocha.
 * `GREP` narrows it to the tests whose titles contain that text.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import Mocha from "mocha";

export async function run(): Promise<void> {
  const grep = process.env["GREP"];
  const mocha = new Mocha({ timeout: 30_000, forbidOnly: true, ...(grep ? { grep } : {}) });
  for (const name of readdirSync(__dirname)) {
    if (name.endsWith(".host.js")) mocha.addFile(join(__dirname, name));
  }
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} failed in VS Code`);
}
