/**
 * Takes the pictures of README.md and of the walkthrough, `media/{readme,walkthrough}/*.png`, in a real VS Code with real servers:
 * `npm run package`, then `node test/host/pictures.ts`.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startStorages } from "../demo/storages.ts";
import { project } from "../setup/processes.ts";
import { newConnection } from "./form.ts";
import { newMachine, type Machine } from "./machine.ts";

const directory = join(project, "media", "readme");
const steps = join(project, "media", "walkthrough");
/** The last one is that of the README's pictures. */
const themesOfSteps = ["light", "dark"] as const;
for (const folder of [directory, steps]) mkdirSync(folder, { recursive: true });

const cache = join(project, ".cache", "pictures");
const storages = await startStorages(cache);
const machine = await newMachine("pictures", {
  settings: { "breadcrumbs.enabled": false, "offsite.transfers.limits": ["2 MB/s"] },
});
try {
  await machine.workbench.page.setViewportSize({ width: 1120, height: 700 });
  await connect(machine);
  await properties(machine);
  await transfer(machine);
  await backUp(machine);
  await look(machine);
  await restore(machine);
} catch (error) {
  await machine.workbench.picture("failed");
  throw error;
} finally {
  await machine.scrap();
  await storages.stop();
  rmSync(cache, { recursive: true, force: true });
}

async function connect(machine: Machine): Promise<void> {
  const { workbench } = machine;
  const home = storages.drafts.find(({ provider }) => provider === "s3");
  if (!home) throw new Error("the pictures need an S3 server");
  const form = await newConnection(workbench);
  await form.choose("Ceph");
  for (const field of ["endpoint", "accessKeyId", "secretAccessKey"]) {
    await form.fill(field, String(home.answers[field]));
  }
  await form.fill("bucket", "photos");
  await form.fill("name", "Home server");
  await form.verify();
  // What was filled in last has scrolled the form down.
  await form.page.locator("#endpoint").hover();
  await workbench.page.mouse.wheel(0, -2000);
  await form.page.locator("#paste").hover();
  await take("connection", machine);
  await takeStep("connect", machine, 350);
  await form.fill("bucket", "");
  await form.save();
  await workbench.openOffsite();
  await workbench.expand("Connections", "Home server", "photos");
  await workbench.row("Connections", "leaves").waitFor();
  await workbench.expand("Connections", "leaves");
  await workbench.command("View: Close All Editors");
  const object = workbench.view("Connections").locator('.monaco-list-row[aria-level="4"]').first();
  await object.click();
  await workbench.page.locator(".tab.active").waitFor();
  await takeStep("browse", machine);
  await workbench.command("View: Close All Editors");
}

async function properties(machine: Machine): Promise<void> {
  const { workbench } = machine;
  const object = workbench.view("Connections").locator('.monaco-list-row[aria-level="4"]').first();
  await workbench.menu(object, "Properties");
  await workbench.webview.getByText("Content-Type").waitFor();
  await take("properties", machine);
  await workbench.command("View: Close All Editors");
}

/** An upload in the middle, which a limit of its own keeps there. */
async function transfer(machine: Machine): Promise<void> {
  const { workbench, workspace } = machine;
  const album = join(workspace, "..", "album");
  mkdirSync(album);
  for (const name of ["harbour", "lake", "mill", "orchard"])
    writeFileSync(join(album, `${name}.raw`), Buffer.alloc(6_000_000, name));
  await workbench.menu(workbench.row("Connections", "photos"), "Upload Folder…");
  await workbench.choosePath(album);
  const row = workbench.row("Transfers", "album");
  await workbench.unfold(row);
  await row.filter({ hasText: /% · [12](\.\d)? MB/ }).waitFor();
  await take("transfers", machine);
  await workbench.menu(row, "Cancel");
  await workbench.command("Offsite: Clear Finished Transfers");
}

async function backUp({ workbench }: Machine): Promise<void> {
  await workbench.command("Offsite: Back Up Workspace");
  await workbench.asked("Where to?");
  await workbench.pick("Home server");
  await workbench.asked("Which bucket?");
  await workbench.pick("backups");
  await workbench.asked("Which folder?");
  await workbench.pick("offsite/garden-planner");
  await workbench.asked("What shall open the repository?");
  await workbench.pick("Generate one for me");
  await workbench.asked("This is the passphrase");
  await workbench.pick("Enter takes it");
  await workbench.asked("What will be backed up");
  await workbench.pick("Back Up");
  await workbench.told("Backed up");
  await workbench.clearNotifications();
  await workbench.command("View: Close All Editors");
}

async function look(machine: Machine): Promise<void> {
  const { workbench, workspace } = machine;
  writeFileSync(
    join(workspace, "notes", "today.md"),
    "- [x] Sow the beans\n- [x] Mend the fence\n",
  );
  writeFileSync(join(workspace, "src", "beds.js"), "export const beds = [];\n");
  rmSync(join(workspace, "README.md"));
  await workbench.openOffsite();
  const repository = workbench.view("Backups").locator(".monaco-list-row").first();
  await workbench.unfold(repository);
  const snapshot = workbench.view("Backups").locator(".monaco-list-row[aria-label^=Snapshot]");
  await workbench.unfold(snapshot.first());
  await workbench.expand("Backups", "notes");
  await workbench.row("Backups", "today.md").click();
  await workbench.editorText(/Sow the beans/);
  // Last in the dark theme, when VS Code has activated what it takes to show the file.
  await takeStep("backup", machine);
  await take("overview", machine);
}

async function restore(machine: Machine): Promise<void> {
  const { workbench } = machine;
  const snapshot = workbench.view("Backups").locator(".monaco-list-row[aria-label^=Snapshot]");
  for (const theme of themesOfSteps) {
    await workbench.theme(theme);
    await workbench.menu(snapshot.first(), "Restore…");
    await workbench.asked("Where to?");
    await workbench.pick("Original place");
    await workbench.asked("Nothing has been written yet");
    await clip(`restore-${theme}`, machine, 180);
    if (theme === "dark") await take("restore", machine);
    await workbench.page.keyboard.press("Escape");
  }
}

async function take(name: string, { workbench }: Machine): Promise<void> {
  // What VS Code itself has to say at the start is not the picture's business.
  await workbench.page.getByText("Activating Extensions").waitFor({ state: "hidden" });
  await workbench.page.screenshot({ path: join(directory, `${name}.png`) });
}

/** A step of the walkthrough, in both themes. */
async function takeStep(name: string, machine: Machine, x = 0): Promise<void> {
  for (const theme of themesOfSteps) {
    await machine.workbench.theme(theme);
    await clip(`${name}-${theme}`, machine, x);
  }
}

/** What matters of the window: a piece of it, which begins at its left edge or further right. */
async function clip(name: string, { workbench }: Machine, x: number): Promise<void> {
  const path = join(steps, `${name}.png`);
  await workbench.page.screenshot({ path, clip: { x, y: 0, width: 760, height: 480 } });
}
