/**
 * Runs `dist/test/index.js` inside a real VS Code: the one named by `VSCODE_EXECUTABLE_PATH`, else a
 * downloaded desktop VS Code, else code-server behind a stand-in for the `code` executable.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { downloadAndUnzipVSCode, runTests } from "@vscode/test-electron";
import { hasDisplay } from "../setup/machine.ts";
import { writeSampleWorkspace } from "./sampleWorkspace.ts";

const project = join(import.meta.dirname, "..", "..");
const root = mkdtempSync(join(tmpdir(), "offsite-host-"));
const workspace = join(root, "workspace");
writeSampleWorkspace(workspace);
try {
  await runTests({
    vscodeExecutablePath: await executable(),
    extensionDevelopmentPath: project,
    extensionTestsPath: join(project, "dist", "test", "index.js"),
    launchArgs: [workspace, "--disable-workspace-trust", `--user-data-dir=${join(root, "user")}`],
  });
} catch (error) {
  // The tests' own output has said all there is to say.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}

async function executable(): Promise<string> {
  const named = process.env["VSCODE_EXECUTABLE_PATH"];
  if (named) return named;
  const standIn = join(import.meta.dirname, "code.mjs");
  if (!hasDisplay()) {
    console.log("VS Code: code-server, because a desktop VS Code could show no window here.");
    return standIn;
  }
  try {
    return await downloadAndUnzipVSCode({ timeout: 15_000 });
  } catch (error) {
    console.log(`VS Code: code-server, because the desktop's download failed (${String(error)}).`);
    return standIn;
  }
}
