import { StorageError } from "../../errors.ts";
import { decoded } from "../../pasted.ts";
import { isHostPart } from "../../fields.ts";
import { accessPointOf } from "./accessPoints.ts";

/** What has to be known of a service to speak S3 with it. Absent is what Amazon does. */
export interface S3Service {
  /** Its address, with `{region}` and `{account}` to be filled in. Absent: the user has to say. */
  readonly endpoint?: string;
  /** Where its buckets are, by the names that are signed for, with the place as people know it. */
  readonly regions?: Readonly<Record<string, string>>;
  /** Regions whose address is another. */
  readonly exceptions?: Readonly<Record<string, string>>;
  /** Other addresses it is known by, with the same blanks. */
  readonly aliases?: readonly string[];
  /** An address that is none of these is the domain that somebody has bound to a bucket. */
  readonly ownDomains?: boolean;
  /** Where all buckets are listed, if not at the endpoint. */
  readonly bucketsEndpoint?: string;
  /** 1 where ListObjectsV2 is missing or wrong. */
  readonly listVersion?: 1 | 2;
  /** False where `encoding-type=url` is not understood, or breaks the paging. */
  readonly urlEncoding?: boolean;
  /** Smallest and largest part of an upload, where the limits are tighter than Amazon's. */
  readonly leastPartBytes?: number;
  readonly mostPartBytes?: number;
  /** Most parts of one upload, where that has been seen. */
  readonly maxParts?: number;
  /** Whether conditions hold when an upload in parts is completed. Absent: at Amazon only. */
  readonly conditionalParts?: boolean;
  /** Whether the ETag of an object in parts is, like Amazon's, made of those of its parts. */
  readonly partsEtag?: boolean;
  /** `md5` where a body is taken although it is not the one whose SHA-256 was signed. */
  readonly bodyDigest?: "md5";
  /** True where an ETag in `If-Match` has to come without its quotes, as in Ceph before 20. */
  readonly bareIfMatch?: boolean;
  /** False where objects over 5 GiB are copied in one request as well, and in parts not at all. */
  readonly copiesParts?: boolean;
  /** Where it tells the endpoint of an access key, and the hosts it may name. */
  readonly finder?: { readonly url: string; readonly hosts: RegExp };
  /** A copy fails if the source is no longer the one that is named: then nobody has to look first. */
  readonly pinsCopies?: boolean;
  /** A deletion fails if the object is no longer the one that is named. */
  readonly pinsDeletions?: boolean;
}

/** The answers that say where a service is. */
interface Whereabouts {
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly account: string | undefined;
  /** Its name, or an access point's ARN. */
  readonly bucket: string | undefined;
}

/** Where requests go and how, with all that the answers leave open filled in. */
interface Reached {
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly addressing?: "domain" | "virtual";
  /** As hosts have it, where the answer is an access point's ARN. */
  readonly bucket?: string;
  readonly accessPoint?: string;
}

const blank = /\{(region|account)\}/g;

/**
 * Where requests go and the region they are signed for: what the user typed, else the service's
 * own address with the answers filled in. No endpoint is Amazon's. Fails with `invalid` if an answer
 * cannot be part of an address.
 */
export function whereaboutsOf(given: Whereabouts, service: S3Service = {}): Reached {
  return atAccessPoint(given, service) ?? atService(given, service);
}

function atService(given: Whereabouts, service: S3Service): Reached {
  const { endpoint, region } = given;
  if (endpoint !== undefined) {
    const found = foundIn(endpoint, service);
    const isBucketsHost = service.ownDomains === true && found === undefined;
    return {
      endpoint,
      region: region ?? found?.region,
      ...(isBucketsHost && { addressing: "domain" }),
    };
  }
  const own = (region !== undefined && service.exceptions?.[region]) || service.endpoint;
  if (own === undefined || own === "") return { endpoint, region };
  const filled = own.replace(blank, (_, name: "region" | "account") => {
    const part = given[name] ?? "";
    if (isHostPart(part)) return part;
    throw new StorageError("invalid", `no part of an address: ${name}`, { field: name });
  });
  return { endpoint: filled, region };
}

