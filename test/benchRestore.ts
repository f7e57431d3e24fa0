import { Repository } from "../src/engine/repository.ts";
import { planRestore } from "../src/engine/restorePlan.ts";
import { restore } from "../src/engine/restore.ts";
import { testKernels, testOptions, folderStorage, passphrase } from "./engine/openRepository.ts";
import { monitorEventLoopDelay } from "node:perf_hooks";
const [path, target] = process.argv.slice(2);
const k = await testKernels();
let t0 = performance.now();
const r = await Repository.open(testOptions(await folderStorage(path!), k), passphrase);
const opened = performance.now() - t0;
await r.loadIndex();
const [snapshot] = await r.snapshots();
const h = monitorEventLoopDelay({ resolution: 1 });
h.enable();
let t = performance.now();
const c0 = process.cpuUsage();
const plan = await planRestore(r, { snapshot: snapshot!, select: [], target: target!, base: [] });
const tp = performance.now() - t;
const rep = await restore(r, plan, target + "-safety");
const c = process.cpuUsage(c0);
console.log(
  "open",
  opened | 0,
  "plan",
  tp | 0,
  "total",
  (performance.now() - t) | 0,
  "cpu",
  ((c.user + c.system) / 1e3) | 0,
  "rss",
  (process.memoryUsage().rss / 1e6) | 0,
  "stall",
  (h.max / 1e6) | 0,
  rep.written,
  rep.bytes,
  rep.failed.length,
);
await k.dispose();
