/** Some of many that could not be done, in words. Pure. */
import { nameOf } from "../app/location.ts";
import { explain } from "./messages.ts";
import { grouped, type Translate, visible } from "./words.ts";

interface Failed {
  readonly key: string;
  readonly error: unknown;
}

/** What is named of many. */
const namesAtMost = 3;

/** What was not deleted: the first few by name, with the reason of the first. */
export function notDeletedText(t: Translate, failed: readonly Failed[]): string {
  const { names, why } = told(t, failed);
  return failed.length === 1
    ? t("{0} was not deleted. {1}", names, why)
    : t("{0} were not deleted: {1}. {2}", grouped(failed.length), names, why);
}

/** What was not moved, as `notDeletedText`. */
export function notMovedText(t: Translate, failed: readonly Failed[]): string {
  const { names, why } = told(t, failed);
  return failed.length === 1
    ? t("{0} was not moved. {1}", names, why)
    : t("{0} were not moved: {1}. {2}", grouped(failed.length), names, why);
}

/** What was not requested from an archive, as `notDeletedText`. */
export function notRequestedText(t: Translate, failed: readonly Failed[]): string {
  const { names, why } = told(t, failed);
  return failed.length === 1
    ? t("{0} was not requested. {1}", names, why)
    : t("{0} were not requested: {1}. {2}", grouped(failed.length), names, why);
}

function told(t: Translate, failed: readonly Failed[]) {
  const first = failed.slice(0, namesAtMost).map(({ key }) => `“${visible(nameOf(key))}”`);
  const list = first.join(", ");
  const others = failed.length - first.length;
  const names = others > 0 ? t("{0} and {1} more", list, grouped(others)) : list;
  return { names, why: explain(failed[0]?.error, t)?.text ?? "" };
}
