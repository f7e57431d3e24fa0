/** What a command line of another program says of a connection. */
import type { Found } from "./service.ts";

/** Programs that name an address of S3 among their words. */
const programs = /^(?:\$\s+)?(?:sudo\s+)?(aws|s3cmd|s5cmd|s4cmd|rclone|restic|duplicity|mc)\s/;

/**
 * Reads a command such as `aws s3 ls s3://bucket --endpoint-url …` or `restic -r s3:https://…`.
 * `read` understands an address by itself.
 */
export function fromCommandLine(
  text: string,
  read: (address: string) => Found | undefined,
): Found | undefined {
  const program = programs.exec(text)?.[1];
  if (program === undefined) return undefined;
  const words = wordsOf(text);
  const host = valueOf(words, "--endpoint-url", "--endpoint", "--host", "--s3-endpoint");
  const service = read(host);
  const place = read(words.find((word) => /^s3:./i.test(word)) ?? "") ?? service;
  if (!place) return undefined;
  const isAmazon = program === "aws" && host === "";
  const profile = isAmazon ? valueOf(words, "--profile") : "";
  return {
    ...place,
    preset: isAmazon ? "aws" : (service ?? place).preset,
    values: {
      region: valueOf(words, "--region"),
      ...service?.values,
      ...place.values,
      ...(profile !== "" && { credentials: "profile", profile }),
    },
  };
}

/** As a shell would tell them apart, but for what it would put in their place. */
function wordsOf(text: string): readonly string[] {
  const pieces = text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g);
  return [...pieces].map(([word]) => word.replaceAll(/["']/g, ""));
}

/** What stands behind one of the options, after `=` or as the next word; else an empty text. */
function valueOf(words: readonly string[], ...options: readonly string[]): string {
  for (const [at, word] of words.entries()) {
    const [name = "", value] = word.split("=", 2);
    if (options.includes(name)) return value ?? words[at + 1] ?? "";
  }
  return "";
}
