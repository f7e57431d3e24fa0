import { applyPolicy, isEmptyPolicy, type KeepPolicy, type KeptSnapshot } from "./policy.ts";
import { deleteUnder } from "../repository/deleting.ts";
import type { Repository } from "../repository/repository.ts";
import type { Snapshot } from "../format/snapshot.ts";

/** What makes snapshots comparable: a policy counts within each group of its own. */
export type GroupBy = "host" | "paths" | "tags";

export interface ForgetRequest {
  /** Snapshots by id, or a rule for all of them. */
  readonly what:
    | { readonly type: "ids"; readonly ids: readonly string[] }
    | {
        readonly type: "policy";
        readonly policy: KeepPolicy;
        readonly groupBy?: readonly GroupBy[];
        /** Only these are looked at; the others stay. Absent: all. */
        readonly only?: (snapshot: Snapshot) => boolean;
      };
  /** Say what would go, and delete nothing. */
  readonly dryRun?: boolean;
  readonly now: Date;
  readonly signal?: AbortSignal;
}

export interface ForgetGroup {
  /** Absent if the groups do not differ by it. */
  readonly hostname?: string;
  readonly paths?: readonly string[];
  readonly tags?: readonly string[];
  readonly keep: readonly KeptSnapshot[];
  readonly remove: readonly Snapshot[];
  /** The policy would keep none, which nobody means: all of them stay. */
  readonly spared: readonly Snapshot[];
}

export interface ForgetReport {
  /** Empty if snapshots were named by id. */
  readonly groups: readonly ForgetGroup[];
  /** What was deleted, or would be. */
  readonly removed: readonly Snapshot[];
}

/**
 * Deletes snapshots, by id or by policy, under an exclusive lock. What only they need stays in the
 * repository until it is pruned. A policy never takes the last snapshot of a group; an empty policy
 * is a `RangeError`. Ids that are not there are passed over. A listing that leaves out snapshots does
 * no harm: those stay, and a policy keeps as many of the others instead.
 */
export async function forget(
  repository: Repository,
  request: ForgetRequest,
): Promise<ForgetReport> {
  const { what, dryRun = false } = request;
  if (what.type === "policy" && isEmptyPolicy(what.policy))
    throw new RangeError("the policy would keep nothing");
  if (dryRun) return choose(await repository.snapshots(request.signal), request);
  return await repository.withLock(
    "exclusive",
    async (lock) => {
      const report = choose(await repository.snapshots(lock.signal), request);
      const ids = report.removed.map(({ id }) => id);
      await deleteUnder(lock, repository, { type: "snapshots", ids });
      return report;
    },
    request.signal,
  );
}

function choose(snapshots: readonly Snapshot[], { what, now }: ForgetRequest): ForgetReport {
  if (what.type === "ids") {
    const ids = new Set(what.ids);
    return { groups: [], removed: snapshots.filter(({ id }) => ids.has(id)) };
  }
  const { policy, groupBy = ["host", "paths"], only = () => true } = what;
  const groups = groupSnapshots(snapshots.filter(only), groupBy).map(({ members, ...names }) => {
    const { keep, remove } = applyPolicy(members, policy, now);
    return keep.length > 0
      ? { ...names, keep, remove, spared: [] }
      : { ...names, keep, remove: [], spared: remove };
  });
  return { groups, removed: groups.flatMap(({ remove }) => remove) };
}

type SnapshotGroup = Pick<ForgetGroup, "hostname" | "paths" | "tags"> & {
  readonly members: readonly Snapshot[];
};

/** Snapshots that are alike in `groupBy`, whatever the order of their paths and tags. */
export function groupSnapshots(
  snapshots: readonly Snapshot[],
  groupBy: readonly GroupBy[],
): readonly SnapshotGroup[] {
  const names = ({ hostname = "", paths, tags = [] }: Snapshot) => ({
    ...(groupBy.includes("host") && { hostname }),
    ...(groupBy.includes("paths") && { paths: paths.toSorted() }),
    ...(groupBy.includes("tags") && { tags: tags.toSorted() }),
  });
  const groups = Map.groupBy(snapshots, (snapshot) => JSON.stringify(names(snapshot)));
  return [...groups.values()].flatMap((members) =>
    members[0] ? [{ ...names(members[0]), members }] : [],
  );
}
