/** `npm run torture -- [--rounds N] [--lanes N] [--seed N]`: kills working processes, and sees that nothing is lost. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { newestRestic } from "../servers/restic.ts";
import { torture } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    lanes: { type: "string", default: String(availableParallelism()) },
    seed: { type: "string", default: String(Date.now()) },
  },
});
const [rounds, lanes, seed] = [values.rounds, values.lanes, values.seed].map(Number);
if (!rounds || !lanes || !seed) throw new Error("--rounds, --lanes and --seed are numbers");
console.log(`${rounds} rounds, ${lanes} at a time, with --seed ${seed}`);
const restic = await newestRestic();
const tally = await torture({ rounds, lanes, seed, restic, log: console.log });
for (const [job, { begun, killed }] of Object.entries(tally))
  console.log(`${job}: killed ${killed} times of ${begun}`);
console.log("nothing was lost");
