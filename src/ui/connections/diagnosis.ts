/** What *Diagnose Connection* shows: a page of Markdown that can be copied, without a secret. Pure. */
import type { Diagnosis, Finding } from "../../app/connections/diagnose.ts";
import type { Check, Verdict } from "../../storage/examination.ts";
import { moment, type Translate } from "../words.ts";

export interface Diagnosed {
  readonly name: string;
  /** Service, host and bucket. */
  readonly kind: string;
  readonly place: string;
  readonly readOnly: boolean;
  readonly at: Date;
  readonly diagnosis: Diagnosis;
}

export function diagnosisPage(diagnosed: Diagnosed, t: Translate): string {
  const { name, kind, place, at, diagnosis } = diagnosed;
  const parts = sections(t).map(([title, checks]) => section(title, checks, diagnosis, t));
  return [
    `# ${t("Diagnosis of “{0}”", escaped(name))}`,
    "",
    [escaped(kind), escaped(place), moment(at)].filter(Boolean).join(" · "),
    "",
    ...conclusions(diagnosed, t).map((line) => `- ${line}`),
    "",
    ...parts.filter((part) => part !== ""),
  ].join("\n");
}

/** What it means for the user, most important first. */
function conclusions({ diagnosis, readOnly }: Diagnosed, t: Translate): readonly string[] {
  const outcome = (check: Check) =>
    diagnosis.findings.find((finding) => finding.check === check)?.outcome;
  const lines: string[] = [];
  if (diagnosis.left !== undefined)
    lines.push(
      t(
        "Not everything that was tried could be deleted again. Delete {0} yourself.",
        code(diagnosis.left),
      ),
    );
  if (readOnly)
    lines.push(
      t(
        "The connection is read-only, so nothing was written, and what writing would show is not known.",
      ),
    );
  const isWritten = outcome("write") === undefined || outcome("write") === "yes";
  if (!isWritten)
    lines.push(
      t("Nothing could be written with this key, and what writing would show is not known."),
    );
  lines.push(...aboutConditions(outcome("ifAbsent"), outcome("ifMatch"), t));
  if (isUnheeded(outcome("copyIfAbsent")))
    lines.push(
      t(
        "Copies and moves take no condition here, so Offsite looks at the target right before. A change in the moment between cannot be seen.",
      ),
    );
  if (isUnheeded(outcome("conditionalParts")))
    lines.push(
      t(
        "Large uploads take no condition here, so Offsite looks at the target right before it completes one. A change in the moment between cannot be seen.",
      ),
    );
  if (outcome("clock") === "no")
    lines.push(
      t(
        "This computer's clock and the service's are minutes apart. Requests are signed with the time: set the clock.",
      ),
    );
  const { listVersion, urlEncoding } = diagnosis.found.service ?? {};
  if (listVersion === 1)
    lines.push(
      t(
        "Listings are asked for in their first version from now on, because the second did not work.",
      ),
    );
  if (urlEncoding === false)
    lines.push(
      t(
        "Keys are asked for as they are from now on, because the encoded listing did not work. Keys with control characters cannot be shown.",
      ),
    );
  return lines;
}

function isUnheeded(outcome: Verdict["outcome"] | undefined): boolean {
  return outcome === "ignored" || outcome === "refused" || outcome === "no";
}

/** What it means that a storage heeds the conditions of a write, or does not. */
export function aboutConditions(
  ifAbsent: Verdict["outcome"] | undefined,
  ifMatch: Verdict["outcome"] | undefined,
  t: Translate,
): readonly string[] {
  if (ifAbsent === undefined && ifMatch === undefined) return [];
  if (ifAbsent === "yes" && ifMatch === "yes")
    return [t("Conditional writes are honoured: nothing is overwritten that changed meanwhile.")];
  const lines: string[] = [];
  if (ifAbsent === "ignored" || ifMatch === "ignored")
    lines.push(
      t(
        "The service takes conditions of a write and does not heed them. Offsite does not rely on them here.",
      ),
    );
  if (ifMatch !== "yes")
    lines.push(
      t(
        "Before it replaces something, Offsite looks whether it has changed. A change in the moment between cannot be seen.",
      ),
    );
  if (ifAbsent === "yes") lines.push(t("Nothing is created over something that is there already."));
  return lines;
}

