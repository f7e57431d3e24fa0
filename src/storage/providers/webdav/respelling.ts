import { isOtherCase, parentOf } from "../../paths.ts";
import type { MoveRequest } from "../../requests.ts";
import type { Relocate } from "./relocation.ts";
import type { Resources } from "./resources.ts";

/**
 * Gives a file or folder the same name in other letters, on a server that has taken its own name for
 * one that is there already. Returns whether that was so: if the other name is another's, nothing is
 * done. Whoever dies in the middle leaves it under a name that says what it is.
 */
export async function respelled(
  resources: Resources,
  relocate: Relocate,
  { from, to, signal }: Ends,
): Promise<boolean> {
  if (!isOtherCase(from, to)) return false;
  if (!(await isAlone(resources, { from, to, signal }))) return false;
  const move = async (source: string, target: string, within: AbortSignal) =>
    await relocate({
      method: "MOVE",
      from: source,
      to: target,
      overwrite: false,
      signal: within,
    });
  // Not a hidden one, which would be swept away some day.
  const between = to.replace(/\/?$/, (end) => ` (renaming)${end}`);
  await move(from, between, signal);
  try {
    await move(between, to, signal);
    return true;
  } catch (error) {
    await move(between, from, AbortSignal.timeout(30_000)).catch(() => {});
    throw error;
  }
}

type Ends = Pick<MoveRequest, "from" | "to" | "signal">;

/** Whether its folder tells of `from`, and not of `to`. */
async function isAlone(resources: Resources, { from, to, signal }: Ends): Promise<boolean> {
  const beside = await resources.children(parentOf(to), "", { signal, leavesAll: true });
  let isThere = false;
  for (let next = beside?.next(); next?.value !== undefined; next = beside?.next()) {
    const { key } = next.value;
    if (key.replace(/\/$/, "") === to.replace(/\/$/, "")) return false;
    isThere ||= key === from;
  }
  return isThere;
}
