/** A process that transfers until it is killed: `node victim.ts '{"answers":…}'`. */
import { Transfers } from "../../../src/app/transfers/transfers.ts";
import { TransferFiles } from "../../../src/engine/disk/transferFiles.ts";
import { openStorage } from "../../../src/storage/open.ts";
import { Pace } from "../../../src/storage/pace.ts";
import { s3 } from "../../../src/storage/providers/s3/s3.ts";
import { testPlacing } from "./queue.ts";

// Written by the test that starts us.
const { answers, state, plan, bytesPerSecond } = JSON.parse(process.argv[2] ?? "");
const pace = new Pace(() => bytesPerSecond);
const target = { provider: s3, answers, name: "ceph" };
const storage = await openStorage(target, (line) => console.log(line), { bytes: pace });
const log = { trace: () => {}, info: () => {}, warn: console.log, error: console.log };
const transfers = new Transfers({
  open: async () => storage,
  store: new TransferFiles(state),
  placing: testPlacing(),
  clock: { now: () => new Date() },
  log,
  newId: () => "victim",
  ask: async () => undefined,
  filesAtOnce: 4,
});
transfers.add(plan);
