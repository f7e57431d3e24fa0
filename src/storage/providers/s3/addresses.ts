import { decoded, leadsTo } from "../../pasted.ts";
import type { Recognised } from "../../provider.ts";
import { type AccessPoint, accessPointOf, refusalOfKind } from "./accessPoints.ts";
import { fromCommandLine } from "./commandLines.ts";
import { s3Consoles } from "./consoles.ts";
import { s3Presets } from "./presets.ts";
import { type Found, foundIn } from "./service.ts";

/** A signed address with a session's token is the longest there is. */
const longestAddress = 8192;

type Values = Found["values"];

/**
 * Reads an `s3://` address, an ARN, an endpoint, an object's address (signed ones too), a page of
 * a service's console, or a command that names one of these. A signature that is part of it is dropped; a key and secret before the host
 * are answers. What is of a kind that is not reached as buckets are is refused.
 */
export function recogniseS3(text: string): Recognised | undefined {
  const given = text.trim();
  if (given.length > longestAddress) return undefined;
  const found = fromCommandLine(given, fromAddress) ?? fromAddress(given);
  const refusal = refusalOf(found, given);
  if (refusal) return { values: {}, refusal };
  if (!found) return undefined;
  const { preset, values, key = "", isObject } = found;
  const { object, folder } = values["bucket"] === undefined ? {} : leadsTo(key, isObject);
  return {
    ...(preset !== undefined && { preset }),
    values: stated({ ...values, folder }),
    ...(object !== undefined && { object }),
  };
}

