import type { Recognised } from "../provider.ts";
import { s3Consoles } from "./s3Consoles.ts";
import { s3Presets } from "./s3Presets.ts";
import { foundIn } from "./s3Service.ts";

/** A signed address with a session's token is the longest there is. */
const longestAddress = 8192;

type Values = Readonly<Record<string, string | undefined>>;

/**
 * Reads an `s3://` address, an ARN, an endpoint, an object's address (signed ones too) or a page of
 * a service's console. A signature that is part of it is dropped; a key and secret before the host
 * are answers.
 */
export function recogniseS3(text: string): Recognised | undefined {
  const given = text.trim();
  if (given.length > longestAddress) return undefined;
  return fromArn(given) ?? fromScheme(given) ?? fromUrl(given);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-arn-format.html */
function fromArn(text: string): Recognised | undefined {
  const found = /^arn:(aws(?:-cn|-us-gov)?):s3:([a-z0-9-]*):\d*:([^/:\s*]+)(?:\/\S*)?$/.exec(text);
  if (!found) return undefined;
  const [, , region, bucket] = found;
  return { preset: "aws", values: stated({ region, bucket }) };
}

/** The schemes that programs write before a bucket, and whose they are if they are one service's. */
const schemes: Readonly<Record<string, string | undefined>> = {
  s3: undefined,
  s3a: undefined,
  s3n: undefined,
  gs: "gcs",
  b2: "b2",
  r2: "r2",
  oss: "aliyun",
  cos: "tencent",
  obs: "huawei",
  ks3: "kingsoft",
};

function fromScheme(text: string): Recognised | undefined {
  const found = /^([a-z][a-z0-9]*):\/\/([^/?#\s@]+)(?:\/[^]*)?$/i.exec(text);
  if (!found) return undefined;
  const [, scheme = "", bucket = ""] = found;
  if (!Object.hasOwn(schemes, scheme.toLowerCase())) return undefined;
  const preset = schemes[scheme.toLowerCase()];
  return { ...(preset !== undefined && { preset }), values: { bucket } };
}

function fromUrl(text: string): Recognised | undefined {
  // As restic writes it.
  const address = text.replace(/^s3:(?=https?:|[^/])/i, "");
  const url = URL.parse(/^[a-z0-9]+:\/\//i.test(address) ? address : `https://${address}`);
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  const found = fromConsole(url) ?? fromAmazon(url) ?? fromService(url) ?? fromOwnServer(url);
  if (!found) return undefined;
  return { ...found, values: stated({ ...found.values, ...signer(url), ...account(url) }) };
}

interface Found {
  readonly preset: string;
  readonly values: Values;
}

function fromConsole(url: URL): Found | undefined {
  const page = url.host + url.pathname + url.hash;
  for (const { preset, page: pattern, read } of s3Consoles) {
    const groups = pattern.exec(page)?.groups;
    if (!groups && !pattern.test(page)) continue;
    const said = read?.(groups ?? {}, url.searchParams) ?? groups ?? {};
    return { preset, values: decodedValues(said) };
  }
  return undefined;
}

const amazonRegion = "(?<region>[a-z]{2}(?:-[a-z]+)+-\\d)";
const amazonDomain = "amazonaws\\.com(?:\\.cn)?";
const amazonBucket = "(?<bucket>[a-z0-9][a-z0-9.-]*)";
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html */
const amazonHosts: readonly RegExp[] = [
  new RegExp(`^s3(?:-fips)?[.-](?:dualstack\\.)?${amazonRegion}\\.${amazonDomain}$`),
  new RegExp(
    `^${amazonBucket}\\.s3(?:-fips|-website)?[.-](?:dualstack\\.)?${amazonRegion}\\.${amazonDomain}$`,
  ),
  /^s3\.amazonaws\.com$/,
  new RegExp(`^${amazonBucket}\\.s3(?:-accelerate(?:\\.dualstack)?)?\\.amazonaws\\.com$`),
];

function fromAmazon({ host, pathname }: URL): Found | undefined {
  for (const pattern of amazonHosts) {
    const found = pattern.exec(host);
    if (!found) continue;
    const { region, bucket = pathname.split("/")[1] } = { ...found.groups };
    return { preset: "aws", values: decodedValues({ region, bucket }) };
  }
  return undefined;
}

function fromService(url: URL): Found | undefined {
  for (const { id, service, hide } of s3Presets) {
    const found = foundIn(url.origin + url.pathname, service);
    if (!found) continue;
    const { alias: endpoint, region, account: named, bucket } = found;
    const isAsked = !hide.includes("region");
    return {
      preset: id,
      values: { endpoint, region: isAsked ? region : undefined, account: named, bucket },
    };
  }
  return undefined;
}

/** Programs one runs oneself, by the port they listen on if nobody chose another. */
const ports: Readonly<Record<string, string>> = {
  9000: "minio",
  8333: "seaweedfs",
  3900: "garage",
};

function fromOwnServer({ origin, hostname, port, pathname, searchParams }: URL): Found | undefined {
  const [, first, second] = pathname.split("/");
  if (port === "9001" && first === "browser")
    return {
      preset: "minio",
      values: decodedValues({ endpoint: origin.replace(/:9001$/, ":9000"), bucket: second }),
    };
  // Nobody but S3 signs so. Which part is the bucket, an unknown host does not tell: in most it is the path.
  const isSigned = searchParams.has("X-Amz-Signature") || searchParams.has("AWSAccessKeyId");
  const preset = Object.hasOwn(ports, port) ? ports[port] : isSigned ? "other" : undefined;
  if (preset === undefined || hostname === "") return undefined;
  return { preset, values: decodedValues({ endpoint: origin, bucket: first }) };
}

/** Who signed an address, and for where: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
function signer({ searchParams }: URL): Values {
  const [accessKeyId, , region, service] = searchParams.get("X-Amz-Credential")?.split("/") ?? [];
  if (service === "s3") return stated({ accessKeyId, ...(region !== "auto" && { region }) });
  return stated({ accessKeyId: searchParams.get("AWSAccessKeyId") ?? undefined });
}

/** What stands before the host. */
function account({ username, password }: URL): Values {
  return stated({ accessKeyId: decoded(username), secretAccessKey: decoded(password) });
}

function decodedValues(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value === undefined || value === "" ? undefined : decoded(value),
    ]),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function stated(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ""),
  );
}
