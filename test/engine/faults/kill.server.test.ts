import assert from "node:assert/strict";
import { orSkip } from "../../servers/process.ts";
import { newestRestic } from "../../servers/restic.ts";
import { torture } from "../../torture/rounds.ts";

/** A size that fits when all is to be tested; fewer for a quick look, and `npm run torture` takes any. */
const isComplete = process.env["REQUIRE_SERVERS"] === "1";
const rounds = Number(process.env["TORTURE_ROUNDS"] ?? (isComplete ? 200 : 20));

describe("a process that is killed at any moment", function () {
  this.timeout(60_000 + rounds * 10_000);

  it(`loses nothing, in ${rounds} rounds of backing up, forgetting and pruning`, async function () {
    const restic = await orSkip(this, newestRestic);
    const tally = await torture({ rounds, seed: 1, restic });
    const killed = Object.values(tally).reduce((sum, job) => sum + job.killed, 0);
    assert.ok(killed > rounds / 4, `only ${killed} of ${rounds} were killed in time`);
  });
});