/** At Amazon, the bucket tells of which kind it is, or else the host or the ARN. */
function refusalOf(found: Found | undefined, text: string): Recognised["refusal"] {
  if (found?.preset !== undefined && found.preset !== "aws") return undefined;
  const [host = ""] = text.replace(/^[a-z0-9]+:\/\//i, "").split(/[/?#]/);
  return refusalOfKind(found?.values["bucket"] ?? (text.includes("arn:") ? text : host));
}

function fromAddress(text: string): Found | undefined {
  return fromAccessPoint(text) ?? fromArn(text) ?? fromScheme(text) ?? fromUrl(text);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-arn-format.html */
function fromArn(text: string): Found | undefined {
  const found = /^arn:aws(?:-cn|-us-gov)?:s3:([a-z0-9-]*):\d*:([^/:\s*]+)(?:\/(.*))?$/.exec(text);
  if (!found) return undefined;
  const [, region, bucket, key] = found;
  if (bucket === "accesspoint") return undefined;
  // Policies name all that is in a folder.
  return { preset: "aws", values: { region, bucket }, key: key?.replace(/\*$/, "") };
}

/** The ARN of an access point, or of what is behind it; or as programs take it for a bucket's name. */
function fromAccessPoint(text: string): Found | undefined {
  const [, scheme, arn = "", path = ""] =
    /^(s3:\/\/)?(arn:[^/]+\/[^/]+)(?:\/([^]*))?$/.exec(text) ?? [];
  const key = scheme === undefined ? path.replace(/^object\//, "").replace(/\*$/, "") : path;
  return atAccessPoint(accessPointOf(arn), key);
}

function atAccessPoint(point: AccessPoint | undefined, key: string): Found | undefined {
  if (!point) return undefined;
  return { preset: "aws", values: { region: point.region, bucket: point.arn }, key };
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

function fromScheme(text: string): Found | undefined {
  const found =
    /^([a-z][a-z0-9]*):\/\/(?:([^/?#\s@:]+):([^/?#\s@]+)@)?([^/?#\s@]+)(?:\/([^]*)|\?(\S*))?$/i.exec(
      text,
    );
  if (!found) return undefined;
  const [, scheme = "", name, secret, bucket = "", path, query] = found;
  const key = path?.replace(/\?\S*signature=.*$/i, "");
  if (!Object.hasOwn(schemes, scheme.toLowerCase())) return undefined;
  const preset = schemes[scheme.toLowerCase()];
  const keys = decodedValues({ accessKeyId: name, secretAccessKey: secret });
  if (query !== undefined) return withSettings({ bucket, ...keys }, new URLSearchParams(query));
  const server = preset === undefined ? fromServer(bucket, key) : undefined;
  if (server) return { ...server, values: { ...server.values, ...keys } };
  // No bucket's name has a colon: it is a port, or an ARN.
  return bucket.includes(":") ? undefined : { preset, values: { bucket, ...keys }, key };
}

/** `s3://host/bucket/key`, as some programs write it. */
function fromServer(host: string, path = ""): Found | undefined {
  const url = URL.parse(`https://${host}/${path}`);
  return url ? (fromAmazon(url) ?? fromService(url) ?? fromOwnServer(url)) : undefined;
}

/** `s3://bucket?region=…&endpoint=…`: https://gocloud.dev/howto/blob/#s3 */
function withSettings(values: Values, query: URLSearchParams): Found {
  const host = query.get("endpoint");
  const service = host === null ? undefined : fromUrl(host);
  const endpoint = service || host === null ? undefined : webUrl(host)?.origin;
  return {
    preset: service?.preset ?? (endpoint === undefined ? undefined : "other"),
    values: { region: query.get("region") ?? undefined, endpoint, ...service?.values, ...values },
  };
}

function fromUrl(text: string): Found | undefined {
  // As restic writes it.
  const address = text.replace(/^s3:(?=https?:|[^/])/i, "");
  const url = webUrl(address);
  if (!url) return undefined;
  const found =
    fromConsole(url) ??
    fromAmazon(url) ??
    fromService(url) ??
    fromOwnServer(url) ??
    fromKeysPage(url);
  if (!found) return undefined;
  const isObject = found.isObject || isLink(url);
  return { ...found, isObject, values: { ...found.values, ...signer(url), ...account(url) } };
}

function webUrl(text: string): URL | undefined {
  const url = URL.parse(/^[a-z0-9]+:\/\//i.test(text) ? text : `https://${text}`);
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}

/** As S3 signs, and nobody else. */
function isSigned({ searchParams }: URL): boolean {
  return searchParams.has("X-Amz-Signature") || searchParams.has("AWSAccessKeyId");
}

/** Links are signed for one object, by each service in its own way. */
function isLink({ searchParams }: URL): boolean {
  return [...searchParams.keys()].some((name) => /^(?:[a-z-]+-)?signature$/i.test(name));
}

function fromConsole(url: URL): Found | undefined {
  const page = url.host + url.pathname + url.hash;
  // Consoles of one page have their query behind the fragment.
  const inFragment = new URLSearchParams(/\?(.*)$/.exec(url.hash)?.[1]);
  const query = new URLSearchParams([...url.searchParams, ...inFragment]);
  for (const { preset, page: pattern, read } of s3Consoles) {
    const found = pattern.exec(page);
    // A host that only begins as the service's is somebody else's.
    if (!found || found[0].length < url.host.length) continue;
    const groups = decodedValues({ ...found.groups });
    const { key, object, ...values } = read?.(groups, query) ?? groups;
    const shown = object ?? key ?? query.get("prefix") ?? undefined;
    return { preset, values, key: shown, isObject: object !== undefined };
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
  const point = atAccessPoint(accessPointOf(host), decoded(pathname));
  if (point) return point;
  for (const pattern of amazonHosts) {
    const found = pattern.exec(host);
    if (!found) continue;
    const { region, bucket: inHost } = { ...found.groups };
    const [inPath, ...rest] = inHost === undefined ? pathname.slice(1).split("/") : [];
    const key = inHost === undefined ? rest.join("/") : pathname;
    const values = decodedValues({ region, bucket: inHost ?? inPath });
    return { preset: "aws", values, key: decoded(key) };
  }
  return undefined;
}

function fromService(url: URL): Found | undefined {
  for (const { id, service, hide } of s3Presets) {
    const found = foundIn(url.origin + url.pathname, service);
    if (!found) continue;
    const { alias: endpoint, region, account: named, bucket, key } = found;
    const isAsked = !hide.includes("region");
    return {
      preset: id,
      values: { endpoint, region: isAsked ? region : undefined, account: named, bucket },
      key,
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

function fromOwnServer(url: URL): Found | undefined {
  const { origin, hostname, port, pathname } = url;
  const [, first, second, ...rest] = pathname.split("/");
  if (port === "9001" && (first === "browser" || first === "buckets"))
    return {
      preset: "minio",
      values: decodedValues({ endpoint: origin.replace(/:9001$/, ":9000"), bucket: second }),
      // Older ones write the folder in another way.
      key: /%2F$/i.test(pathname) ? decoded(rest.join("/")) : undefined,
    };
  // Nobody but S3 signs so. Which part is the bucket, an unknown host does not tell: in most it is the path.
  const preset = Object.hasOwn(ports, port) ? ports[port] : isSigned(url) ? "other" : undefined;
  if (preset === undefined || hostname === "") return undefined;
  const key = second === undefined ? undefined : decoded([second, ...rest].join("/"));
  return { preset, values: decodedValues({ endpoint: origin, bucket: first }), key };
}

/** Any other page at the host where a service has keys made says no more than whose it is. */
function fromKeysPage({ host }: URL): Found | undefined {
  const preset = s3Presets.find(({ keysPage }) => URL.parse(keysPage ?? "")?.host === host);
  return preset && { preset: preset.id, values: {} };
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

function stated(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ""),
  );
}
