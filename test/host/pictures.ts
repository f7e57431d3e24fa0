/**
 * Takes the pictures of README.md, `media/readme/*.png`, in a real VS Code with real servers:
 * `npm run package`, then `node test/host/pictures.ts`.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startStorages } from "../demo/storages.ts";
import { project } from "../setup/processes.ts";
import { newConnection } from "./form.ts";
import { newMachine, type Machine } from "./machine.ts";

const directory = join(project, "media", "readme");
mkdirSync(directory, { recursive: true });

const cache = join(project, ".cache", "pictures");
const storages = await startStorages(cache);
const machine = await newMachine("pictures", { settings: { "breadcrumbs.enabled": false } });
try {
  await machine.workbench.page.setViewportSize({ width: 1120, height: 700 });
  await connect(machine);
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

async function connect({ workbench }: Machine): Promise<void> {
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
  await take("connection", machine);
  await form.fill("bucket", "");
  await form.save();
  await workbench.openOffsite();
  await workbench.expand("Connections", "Home server", "photos");
  await workbench.row("Connections", "leaves").waitFor();
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
  await workbench.notification("Backed up").waitFor({ timeout: 60_000 });
  await workbench.clearNotifications();
  await workbench.command("View: Close All Editors");
}

async function look({ workbench, workspace }: Machine): Promise<void> {
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
  await workbench.editorText();
  await take("overview", machine);
}

async function restore({ workbench }: Machine): Promise<void> {
  const snapshot = workbench.view("Backups").locator(".monaco-list-row[aria-label^=Snapshot]");
  await workbench.menu(snapshot.first(), "Restore…");
  await workbench.asked("Where to?");
  await workbench.pick("Original place");
  await workbench.asked("Nothing has been written yet");
  await take("restore", machine);
}

async function take(name: string, { workbench }: Machine): Promise<void> {
  // What VS Code itself has to say at the start is not the picture's business.
  await workbench.page.getByText("Activating Extensions").waitFor({ state: "hidden" });
  await workbench.page.screenshot({ path: join(directory, `${name}.png`) });
}
