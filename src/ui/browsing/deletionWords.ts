/** What becomes of what is deleted, in words. Pure. */
import type { Keeping } from "../../app/objects/versions.ts";
import { grouped, type Translate } from "../words.ts";

/** What holds for all of the storages; where they differ, nothing is certain. */
export function keepingOfAll(each: readonly Keeping[]): Keeping {
  const [first = "unknown"] = each;
  return each.every((one) => one === first) ? first : "unknown";
}

/** Whether it can be taken back, said before it is done. */
export function deletionDetail(t: Translate, keeping: Keeping): string {
  switch (keeping) {
    case "on":
      return t("The bucket keeps versions: Undo or “Show Deleted Objects…” brings it back.");
    case "off":
      return t("The bucket keeps no versions, so this cannot be undone.");
    case "suspended":
      return t(
        "Versioning is suspended in this bucket: what was written since then is gone for good. Only older versions stay.",
      );
    case "unknown":
      return t(
        "If the bucket keeps versions, “Show Deleted Objects…” brings it back. If not, this cannot be undone from here.",
      );
    case "never":
      return t("This cannot be undone from here.");
  }
}

/** What has come of taking a deletion back. */
export function undoneText(t: Translate, there: number, wanted: number): string {
  if (there === wanted)
    return there === 1 ? t("It is there again.") : t("All {0} are there again.", grouped(there));
  return t(
    "{0} of {1} are there again. “Show Deleted Objects…” shows whether the others can be brought back.",
    grouped(there),
    grouped(wanted),
  );
}
