/** Under which key a file may be put, and on which condition. */
import { isStorageError, StorageError } from "../../storage/errors.ts";
import { type ObjectInfo, isSameState } from "../../storage/objects.ts";
import type { Storage } from "../../storage/storage.ts";
import { nameOf } from "../location.ts";
import { SourceChangedError } from "../objects/remoteBlob.ts";
import { numbered, type Side } from "./policy.ts";
import type { TransferTargets } from "./targets.ts";
import type { Work } from "./work.ts";

export interface RemotePlace {
  readonly key: string;
  /** What may be there when the file is put there. */
  readonly expected: "nothing" | "anything" | ObjectInfo;
}

export interface Wanted {
  readonly name: string;
  readonly key: string;
  readonly source: Side;
  /** Whether what is there has the same content, if that can be told without reading it. */
  readonly isSame: (there: ObjectInfo) => Promise<boolean>;
  /** Whether it has the same bytes. */
  readonly hasSameBytes: (there: ObjectInfo) => Promise<boolean>;
}

/** What meets something unexpected is decided upon anew; but not for ever. */
const conflictsAtMost = 5;

/**
 * Chooses a place and has the file put there; where that meets with something unexpected, chooses
 * anew. A conflict that nobody is to decide about is a failure. `first` is a place that nobody has to
 * choose.
 */
export async function putSomewhere(
  wanted: Wanted,
  work: Work,
  put: (place: RemotePlace) => Promise<void>,
  first?: RemotePlace,
): Promise<"done" | "skipped"> {
  for (let conflicts = 0; ; conflicts++) {
    const given = conflicts === 0 ? first : undefined;
    const place = given ?? (await choosePlace(wanted, work, conflicts > 0));
    if (typeof place === "string") return place;
    try {
      await put(place);
      if (place.key !== wanted.key) work.onRenamed(nameOf(place.key));
      return "done";
    } catch (error) {
      const isUnexpected =
        isStorageError(error, "conflict") && !(error instanceof SourceChangedError);
      if (!isUnexpected || place.expected === "anything") throw error;
      if (conflicts >= conflictsAtMost) throw error;
    } finally {
      work.targets?.leave(wanted.key);
    }
  }
}

/**
 * Where it goes; nowhere if it is to be skipped, or has come by an earlier run that was not told so.
 * `isFresh` asks for the state of this moment, after what was known has proved wrong.
 */
async function choosePlace(
  wanted: Wanted,
  work: Work,
  isFresh: boolean,
): Promise<RemotePlace | "skipped" | "done"> {
  const { name, key, source } = wanted;
  const { policy, targets, signal } = work;
  if (!targets) return { key, expected: "anything" };
  if (targets.isTaken(key)) return await numberedPlace(key, targets, signal);
  if (policy.existing === "replace") return { key, expected: "anything" };
  const find = async (wanted: string) =>
    isFresh ? await targets.look(wanted, signal) : await targets.find(wanted, signal);
  const there = await find(key);
  if (!there) {
    if (targets.isTaken(key)) return await numberedPlace(key, targets, signal);
    targets.enter(key);
    return { key, expected: "nothing" };
  }
  const settled = await settledBy(there, wanted, work);
  if (settled) return settled;
  const decision = await policy.decide({ name, source, there }, signal);
  if (decision === "skip") return "skipped";
  if (decision === "replace") return { key, expected: there };
  return await numberedPlace(key, targets, signal);
}

async function numberedPlace(
  key: string,
  targets: TransferTargets,
  signal: AbortSignal,
): Promise<RemotePlace> {
  for (let number = 2; ; number++) {
    const other = numbered(key, number);
    const isFree = !targets.isTaken(other) && (await targets.isFree(other, signal));
    // Another file may have been faster.
    if (!isFree || targets.isTaken(other)) continue;
    targets.give(other);
    return { key: other, expected: "nothing" };
  }
}

/** Whether nobody needs to decide about what is there. */
async function settledBy(
  there: ObjectInfo,
  { source, isSame, hasSameBytes }: Wanted,
  { policy, begun }: Work,
): Promise<"skipped" | "done" | undefined> {
  if (policy.existing === "skip") return "skipped";
  const mayBeOurs = begun !== undefined && mayHaveCome(source, there, begun);
  if (await isSame(there)) return mayBeOurs ? "done" : "skipped";
  return mayBeOurs && (await hasSameBytes(there)) ? "done" : undefined;
}

/** A clock that is further off is taken for right, and somebody is asked. */
const clockOffMs = 15 * 60_000;

/** Whether what is there may have been put there since. Some storages keep the time of its source. */
function mayHaveCome(source: Side, there: ObjectInfo, since: Date): boolean {
  const time = there.modified?.getTime();
  if (there.size !== source.size || time === undefined) return false;
  const ofSource = source.modified?.getTime() ?? NaN;
  return time >= since.getTime() - clockOffMs || Math.abs(time - ofSource) < 1000;
}

interface Condition {
  readonly ifAbsent?: true;
  readonly ifMatch?: string;
}

/**
 * The condition to write on, as far as the storage can hold one. Else what is to be replaced is
 * looked at first, and this fails with `conflict` if it has changed: whoever was asked about it may
 * have taken an hour to answer.
 */
export async function conditionFor(
  storage: Storage,
  place: RemotePlace,
  signal: AbortSignal,
): Promise<Condition> {
  const condition = conditionOn(place);
  const { ifAbsent, ifMatch } = storage.capabilities;
  // Of a file whose version nobody was told there is no condition, whatever the storage holds.
  if (condition.ifAbsent ? ifAbsent : ifMatch && condition.ifMatch !== undefined) return condition;
  if (place.expected !== "nothing") await expectAt(storage, place, signal);
  return {};
}

/** The condition to complete an upload on. */
export function conditionOn({ expected }: RemotePlace): Condition {
  if (expected === "anything") return {};
  if (expected === "nothing") return { ifAbsent: true };
  const { version } = expected;
  return version === undefined ? {} : { ifMatch: version };
}

/** Fails with `conflict` unless there is what was expected: for what takes no condition. */
export async function expectAt(
  storage: Storage,
  { key, expected }: RemotePlace,
  signal: AbortSignal,
): Promise<void> {
  if (expected === "anything") return;
  const there = await storage.stat(key, { signal }).catch((error: unknown) => {
    if (isStorageError(error, "not-found")) return undefined;
    throw error;
  });
  const isExpected =
    expected === "nothing" ? there === undefined : there && isSameState(there, expected);
  if (!isExpected)
    throw new StorageError("conflict", `changed meanwhile: ${key}`, {
      ...(expected === "nothing" && { reason: "exists" }),
    });
}
