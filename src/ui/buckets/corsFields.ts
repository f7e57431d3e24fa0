/** Which websites may use a bucket, as fields of a panel. Pure. */
import type { CorsRule } from "../../storage/extras.ts";
import type { Draft, FieldProblem, Section } from "../panels/panelMessages.ts";
import {
  button,
  ids,
  idsOf,
  isUnchanged,
  keptNote,
  none,
  problem,
  textOf,
  textFields,
  unknown,
} from "./ruleFields.ts";
import type { Translate } from "../words.ts";

export function corsDraft(rules: readonly CorsRule[]): Draft {
  const fields = rules.map((rule, index) => corsFields(String(index), rule));
  return { cors: idsOf(rules.map((_, index) => String(index))), ...Object.assign({}, ...fields) };
}

/** The rules that the fields say. What has no field stays as it was. */
export function corsRules(before: readonly CorsRule[], draft: Draft): readonly CorsRule[] {
  return ids(draft, "cors").map((id) => {
    const known = before[Number(id)];
    const isAsItWas = known && isUnchanged(draft, corsFields(id, known));
    return isAsItWas ? known : corsRule(draft, id, known);
  });
}

export function corsSections(
  cors: readonly CorsRule[] | undefined,
  draft: Draft,
  isReadOnly: boolean,
  t: Translate,
): readonly Section[] {
  const intro: Section = {
    title: t("Websites (CORS)"),
    help: t(
      "Which websites a browser lets read or write here. It opens nothing by itself: who may read is decided by keys, links and policies.",
    ),
    parts: cors
      ? [
          ...(ids(draft, "cors").length === 0 ? [none(t("No website."))] : []),
          ...(isReadOnly
            ? []
            : [
                button("add cors read", t("Allow Reading from Any Website")),
                button("add cors site", t("Allow a Website…")),
              ]),
        ]
      : [unknown(t)],
  };
  const rules = ids(draft, "cors").map((id, index): Section => {
    const field = textFields(draft, "cors", id, isReadOnly);
    return {
      title: t("Rule {0}", index + 1),
      isItem: true,
      parts: [
        ...field("origins", t("Websites"), {
          help: t("Their addresses without a path, separated by blanks; * is any."),
          placeholder: "https://example.com",
        }),
        ...field("methods", t("Methods"), { help: t("Of {0}.", corsMethods.join(", ")) }),
        ...field("headers", t("Headers they may send"), { placeholder: "*" }),
        ...field("exposed", t("Headers they may read"), { placeholder: "ETag" }),
        ...field("maxAgeSeconds", t("Browsers may remember this for (seconds)")),
        ...keptNote(cors?.[Number(id)], t),
        ...(isReadOnly ? [] : [button(`remove cors ${id}`, t("Remove Rule"))]),
      ],
    };
  });
  return [intro, ...rules];
}

function corsFields(id: string, rule: CorsRule): Draft {
  const { origins, methods, headers = [], exposed = [], maxAgeSeconds } = rule;
  return {
    [`cors.${id}.origins`]: origins.join(" "),
    [`cors.${id}.methods`]: methods.join(" "),
    [`cors.${id}.headers`]: headers.join(" "),
    [`cors.${id}.exposed`]: exposed.join(" "),
    [`cors.${id}.maxAgeSeconds`]: maxAgeSeconds === undefined ? "" : String(maxAgeSeconds),
  };
}

function corsRule(draft: Draft, id: string, before: CorsRule | undefined): CorsRule {
  const text = (name: string) => textOf(draft[`cors.${id}.${name}`]);
  const list = (name: string) =>
    text(name)
      .split(/[\s,]+/)
      .filter((one) => one !== "");
  const headers = list("headers");
  const exposed = list("exposed");
  const { headers: _, exposed: __, maxAgeSeconds: ___, ...kept } = before ?? {};
  return {
    ...kept,
    origins: list("origins"),
    methods: list("methods").map((method) => method.toUpperCase()),
    ...(headers.length > 0 && { headers }),
    ...(exposed.length > 0 && { exposed }),
    ...(text("maxAgeSeconds") !== "" && { maxAgeSeconds: Number(text("maxAgeSeconds")) }),
  };
}

export function freshCors(id: string, what: string): Draft {
  return corsFields(id, {
    origins: what === "read" ? ["*"] : [],
    methods: ["GET", "HEAD"],
    headers: ["*"],
    exposed: ["ETag"],
    maxAgeSeconds: 3600,
  });
}

const corsMethods = ["GET", "HEAD", "PUT", "POST", "DELETE"];

export function corsProblems(draft: Draft, t: Translate): readonly FieldProblem[] {
  return ids(draft, "cors").flatMap((id) => ruleProblems(draft, id, t));
}

function ruleProblems(draft: Draft, id: string, t: Translate): readonly FieldProblem[] {
  const { origins, methods } = corsRule(draft, id, undefined);
  const isOrigin = (origin: string) => origin === "*" || /^https?:\/\/[^/\s]+$/.test(origin);
  const known = methods.length > 0 && methods.every((method) => corsMethods.includes(method));
  return [
    ...problem(
      `cors.${id}.origins`,
      origins.length > 0 && origins.every(isOrigin)
        ? undefined
        : t("Enter addresses such as https://example.com, without a path, or *."),
    ),
    ...problem(
      `cors.${id}.methods`,
      known ? undefined : t("Choose from {0}.", corsMethods.join(" ")),
    ),
    ...problem(
      `cors.${id}.maxAgeSeconds`,
      /^\d{0,9}$/.test(textOf(draft[`cors.${id}.maxAgeSeconds`]))
        ? undefined
        : t("Enter a whole number, or nothing."),
    ),
  ];
}
