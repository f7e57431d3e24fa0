/** What somebody has picked up, and how it can be put down somewhere. */
import { isStorageError } from "../../storage/errors.ts";
import { nameOf, parentOf, type Location } from "../location.ts";
import { leadsIntoItself, type Open } from "./items.ts";
import type { Existing, RemoteSource, TransferPlan } from "./plan.ts";
import { numbered } from "./policy.ts";

/** Whether the source lies directly in `place`. */
export function liesIn({ at }: RemoteSource, place: Location): boolean {
  return isSamePlace(parentOf(at), place);
}

/** What lies in a folder that is a source too would be carried twice. */
export function withoutNested<T extends { readonly at: Location }>(
  sources: readonly T[],
): readonly T[] {
  // Few of what is picked are folders; to compare all with all takes a second for 10,000.
  const folders = sources.filter(({ at }) => at.key === "" || at.key.endsWith("/"));
  const isIn = ({ at }: T, folder: T) =>
    at.connection === folder.at.connection &&
    at.container === folder.at.container &&
    at.key !== folder.at.key &&
    at.key.startsWith(folder.at.key);
  return sources.filter((source) => !folders.some((folder) => isIn(source, folder)));
}

/**
 * The copies or moves that put `sources` into `place`. A copy beside its original gets a name of
 * its own; a move to where things are already is none.
 */
export async function plansFor(
  kind: "copy" | "move",
  sources: readonly RemoteSource[],
  place: Location,
  { open, existing }: { readonly open: Open; readonly existing: Existing },
): Promise<readonly TransferPlan[]> {
  const wanted = withoutNested(sources);
  const beside = wanted.filter((source) => liesIn(source, place));
  const others = wanted.filter(
    (source) => !liesIn(source, place) && !leadsIntoItself(source, place),
  );
  const plans: TransferPlan[] = [];
  if (others.length > 0) plans.push({ kind, existing, sources: others, target: place });
  if (kind === "move" || beside.length === 0) return plans;
  const named: RemoteSource[] = [];
  for (const { at } of beside) named.push({ at, name: await freeName(at, place, open) });
  // Somebody else may take such a name meanwhile: then another number does.
  plans.push({ kind, existing: "rename", sources: named, target: place });
  return plans;
}

/** "a (2).txt" beside "a.txt". */
async function freeName(at: Location, place: Location, open: Open): Promise<string> {
  const storage = await open(place);
  const name = nameOf(at.key);
  const isFolder = at.key.endsWith("/");
  for (let number = 2; ; number++) {
    // A folder's name has no ending.
    const other = isFolder ? `${name} (${number})` : numbered(name, number);
    const key = place.key + other;
    const { entries } = await storage.page(isFolder ? `${key}/` : key, { shallow: true });
    const isTaken = entries.some((entry) => entry.key === key || entry.key.startsWith(`${key}/`));
    if (!isTaken) return other;
  }
}

/** The object or folder at an address, which does not say which of the two it is. */
export async function sourceAt(
  at: Location,
  open: Open,
  signal: AbortSignal,
): Promise<RemoteSource> {
  const name = at.key === "" ? (at.container ?? nameOf(at.key)) : nameOf(at.key);
  if (at.key === "" || at.key.endsWith("/")) return { at, name };
  try {
    await (await open(at)).stat(at.key, { signal });
    return { at, name };
  } catch (error) {
    if (!isStorageError(error, "not-found")) throw error;
    return { at: { ...at, key: `${at.key}/` }, name };
  }
}

function isSamePlace(a: Location, b: Location): boolean {
  return a.connection === b.connection && a.container === b.container && a.key === b.key;
}
