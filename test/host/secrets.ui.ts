import assert from "node:assert/strict";
import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createBucket } from "../servers/buckets.ts";
import { startCeph, type Ceph } from "../servers/ceph.ts";
import { orSkip } from "../servers/process.ts";
import { newConnection } from "./form.ts";
import { newMachine, oneStory, type Machine } from "./machine.ts";
import { until } from "./waiting.ts";

describe("secrets, with the log at its most talkative", function () {
  const wrong = "a-wrong-secret-7c1f";
  const passphrase = "an unmistakable passphrase 9a3e";
  let ceph: Ceph | undefined;
  let machine: Machine;
  oneStory(this, () => [machine]);

  before(async function () {
    ceph = await orSkip(this, startCeph);
    await createBucket(ceph.answers, "backups");
    machine = await newMachine("secrets");
    const { workbench, workspace } = machine;
    const payload = encodeURIComponent(JSON.stringify([["logLevel", "trace"]]));
    await workbench.page.goto(`${workbench.server.open(workspace)}&payload=${payload}`);
    await workbench.ready();
  });
  after(async () => {
    await machine?.scrap();
    await ceph?.stop();
  });

  it("are used to sign in, in vain and well, and to back up", async () => {
    const { workbench } = machine;
    const { endpoint, accessKeyId, secretAccessKey } = ceph?.answers ?? {};
    const form = await newConnection(workbench);
    await form.choose("Ceph");
    await form.fillAll({ endpoint: String(endpoint), accessKeyId: String(accessKeyId) });
    await form.fillAll({ secretAccessKey: wrong, name: "Storage" });
    assert.equal((await form.verify()).ok, false);
    await form.fill("secretAccessKey", String(secretAccessKey));
    assert.equal((await form.verify()).ok, true);
    await form.save();
    await workbench.command("Offsite: Back Up Workspace");
    await workbench.asked("Where to?");
    await workbench.pick("Storage");
    await workbench.asked("Which bucket?");
    await workbench.pick("backups");
    await workbench.asked("Which folder?");
    await workbench.pick("offsite/garden-planner");
    await workbench.asked("What shall open the repository?");
    await workbench.pick("Type my own");
    for (const prompt of ["The passphrase of the new repository", "The same passphrase again"]) {
      await workbench.asked(prompt);
      await workbench.answer(passphrase);
    }
    await workbench.asked("What will be backed up");
    await workbench.pick("Back Up");
    await workbench.told("Backed up");
  });

  it("are in no log, setting or other file of VS Code or the workspace", async () => {
    const { workbench, workspace } = machine;
    let files: readonly string[] = [];
    // VS Code writes it down when it finds the time.
    await until("the log tells what went on", async () => {
      files = [join(workbench.root, "user"), workspace].flatMap(filesBelow);
      const logs = files.filter((path) => path.endsWith("Offsite.log"));
      const logged = logs.map((path) => readFileSync(path, "utf8")).join("");
      return /write "offsite\/garden-planner\/snapshots\//.test(logged);
    });
    const secrets = [wrong, passphrase, String(ceph?.answers["secretAccessKey"])];
    for (const path of files) {
      const content = readFileSync(path, "latin1");
      for (const secret of secrets)
        for (const form of [secret, encodeURIComponent(secret), btoa(secret)])
          assert.ok(!content.includes(form), `${path} holds ${form}`);
    }
  });
});

function filesBelow(folder: string): string[] {
  const isFile = (entry: Dirent) => entry.isFile();
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(isFile)
    .map(({ parentPath, name }) => join(parentPath, name));
}
