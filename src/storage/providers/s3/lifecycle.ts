/**
 * Lifecycle rules as S3 writes them
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html). They
 * are read from the answer's own text, so that what is not understood can be said again as it was:
 * the SDK drops what it does not know, and a service may know more than Amazon.
 */
import { StorageError } from "../../errors.ts";
import type { LifecycleRule } from "../../extras.ts";
import { childElements, elementText, escaped, type XmlElement } from "../../xml.ts";

/** The elements we understand, and the one of their children that we show. */
const understood = {
  expireDays: ["Expiration", "Days"],
  expireOldVersionsDays: ["NoncurrentVersionExpiration", "NoncurrentDays"],
  abortUploadsDays: ["AbortIncompleteMultipartUpload", "DaysAfterInitiation"],
} as const;
type Shown = keyof typeof understood;
const shownNames = ["expireDays", "expireOldVersionsDays", "abortUploadsDays"] as const;

/** The rules in the answer to GetBucketLifecycleConfiguration. */
export function lifecycleRules(xml: string): LifecycleRule[] {
  return childElements(childElements(xml).at(-1)?.inner ?? "")
    .filter(({ name }) => name === "Rule")
    .map(({ inner }) => ruleOf(childElements(inner)));
}

/** The body of PutBucketLifecycleConfiguration. */
export function lifecycleXml(rules: readonly LifecycleRule[]): string {
  const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
  const each = rules.map((rule) => `<Rule>${ruleXml(rule)}</Rule>`).join("");
  return `<LifecycleConfiguration xmlns="${namespace}">${each}</LifecycleConfiguration>`;
}

function ruleOf(children: readonly XmlElement[]): LifecycleRule {
  const inner = (name: string) => children.find((child) => child.name === name)?.inner;
  const rest: Record<string, string> = {};
  const days: Partial<Record<Shown, number>> = {};
  for (const shown of shownNames) {
    const [element, child] = understood[shown];
    const parts = childElements(inner(element) ?? "");
    const told = parts.find(({ name }) => name === child);
    if (told) days[shown] = Number(told.inner);
    const more = outers(parts.filter((part) => part !== told));
    if (more) rest[element] = more;
  }
  const filter = inner("Filter");
  const known = new Set(["ID", "Status", "Prefix", "Filter"]);
  for (const [element] of Object.values(understood)) known.add(element);
  const others = outers(children.filter(({ name }) => !known.has(name)));
  if (others) rest["others"] = others;
  // Rules of the time before filters; some services know no other.
  if (filter === undefined) rest["form"] = "prefix";
  else if (childElements(filter).some(({ name }) => name !== "Prefix")) rest["filter"] = filter;
  const named = children.map(({ outer }) => outer).join("");
  return {
    id: elementText(named, "ID") ?? "",
    enabled: elementText(named, "Status") === "Enabled",
    prefix: elementText(named, "Prefix") ?? "",
    ...days,
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

function outers(children: readonly XmlElement[]): string {
  return children.map(({ outer }) => outer).join("");
}

function ruleXml(rule: LifecycleRule): string {
  const kept = (name: string) => {
    const text = rule.rest?.[name];
    return typeof text === "string" ? text : "";
  };
  const elements = shownNames.map((shown) => {
    const [element, child] = understood[shown];
    const days = rule[shown];
    // An expiry is by days, by date, or of what is left of deletions: one of them.
    const more = shown === "expireDays" && days !== undefined ? "" : kept(element);
    const told = days === undefined ? "" : `<${child}>${wholeDays(days)}</${child}>`;
    return told || more ? `<${element}>${told}${more}</${element}>` : "";
  });
  const scope =
    kept("form") === "prefix"
      ? prefixXml(rule.prefix)
      : `<Filter>${filterXml(rule.prefix, kept("filter"))}</Filter>`;
  return [
    ...(rule.id === "" ? [] : [`<ID>${escaped(rule.id)}</ID>`]),
    scope,
    `<Status>${rule.enabled ? "Enabled" : "Disabled"}</Status>`,
    ...elements,
    kept("others"),
  ].join("");
}

function prefixXml(prefix: string): string {
  return `<Prefix>${escaped(prefix)}</Prefix>`;
}

/** A filter that says more than a prefix, with the prefix that the rule has now. */
function filterXml(prefix: string, more: string): string {
  if (more === "") return prefixXml(prefix);
  const told = /<Prefix>[^<]*<\/Prefix>|<Prefix\s*\/>/;
  if (told.test(more)) return more.replace(told, () => prefixXml(prefix));
  if (prefix === "") return more;
  if (more.startsWith("<And>")) return more.replace("<And>", () => `<And>${prefixXml(prefix)}`);
  return `<And>${prefixXml(prefix)}${more}</And>`;
}

function wholeDays(days: number): number {
  if (Number.isSafeInteger(days) && days > 0) return days;
  throw new StorageError("invalid", `not a number of days: ${days}`);
}
