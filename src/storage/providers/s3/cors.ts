/**
 * Rules for websites as S3 writes them
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html). As with lifecycle rules,
 * what is not understood is said again as it was: Alibaba and Tencent say more than Amazon.
 */
import type { CorsRule } from "../../extras.ts";
import { childElements, escaped, unescaped, type XmlElement } from "../../xml.ts";

export interface CorsConfiguration {
  readonly rules: readonly CorsRule[];
  /** What stands beside the rules, with its tags. */
  readonly beside: string;
}

/** The answer to GetBucketCors. */
export function corsConfiguration(xml: string): CorsConfiguration {
  const children = childElements(childElements(xml).at(-1)?.inner ?? "");
  return {
    rules: children.filter(isRule).map(({ inner }) => ruleOf(childElements(inner))),
    beside: children.flatMap((child) => (isRule(child) ? [] : [child.outer])).join(""),
  };
}

/** The body of PutBucketCors. */
export function corsXml({ rules, beside }: CorsConfiguration): string {
  const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
  const each = rules.map((rule) => `<CORSRule>${ruleXml(rule)}</CORSRule>`).join("");
  return `<CORSConfiguration xmlns="${namespace}">${each}${beside}</CORSConfiguration>`;
}

function isRule({ name }: XmlElement): boolean {
  return name === "CORSRule";
}

const understood: ReadonlySet<string> = new Set([
  "ID",
  "AllowedOrigin",
  "AllowedMethod",
  "AllowedHeader",
  "ExposeHeader",
  "MaxAgeSeconds",
]);

function ruleOf(children: readonly XmlElement[]): CorsRule {
  const all = (wanted: string) =>
    children.flatMap(({ name, inner }) => (name === wanted ? [unescaped(inner).trim()] : []));
  const [id] = all("ID");
  const [seconds] = all("MaxAgeSeconds");
  const [headers, exposed] = [all("AllowedHeader"), all("ExposeHeader")];
  const rest = children.filter(({ name }) => !understood.has(name));
  return {
    ...(id !== undefined && id !== "" && { id }),
    origins: all("AllowedOrigin"),
    methods: all("AllowedMethod"),
    ...(headers.length > 0 && { headers }),
    ...(exposed.length > 0 && { exposed }),
    ...(seconds !== undefined && seconds !== "" && { maxAgeSeconds: Number(seconds) }),
    ...(rest.length > 0 && { rest: Object.fromEntries(rest.map((one) => [one.name, one.outer])) }),
  };
}

function ruleXml({ id, origins, methods, headers = [], exposed = [], ...more }: CorsRule): string {
  const { maxAgeSeconds, rest = {} } = more;
  const told = (name: string, values: readonly (string | number)[]) =>
    values.map((value) => `<${name}>${escaped(String(value))}</${name}>`);
  return [
    ...told("ID", id === undefined ? [] : [id]),
    ...told("AllowedOrigin", origins),
    ...told("AllowedMethod", methods),
    ...told("AllowedHeader", headers),
    ...told("ExposeHeader", exposed),
    ...told("MaxAgeSeconds", maxAgeSeconds === undefined ? [] : [maxAgeSeconds]),
    ...Object.values(rest).filter((one) => typeof one === "string"),
  ].join("");
}
