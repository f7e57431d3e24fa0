import type { Provider } from "../../storage/provider.ts";
import type { Connection } from "../connections/connection.ts";
import type { Location } from "../location.ts";

/**
 * What other programs call this location: `s3://bucket/key` where there are buckets, else the
 * connection's own web address or path with the key behind it.
 */
export function addressOf(provider: Provider, connection: Connection, at: Location): string {
  const { answers } = connection;
  const { container } = at;
  const key = provider.rootOf(answers) + at.key;
  if (provider.container !== undefined) {
    const bucket = container ?? textOf(answers[provider.container]);
    return `${provider.id}://${bucket}/${key}`;
  }
  const base = Object.entries(provider.fields).find(
    ([, field]) => field.type === "text" && field.format !== undefined,
  );
  if (!base) return key;
  const [name, field] = base;
  const start = textOf(answers[name]).replace(/\/+$/, "");
  const isUrl = field.type === "text" && field.format === "url";
  return `${start}/${isUrl ? key.split("/").map(encodeURIComponent).join("/") : key}`;
}

function textOf(answer: unknown): string {
  return typeof answer === "string" ? answer.trim() : "";
}
