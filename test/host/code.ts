/**
 * A stand-in for desktop VS Code's `code` executable: takes the arguments that `@vscode/test-electron`
 * gives it, runs the tests in code-server's extension host, and exits with their result.
 */
import { mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { launchBrowser } from "./browser.ts";
import { startServer } from "./server.ts";

const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: {
    extensionDevelopmentPath: { type: "string", multiple: true },
    extensionTestsPath: { type: "string" },
    "user-data-dir": { type: "string" },
    "extensions-dir": { type: "string" },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const root = mkdtempSync(join(tmpdir(), "offsite-code-"));
  const output = join(root, "output.log");
  writeFileSync(output, "");
  const stopPrinting = printAsItGrows(output);
  const server = await startServer({
    root,
    ...(typeof values["user-data-dir"] === "string" ? { userData: values["user-data-dir"] } : {}),
    ...(typeof values["extensions-dir"] === "string"
      ? { extensions: values["extensions-dir"] }
      : {}),
    environment: { OFFSITE_TESTS: tests(), OFFSITE_TEST_OUTPUT: output },
    development: {
      extensions: (values["extensionDevelopmentPath"] ?? []).map((path) => resolve(String(path))),
      tests: join(import.meta.dirname, "output.cjs"),
    },
  });
  const browser = await launchBrowser(join(root, "profile"));
  try {
    const page = browser.pages()[0] ?? (await browser.newPage());
    const finished = Promise.withResolvers<number>();
    // The workbench reports through these two functions when it finds them.
    await page.exposeFunction("codeAutomationLog", () => {});
    await page.exposeFunction("codeAutomationExit", (code: number) => finished.resolve(code));
    page.on("crash", () => finished.resolve(70));
    await page.goto(server.open(positionals.map(String).find((path) => path.startsWith("/"))));
    const seconds = Number(process.env["OFFSITE_HOST_TIMEOUT"] ?? 300);
    return await Promise.race([finished.promise, givingUp(seconds)]);
  } finally {
    await browser.close();
    await server.stop();
    stopPrinting();
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

function tests(): string {
  const path = values["extensionTestsPath"];
  if (typeof path !== "string") throw new Error("--extensionTestsPath is missing");
  return resolve(path);
}

async function givingUp(seconds: number): Promise<number> {
  await delay(seconds * 1_000, undefined, { ref: false });
  console.error(`The tests in VS Code did not end within ${seconds} seconds.`);
  return 124;
}

function printAsItGrows(path: string): () => void {
  const file = openSync(path, "r");
  const buffer = Buffer.alloc(1 << 16);
  const print = () => {
    for (let n = readSync(file, buffer); n > 0; n = readSync(file, buffer)) {
      process.stdout.write(buffer.subarray(0, n));
    }
  };
  const timer = setInterval(print, 50);
  return () => {
    clearInterval(timer);
    print();
  };
}
