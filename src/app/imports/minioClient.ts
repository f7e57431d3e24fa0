/** The MinIO client's `config.json`. */
import { jsonObject } from "../../base/json.ts";
import { brokenLine, type Found, MalformedText } from "./found.ts";
import { s3Connection } from "./s3Account.ts";

type Values = Readonly<Record<string, unknown>>;

/** The aliases (in old files: hosts) of a `config.json`. Fails with `MalformedText`. */
export function minioAliases(text: string): readonly Found[] {
  const configuration = jsonObject(text);
  if (!configuration) throw new MalformedText(brokenLine(text));
  const aliases = objectOf(configuration["aliases"] ?? configuration["hosts"]);
  return Object.entries(aliases ?? {}).map(([name, alias]) => aliasOf(name, objectOf(alias) ?? {}));
}

/**
 * The aliases of the environment, `MC_HOST_name=https://KEY:SECRET@host`, in which nothing is encoded:
 * https://min.io/docs/minio/linux/reference/minio-mc.html
 */
export function minioEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): readonly Found[] {
  return Object.entries(environment).flatMap(([variable, value = ""]) => {
    const [, name] = /^MC_HOST_(.+)$/.exec(variable) ?? [];
    const told = /^(https?:\/\/)([^:@]*):([^:@]*)(?::([^@]*))?@(.+)$/.exec(value);
    if (name === undefined || !told) return [];
    const [, scheme = "", accessKeyId, secretAccessKey, sessionToken, host = ""] = told;
    const account = { endpoint: scheme + host, accessKeyId, secretAccessKey, sessionToken };
    return [s3Connection({ source: "environment", name }, account)];
  });
}

function aliasOf(name: string, alias: Values): Found {
  const named = { source: "minio-client", name } as const;
  const accessKeyId = textOf(alias["accessKey"]);
  // Each new installation comes with aliases that nobody has filled in.
  if (accessKeyId === "YOUR-ACCESS-KEY-HERE")
    return { type: "unusable", ...named, reason: "no-key" };
  return s3Connection(named, {
    signatureV2: alias["api"] === "S3v2" || alias["api"] === "s3v2",
    endpoint: textOf(alias["url"]),
    accessKeyId,
    secretAccessKey: textOf(alias["secretKey"]),
    sessionToken: textOf(alias["sessionToken"]),
    addressing: addressing(alias["path"] ?? alias["lookup"]),
  });
}

function addressing(path: unknown): "path" | "virtual" | undefined {
  if (path === "on" || path === "path") return "path";
  return path === "off" || path === "dns" ? "virtual" : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function objectOf(value: unknown): Values | undefined {
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}
