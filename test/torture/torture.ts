/** `npm run torture -- [--rounds N] [--seed N]`: kills working processes, and sees that nothing is lost. */
import { parseArgs } from "node:util";
import { newestRestic } from "../servers/restic.ts";
import { torture } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now()) },
  },
});
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
console.log(`${rounds} rounds with --seed ${seed}`);
const tally = await torture({ rounds, seed, restic: await newestRestic(), log: console.log });
for (const [job, { begun, killed }] of Object.entries(tally))
  console.log(`${job}: killed ${killed} times of ${begun}`);
console.log("nothing was lost");
