/** What a bucket deletes by itself, as fields of a panel. Pure. */
import type { LifecycleRule } from "../../storage/extras.ts";
import type { Draft, FieldProblem, Part, Section } from "../panels/panelMessages.ts";
import {
  button,
  ids,
  idsOf,
  isFresh,
  isUnchanged,
  keptNote,
  none,
  problem,
  textOf,
  textFields,
  unknown,
} from "./ruleFields.ts";
import type { Translate } from "../words.ts";

export function lifecycleDraft(rules: readonly LifecycleRule[]): Draft {
  const fields = rules.map((rule, index) => lifecycleFields(String(index), rule));
  return {
    lifecycle: idsOf(rules.map((_, index) => String(index))),
    ...Object.assign({}, ...fields),
  };
}

/** The rules that the fields say. What has no field stays as it was. */
export function lifecycleRules(
  before: readonly LifecycleRule[],
  draft: Draft,
): readonly LifecycleRule[] {
  const used = new Set(before.map(({ id }) => id));
  return ids(draft, "lifecycle").map((id) => {
    const known = before[Number(id)];
    const name = known?.id ?? freshName(used);
    used.add(name);
    const isAsItWas = known && isUnchanged(draft, lifecycleFields(id, known));
    return isAsItWas ? known : lifecycleRule(draft, id, name, known);
  });
}

function freshName(used: ReadonlySet<string>): string {
  let number = 1;
  while (used.has(`offsite-${number}`)) number++;
  return `offsite-${number}`;
}

export function lifecycleSections(
  lifecycle: readonly LifecycleRule[] | undefined,
  draft: Draft,
  isReadOnly: boolean,
  t: Translate,
): readonly Section[] {
  const intro: Section = {
    title: t("Lifecycle"),
    help: t("What the storage deletes by itself, about once a day."),
    parts: lifecycle
      ? [
          ...(ids(draft, "lifecycle").length === 0
            ? [none(t("No rule: nothing is deleted."))]
            : []),
          ...(isReadOnly
            ? []
            : [
                button("add lifecycle versions", t("Delete Old Versions…")),
                button("add lifecycle uploads", t("Give Up Unfinished Uploads…")),
                button("add lifecycle objects", t("Delete Objects by Age…")),
              ]),
        ]
      : [unknown(t)],
  };
  const rules = ids(draft, "lifecycle").map((id, index): Section => {
    const field = textFields(draft, "lifecycle", id, isReadOnly);
    return {
      title: t("Rule {0}", index + 1),
      isItem: true,
      parts: [
        ...field("prefix", t("Only below"), {
          help: t("A folder such as logs/; empty for the whole bucket."),
        }),
        ...field("expireOldVersionsDays", t("Delete old versions after (days)")),
        ...field("abortUploadsDays", t("Give up unfinished uploads after (days)")),
        ...field("expireDays", t("Delete objects after (days)"), {
          help: t("Counted from when they were written. With versioning on, their versions stay."),
        }),
        ...keptNote(lifecycle?.[Number(id)], t),
        ...(isReadOnly
          ? [enabledFact(draft, id, t)]
          : [
              { type: "flag", id: `lifecycle.${id}.enabled`, label: t("Enabled") } as const,
              button(`remove lifecycle ${id}`, t("Remove Rule")),
            ]),
      ],
    };
  });
  return [intro, ...rules];
}

const dayFields = ["expireOldVersionsDays", "abortUploadsDays", "expireDays"] as const;

function lifecycleFields(id: string, rule: LifecycleRule): Draft {
  return {
    [`lifecycle.${id}.prefix`]: rule.prefix,
    [`lifecycle.${id}.enabled`]: rule.enabled,
    ...Object.fromEntries(
      dayFields.map((name) => [`lifecycle.${id}.${name}`, String(rule[name] ?? "")]),
    ),
  };
}

function lifecycleRule(
  draft: Draft,
  id: string,
  name: string,
  before: LifecycleRule | undefined,
): LifecycleRule {
  const text = (name: string) => textOf(draft[`lifecycle.${id}.${name}`]);
  const days = dayFields.filter((field) => text(field) !== "");
  return {
    id: name,
    enabled: draft[`lifecycle.${id}.enabled`] === true,
    prefix: text("prefix"),
    ...Object.fromEntries(days.map((field) => [field, Number(text(field))])),
    ...(before?.rest && { rest: before.rest }),
  };
}

export function freshLifecycle(id: string, what: string): Draft {
  return lifecycleFields(id, {
    id: "",
    enabled: true,
    prefix: "",
    ...(what === "versions" && { expireOldVersionsDays: 30 }),
    ...(what === "uploads" && { abortUploadsDays: 7 }),
  });
}

export function lifecycleProblems(draft: Draft, t: Translate): readonly FieldProblem[] {
  return ids(draft, "lifecycle").flatMap((id) => ruleProblems(draft, id, t));
}

function ruleProblems(draft: Draft, id: string, t: Translate): readonly FieldProblem[] {
  const text = (name: string) => textOf(draft[`lifecycle.${id}.${name}`]);
  const wrong = dayFields.filter((name) => !/^(?:|[1-9]\d{0,4})$/.test(text(name)));
  // Of a rule that somebody else has made, what it does may stand in what is not shown.
  const says = dayFields.some((name) => text(name) !== "") || !isFresh(id);
  return [
    ...wrong.flatMap((name) =>
      problem(`lifecycle.${id}.${name}`, t("Enter a whole number of days, or nothing.")),
    ),
    ...(says ? [] : problem(`lifecycle.${id}.expireDays`, t("Say after how many days."))),
  ];
}

function enabledFact(draft: Draft, id: string, t: Translate): Part {
  const value = draft[`lifecycle.${id}.enabled`] === true ? t("yes") : t("no");
  return { type: "fact", label: t("Enabled"), value };
}
