/** The panel of a bucket's settings: what it shows, and what its fields mean. Pure. */
import type { BucketRules, Versioning } from "../../app/buckets/rules.ts";
import { corsDraft, corsProblems, corsRules, corsSections, freshCors } from "./corsFields.ts";
import {
  freshLifecycle,
  lifecycleDraft,
  lifecycleProblems,
  lifecycleRules,
  lifecycleSections,
} from "./lifecycleFields.ts";
import type { Draft, FieldProblem, PanelContent, Section, Value } from "../panels/panelMessages.ts";
import { unknown, withoutRule, withRule } from "./ruleFields.ts";
import type { Translate } from "../words.ts";

export interface BucketSubject {
  readonly bucket: string;
  readonly rules: BucketRules;
  readonly isReadOnly: boolean;
  readonly t: Translate;
}

/** The fields as they are stored. */
export function bucketDraft({ versioning, cors, lifecycle }: BucketRules): Draft {
  return {
    ...(versioning && { versioning }),
    ...(cors && corsDraft(cors)),
    ...(lifecycle && lifecycleDraft(lifecycle)),
  };
}

/** What the fields say, as it is saved. */
export function bucketRules(before: BucketRules, draft: Draft): BucketRules {
  const versioning = draft["versioning"];
  return {
    ...(before.versioning && isVersioning(versioning) && { versioning }),
    ...(before.cors && { cors: corsRules(before.cors, draft) }),
    ...(before.lifecycle && { lifecycle: lifecycleRules(before.lifecycle, draft) }),
  };
}

/** What a button makes of the fields: a rule more, or one less. */
export function afterAct(button: string, draft: Draft): Draft | undefined {
  const [act, kind, what = ""] = button.split(" ");
  if (kind !== "cors" && kind !== "lifecycle") return undefined;
  if (act === "remove") return withoutRule(draft, kind, what);
  const fresh = kind === "cors" ? freshCors : freshLifecycle;
  return withRule(draft, kind, (id) => fresh(id, what));
}

/** What is wrong with what was typed, before anything is sent; what is stored, somebody else meant. */
export function bucketProblems(
  before: BucketRules,
  draft: Draft,
  t: Translate,
): readonly FieldProblem[] {
  const stored = bucketDraft(before);
  const all = [...corsProblems(draft, t), ...lifecycleProblems(draft, t)];
  return all.filter(({ field }) => draft[field] !== stored[field]);
}

/** Draws the panel for the fields as they are. */
export function bucketContent({ bucket, rules, isReadOnly, t }: BucketSubject) {
  return (draft: Draft): PanelContent => ({
    heading: bucket,
    subject: t("Settings of the bucket"),
    sections: [
      versioningSection(rules, isReadOnly, t),
      ...corsSections(rules.cors, draft, isReadOnly, t),
      ...lifecycleSections(rules.lifecycle, draft, isReadOnly, t),
    ],
    ...(!isReadOnly && {
      saving: t("Settings hold for the whole bucket and everybody who uses it."),
    }),
  });
}

function versioningSection(
  { versioning }: BucketRules,
  isReadOnly: boolean,
  t: Translate,
): Section {
  const title = t("Versions");
  if (versioning === undefined) return { title, parts: [unknown(t)] };
  const names: Readonly<Record<Versioning, string>> = {
    off: t("Off: what is overwritten or deleted is gone"),
    on: t("On: what is overwritten or deleted is kept"),
    suspended: t("Suspended: what was kept stays, nothing more is kept"),
  };
  if (isReadOnly)
    return { title, parts: [{ type: "fact", label: t("Versioning"), value: names[versioning] }] };
  // Once it was on it can only be suspended: that is S3's rule.
  const choosable: readonly Versioning[] =
    versioning === "off" ? ["off", "on"] : ["on", "suspended"];
  return {
    title,
    parts: [
      {
        type: "choice",
        id: "versioning",
        label: t("Versioning"),
        help: t(
          "Every version kept is billed like an object. Once on, it can be suspended but not turned off. A lifecycle rule below can delete old versions after some days.",
        ),
        options: choosable.map((value) => ({ value, label: names[value] })),
      },
    ],
  };
}

function isVersioning(value: Value | undefined): value is Versioning {
  return value === "off" || value === "on" || value === "suspended";
}
