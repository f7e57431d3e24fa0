import type { Recognised } from "../provider.ts";

/** How an address of a service looks, and what it says. Groups: `bucket`, `region`, `account`. */
interface Pattern {
  readonly preset: string;
  /** Of the address without its scheme and query. */
  readonly address: RegExp;
  /** Where requests go, where the address itself does not say. */
  readonly endpoint?: (found: Groups) => string;
}
type Groups = Readonly<Record<string, string | undefined>>;

const patterns: readonly Pattern[] = [
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
  {
    preset: "aws",
    address:
      /^s3[.-](?:dualstack\.)?(?<region>[a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\/(?<bucket>[^/]+))?/,
  },
  {
    preset: "aws",
    address:
      /^(?<bucket>[^/]+)\.s3[.-](?:dualstack\.)?(?<region>[a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com/,
  },
  { preset: "aws", address: /^s3\.amazonaws\.com(?:\/(?<bucket>[^/]+))?/ },
  { preset: "aws", address: /^(?<bucket>[^/]+)\.s3\.amazonaws\.com/ },
  {
    preset: "aws",
    address:
      /^(?:[a-z0-9-]+\.)*console\.aws\.amazon\.com\/s3\/(?:buckets|object)\/(?<bucket>[^/]+)/,
  },
  {
    preset: "r2",
    address:
      /^(?<account>[0-9a-f]{32})(?<place>\.[a-z]+)?\.r2\.cloudflarestorage\.com(?:\/(?<bucket>[^/]+))?/,
    endpoint: ({ account, place = "" }) => `https://${account}${place}.r2.cloudflarestorage.com`,
  },
  {
    preset: "r2",
    address:
      /^dash\.cloudflare\.com\/(?<account>[0-9a-f]{32})\/r2(?:\/[a-z]+\/buckets\/(?<bucket>[^/]+))?/,
    endpoint: ({ account }) => `https://${account}.r2.cloudflarestorage.com`,
  },
  {
    preset: "b2",
    address: /^s3\.(?<region>[a-z0-9-]+)\.backblazeb2\.com(?:\/(?<bucket>[^/]+))?/,
    endpoint: ({ region }) => `https://s3.${region}.backblazeb2.com`,
  },
  {
    preset: "b2",
    address: /^(?<bucket>[^/.]+)\.s3\.(?<region>[a-z0-9-]+)\.backblazeb2\.com/,
    endpoint: ({ region }) => `https://s3.${region}.backblazeb2.com`,
  },
];

/** Reads an `s3://` address, an endpoint, an object's address or a page of a service's console. */
export function recogniseS3(text: string): Recognised | undefined {
  const url = URL.parse(/^[a-z0-9]+:\/\//i.test(text) ? text : `https://${text}`);
  if (!url) return undefined;
  if (url.protocol === "s3:") return url.host === "" ? undefined : { values: { bucket: url.host } };
  for (const { preset, address, endpoint } of patterns) {
    const found = address.exec(url.host + url.pathname)?.groups;
    if (!found) continue;
    const region = url.searchParams.get("region") ?? found["region"];
    const values = {
      endpoint: endpoint?.(found),
      bucket: found["bucket"],
      // Elsewhere the endpoint says where, and the region is not asked for.
      region: preset === "aws" ? region : undefined,
    };
    return { preset, values: stated(values) };
  }
  return undefined;
}

function stated(values: Groups): Groups {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
