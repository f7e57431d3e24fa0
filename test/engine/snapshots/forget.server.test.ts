import assert from "node:assert/strict";
import { forget } from "../../../src/engine/snapshots/forget.ts";
import {
  parseSpan,
  periods,
  type KeepPolicy,
  type Period,
} from "../../../src/engine/snapshots/policy.ts";
import type { Repository } from "../../../src/engine/repository/repository.ts";
import { orSkip } from "../../servers/process.ts";
import { debianRestic, newestRestic, type Restic } from "../../servers/restic.ts";
import {
  initRepository,
  folderStorage,
  passphrase,
  withTemporaryFolder,
} from "../openRepository.ts";
import { saveTree } from "../sampleSnapshot.ts";
import { randomFrom } from "../random.ts";

/** Policies as restic's options, which say the same as ours. Older ones do not know `unlimited`. */
const policies: readonly string[] = [
  "--keep-last 1",
  "--keep-last 7",
  "--keep-last 10000",
  "--keep-hourly 1",
  "--keep-hourly 20",
  "--keep-daily 1",
  "--keep-daily 10",
  "--keep-daily 3 --keep-last 5",
  "--keep-daily 1000",
  "--keep-weekly 1",
  "--keep-weekly 6",
  "--keep-weekly 60",
  "--keep-weekly 500",
  "--keep-monthly 1",
  "--keep-monthly 13",
  "--keep-monthly 200",
  "--keep-yearly 1",
  "--keep-yearly 2",
  "--keep-yearly 10",
  "--keep-last 2 --keep-hourly 3 --keep-daily 4 --keep-weekly 5 --keep-monthly 6 --keep-yearly 7",
  "--keep-daily 7 --keep-weekly 5 --keep-monthly 12 --keep-yearly 75",
  "--keep-hourly 24 --keep-daily 31 --keep-weekly 9",
  "--keep-within 1h",
  "--keep-within 3d12h",
  "--keep-within 1m",
  "--keep-within 1m14d",
  "--keep-within 1y",
  "--keep-within 2y3m5d7h",
  "--keep-within 50y",
  "--keep-within-hourly 36h",
  "--keep-within-daily 1m",
  "--keep-within-weekly 6m",
  "--keep-within-weekly 3y",
  "--keep-within-monthly 1y1m",
  "--keep-within-yearly 5y",
  "--keep-within-hourly 1d --keep-within-daily 7d --keep-within-weekly 1m --keep-within-monthly 1y --keep-within-yearly 75y",
  "--keep-tag release",
  "--keep-tag release,checked",
  "--keep-tag checked --keep-tag release",
  "--keep-tag release --keep-last 3 --keep-within 14d",
  "--keep-within 2m --keep-monthly 4",
  "--keep-within 5d --keep-daily 9 --keep-within-weekly 2y --keep-yearly 3",
  "--keep-last unlimited",
  "--keep-hourly unlimited",
  "--keep-daily unlimited",
  "--keep-weekly unlimited --keep-last 4",
  "--keep-monthly unlimited",
  "--keep-yearly unlimited --keep-daily 5",
];

/** Times of snapshots, by the host they were made on; all different, none in order. */
function histories(): Readonly<Record<string, readonly string[]>> {
  const random = randomFrom(20_261_121);
  const hour = 3_600_000;
  const start = Date.UTC(2026, 9, 1);
  const zones = ["Z", "+00:00", "+05:30", "-08:00", "+14:00", "-12:00", "+01:00", "+02:00"];
  const text = (ms: number, zone: string) => {
    const minutes = zone === "Z" ? 0 : Number(`${zone[0]}1`) * minutesOf(zone);
    const wall = new Date(ms + minutes * 60_000).toISOString().slice(0, 19);
    const nanoseconds = String(random.below(1_000_000_000)).padStart(9, "0");
    return `${wall}.${nanoseconds}${zone}`;
  };
  const any = () => zones[random.below(zones.length)] ?? "Z";
  const many = (count: number, time: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => time(i));
  return {
    hourly: many(120, (i) => text(start - i * hour, "Z")),
    jittered: many(120, (i) => text(start - i * 0.7 * hour - random.below(hour), "+02:00")),
    daily: many(150, (i) => text(start - i * 26 * hour, any())),
    // Round the ends of years, where weeks belong to another year, and leap days.
    "year-ends": [2019, 2020, 2021, 2022, 2023, 2024, 2025].flatMap((year) =>
      [-4, -2, -1, 0, 1, 3, 5, 58, 59, 60].map((day) =>
        text(Date.UTC(year, 0, 1) + day * 24 * hour + random.below(24 * hour), any()),
      ),
    ),
    sparse: many(80, () => text(start - random.below(9 * 365 * 24) * hour, any())),
    "a-clock-ran-ahead": [
      ...many(30, (i) => text(start - i * 9 * hour, "-08:00")),
      "2081-05-05T05:05:05.5Z",
      "2042-01-01T00:00:00Z",
    ],
    alone: ["2025-05-05T05:05:05.123456789+05:30"],
  };
}

