/** What the tests by hand start from: a packaged extension, and machines of their own. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vsixPath } from "../setup/vsix.ts";
import { writeSampleWorkspace } from "./sampleWorkspace.ts";
import { openWorkbench, type Workbench } from "./workbench.ts";

/** A computer with VS Code and Offsite on it, a workspace, and somebody who uses it. */
export interface Machine {
  readonly workspace: string;
  readonly workbench: Workbench;
  /** Closes VS Code and throws the computer away. */
  scrap(): Promise<void>;
}

export interface MachineOptions {
  /** Settings of the user. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** More environment variables, such as `HOME`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** An empty folder is opened instead of the sample. */
  readonly empty?: boolean;
}

/** A new machine with the packaged extension, as `npm run package` has written it. */
export async function newMachine(name: string, options: MachineOptions = {}): Promise<Machine> {
  const vsix = vsixPath();
  if (!existsSync(vsix)) throw new Error("run npm run package first");
  const root = mkdtempSync(join(tmpdir(), `offsite-${name}-`));
  const scrapFiles = () => rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  try {
    const workspace = join(root, "garden-planner");
    if (options.empty === true) mkdirSync(workspace);
    else writeSampleWorkspace(workspace);
    const { settings, environment } = options;
    const workbench = await openWorkbench({
      root: join(root, "machine"),
      workspace,
      vsix,
      ...(settings && { settings }),
      ...(environment && { environment }),
    });
    return {
      workspace,
      workbench,
      async scrap() {
        await workbench.close();
        scrapFiles();
      },
    };
  } catch (error) {
    scrapFiles();
    throw error;
  }
}

/**
 * Makes a suite one story: each step stands on the one before, so after a failure the others are
 * skipped, and a picture of each machine shows the moment (`screenshots/failed-….png`).
 */
export function oneStory(
  suite: Mocha.Suite,
  machines: () => readonly (Machine | undefined)[],
): void {
  suite.timeout(180_000);
  let isOver = false;
  beforeEach(function () {
    if (isOver) this.skip();
  });
  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    isOver = true;
    for (const [index, machine] of machines().entries()) {
      const title = this.currentTest.fullTitle().replaceAll(/\W+/g, "-");
      await machine?.workbench.picture(`failed-${title}-${index}`);
    }
  });
}