/** Nobody but Amazon has them. */
function atAccessPoint(
  { endpoint, bucket = "" }: Whereabouts,
  service: S3Service,
): Reached | undefined {
  const point = accessPointOf(bucket);
  if (!point || service.endpoint !== undefined) return undefined;
  return {
    // It may be one of a private network, or of a server that plays Amazon.
    endpoint: endpoint ?? point.endpoint,
    region: point.region,
    addressing: "virtual",
    bucket: point.bucket,
    accessPoint: point.arn,
  };
}

/** What a text says of a connection. */
export interface Found {
  readonly preset?: string | undefined;
  readonly values: Readonly<Record<string, string | undefined>>;
  /** What stands behind the bucket. */
  readonly key?: string | undefined;
  /** The key is not a folder's, whatever it looks like. */
  readonly isObject?: boolean;
}

export interface PlaceFound {
  readonly region: string | undefined;
  readonly account: string | undefined;
  readonly bucket: string | undefined;
  /** What stands behind the bucket. */
  readonly key: string | undefined;
  /** The address it was found by, filled in; not one that the answers alone would give. */
  readonly alias: string | undefined;
}

/** What an address of the service says: its endpoint, or a bucket in the path or in the host. */
export function foundIn(address: string, service: S3Service): PlaceFound | undefined {
  const url = URL.parse(address);
  if (!url) return undefined;
  const { host, pathname } = url;
  for (const [region, exception] of Object.entries(service.exceptions ?? {})) {
    const bucket = bucketIn(host, pathname, exception);
    if (bucket) return { ...nothing, ...bucket.groups, region };
  }
  for (const template of templatesOf(service)) {
    const groups = bucketIn(host, pathname, template)?.groups;
    if (!groups) continue;
    const region = namedRegion(groups["region"], service);
    if (template === service.endpoint) return { ...nothing, ...groups, region };
    const filled = template.replace(blank, (_, name: string) => groups[name] ?? "");
    return { ...nothing, ...groups, region, alias: filled };
  }
  return undefined;
}

/** Hosts are in lower case, whatever a region is called. */
function namedRegion(inHost: string | undefined, { regions = {} }: S3Service): string | undefined {
  return Object.keys(regions).find((name) => name.toLowerCase() === inHost) ?? inHost;
}

/** Its addresses, the longer one first: of two that fit, it leaves less to its blanks. */
function templatesOf({ endpoint, aliases = [] }: S3Service): readonly string[] {
  const all = [...(endpoint === undefined ? [] : [endpoint]), ...aliases];
  const length = (template: string) => template.replace(blank, "").length;
  return all.toSorted((one, other) => length(other) - length(one));
}

const nothing: PlaceFound = {
  region: undefined,
  account: undefined,
  bucket: undefined,
  key: undefined,
  alias: undefined,
};

function bucketIn(
  host: string,
  path: string,
  template: string,
): { readonly groups: Readonly<Record<string, string | undefined>> } | undefined {
  const [, templateHost = "", templatePath = ""] = /^https?:\/\/([^/]+)(.*)$/.exec(template) ?? [];
  const hostPattern = literal(templateHost)
    .replace(String.raw`\{region\}`, "(?<region>[a-z0-9][a-z0-9-]*(?:\\.(?:us|eu|ap))?)")
    .replace(String.raw`\{account\}`, "(?<account>[a-z0-9][a-z0-9-]*(?:\\.[a-z]+)?)");
  const inPath = new RegExp(
    `^${hostPattern}${literal(templatePath)}(?:/(?<bucket>[^/]*)(?:/(?<key>.*))?)?$`,
    "i",
  ).exec(host + path);
  if (inPath) return { groups: named(inPath) };
  const inHost = new RegExp(`^(?<bucket>[a-z0-9][a-z0-9.-]*)\\.${hostPattern}$`, "i").exec(host);
  return inHost ? { groups: { ...named(inHost), key: decoded(path.slice(1)) } } : undefined;
}

function named({ groups = {} }: RegExpExecArray): Readonly<Record<string, string | undefined>> {
  const { bucket, key } = groups;
  return { ...groups, bucket: bucket ? decoded(bucket) : undefined, key: key && decoded(key) };
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
