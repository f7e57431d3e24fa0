/**
 * Tries the extension by hand: `node esbuild.mjs`, then `node test/host/try.ts script.ts`, where the
 * script exports `run(workbench)`:
 *
 *     import type { Workbench } from "<here>/workbench.ts";
 *     export async function run(workbench: Workbench) {
 *       await workbench.openOffsite();
 *       await workbench.picture("empty");
 *     }
 *
 * The window is a fresh installation with a small workspace in it, gone afterwards. When the script
 * fails, `screenshots/failed.png` shows the moment.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { writeSampleWorkspace } from "./sampleWorkspace.ts";
import { openWorkbench, type Workbench } from "./workbench.ts";

const script = process.argv[2];
if (!script) throw new Error("usage: node test/host/try.ts script.ts");
// What the script exports is the caller's business; a wrong one fails at the call below.
const { run } = (await import(pathToFileURL(resolve(script)).href)) as {
  run(workbench: Workbench): Promise<void>;
};

const root = mkdtempSync(join(tmpdir(), "offsite-try-"));
const project = join(import.meta.dirname, "..", "..");
const workspace = join(root, "workspace");
writeSampleWorkspace(workspace);
const workbench = await openWorkbench({
  root,
  workspace,
  development: { extensions: [project] },
});
try {
  await run(workbench);
} catch (error) {
  await workbench.picture("failed");
  throw error;
} finally {
  await workbench.close();
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}