function section(
  title: string,
  checks: readonly (readonly [Check, string])[],
  { findings }: Diagnosis,
  t: Translate,
): string {
  const rows = checks.flatMap(([check, label]) => {
    const found = findings.find((finding) => finding.check === check);
    return found ? [row(label, found, t)] : [];
  });
  if (rows.length === 0) return "";
  return [
    `## ${title}`,
    "",
    `| ${t("Check")} | ${t("Result")} | ${t("Detail")} | ${t("Time")} |`,
    "| --- | --- | --- | ---: |",
    ...rows,
    "",
  ].join("\n");
}

function row(label: string, { check, outcome, detail = "", ms }: Finding, t: Translate): string {
  const time = ms < 1 ? "" : t("{0} ms", Math.round(ms));
  const isSetting = settings.has(check) && outcome === "no";
  const said = isSetting ? t("– not set up") : result(outcome, t);
  return `| ${label} | ${said} | ${escaped(detail)} | ${time} |`;
}

/** What a bucket may have and need not: without it nothing is wrong. */
const settings: ReadonlySet<Check> = new Set(["versioning", "cors"]);

function result(outcome: Verdict["outcome"], t: Translate): string {
  switch (outcome) {
    case "yes":
      return t("✓ yes");
    case "no":
      return t("✗ no");
    case "ignored":
      return t("⚠ ignored");
    case "refused":
      return t("✗ refused");
    case "unknown":
      return t("? not known");
    case "skipped":
      return t("– not tried");
  }
}

type Section = readonly [string, readonly (readonly [Check, string])[]];

function sections(t: Translate): readonly Section[] {
  return [
    [
      t("Basics"),
      [
        ["list", t("List")],
        ["write", t("Write")],
        ["read", t("Read back")],
        ["range", t("Read a part")],
        ["copy", t("Copy on the server")],
        ["deleteMany", t("Delete, also what is missing")],
        ["clock", t("Clock within five minutes")],
        ["davClasses", t("WebDAV classes")],
        ["cleanUp", t("All of it deleted again")],
      ],
    ],
    [
      t("Conditions and checksums"),
      [
        ["ifAbsent", t("Create only if absent")],
        ["ifMatch", t("Replace only if unchanged")],
        ["copyIfAbsent", t("Copy only if absent")],
        ["httpIfNoneMatch", t("Header If-None-Match")],
        ["httpIfMatch", t("Header If-Match")],
        ["conditionalCopy", t("Copy only if unchanged")],
        ["conditionalDeletion", t("Delete only if unchanged")],
        ["signedBody", t("Refuses a body that was not signed")],
        ["contentMd5", t("Refuses a wrong MD5")],
        ["checksum", t("Refuses a wrong SHA-256")],
        ["httpMtime", t("Keeps a file's own time")],
      ],
    ],
    [
      t("Addresses and listings"),
      [
        ["pathStyle", t("Bucket in the path")],
        ["virtualHost", t("Bucket in the host")],
        ["listV2", t("Listing, second version")],
        ["listV1", t("Listing, first version")],
        ["urlEncoding", t("Encoded keys")],
        ["paging", t("Page after page")],
        ["pageSize", t("Keys on a page")],
      ],
    ],
    [
      t("Large objects"),
      [
        ["multipart", t("Upload in parts")],
        ["conditionalParts", t("Complete an upload only if unchanged")],
        ["multipartEtag", t("ETag of parts as Amazon's")],
        ["maxParts", t("Parts of an upload, at most")],
      ],
    ],
    [
      t("Bucket"),
      [
        ["versioning", t("Keeps versions")],
        ["cors", t("Rules for websites (CORS)")],
        ["presign", t("Links that need no key")],
      ],
    ],
  ];
}

/** A service's own words, so that they are shown and do nothing else. */
function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .replace(/[\\`*_{}[\]()<>#+\-.!|~:@&]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function code(text: string): string {
  return `\`${text.replace(/[`|\s]/g, "")}\``;
}