function minutesOf(zone: string): number {
  return Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
}

/** The policy that restic's options name. */
function policyOf(options: string): KeepPolicy {
  const counts: Partial<Record<Period, number>> = {};
  const within: Partial<Record<Period, NonNullable<ReturnType<typeof parseSpan>>>> = {};
  const tags: string[][] = [];
  for (const [, name = "", value = ""] of options.matchAll(/--keep-(\S+) (\S+)/g)) {
    const period = periods.find((known) => name.endsWith(known)) ?? "last";
    const span = parseSpan(value);
    if (name === "tag") tags.push(value.split(","));
    else if (!name.startsWith("within"))
      counts[period] = value === "unlimited" ? -1 : Number(value);
    else if (span) within[period] = span;
  }
  return { counts, within, tags };
}

describe("a policy keeps the same snapshots as", function () {
  this.timeout(120_000);

  const withHistories = async (
    use: (repository: Repository, location: string) => Promise<void>,
  ): Promise<void> =>
    await withTemporaryFolder(async (location) => {
      const storage = await folderStorage(location);
      const repository = await initRepository(storage);
      const { id, tree } = await saveTree(repository, { a: "one" });
      await repository.deleteFiles("snapshots", [id]);
      const random = randomFrom(7);
      for (const [hostname, times] of Object.entries(histories()))
        for (const [i, time] of times.entries()) {
          const tags = ["release", "checked"].filter(() => i === 0 || random.below(9) === 0);
          const paths = ["/b", "/a"];
          await repository.saveSnapshot({
            time,
            tree,
            paths,
            hostname,
            ...(tags.length > 0 && { tags }),
          });
        }
      await use(repository, location);
    });

  const askRestic = async (restic: Restic, location: string, options: string) => {
    const args = ["forget", "--dry-run", "--no-lock", "--json", ...options.split(" ")];
    // Days are those of the zone a snapshot was made in, whatever the zone of this machine.
    const place = { location, passphrase, env: { TZ: "UTC" } };
    return removedBy(await restic.run(place, ...args));
  };

  it("the newest restic, for every one of many policies and histories", async function () {
    const restic = await orSkip(this, newestRestic);
    await withHistories(async (repository, location) => {
      for (const options of policies) {
        const what = { type: "policy", policy: policyOf(options) } as const;
        const { removed } = await forget(repository, { what, dryRun: true, now: new Date() });
        const ids = removed.map(({ id }) => id).toSorted();
        assert.deepEqual(ids, await askRestic(restic, location, options), options);
      }
    });
  });

  it("Debian's restic, but for the oldest, which older ones did not keep", async function () {
    const restic = await orSkip(this, debianRestic);
    await withHistories(async (repository, location) => {
      for (const options of policies.filter((text) => !text.includes("unlimited"))) {
        const what = { type: "policy", policy: policyOf(options) } as const;
        const { removed, groups } = await forget(repository, {
          what,
          dryRun: true,
          now: new Date(),
        });
        const oldest = groups.flatMap(({ keep }) =>
          keep.filter(({ reasons }) =>
            reasons.every((reason) => "oldest" in reason && reason.oldest),
          ),
        );
        const ids = [...removed, ...oldest.map(({ snapshot }) => snapshot)].map(({ id }) => id);
        assert.deepEqual(ids.toSorted(), await askRestic(restic, location, options), options);
      }
    });
  });

  it("itself, when it is carried out", async () => {
    await withHistories(async (repository) => {
      const what = { type: "policy", policy: policyOf(policies[20]!) } as const;
      const now = new Date();
      const foreseen = await forget(repository, { what, dryRun: true, now });
      const { removed } = await forget(repository, { what, now });
      assert.ok(removed.length > 100);
      assert.deepEqual(removed, foreseen.removed);
      const left = (await repository.snapshots()).map(({ id }) => id);
      const kept = foreseen.groups.flatMap(({ keep }) => keep.map(({ snapshot }) => snapshot.id));
      assert.deepEqual(left.toSorted(), kept.toSorted());
    });
  });
});

/** The ids that `restic forget --json` would remove. */
function removedBy(output: string): readonly string[] {
  const line = output.split("\n").find((text) => text.startsWith("[")) ?? "[]";
  // The shape that restic documents for this output.
  const groups = JSON.parse(line) as { remove: { id: string }[] | null }[];
  return groups.flatMap(({ remove }) => (remove ?? []).map(({ id }) => id)).toSorted();
}
