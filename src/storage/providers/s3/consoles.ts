import { accessPoint } from "./accessPoints.ts";

type Groups = Readonly<Record<string, string | undefined>>;

/** A page of a service's console, and what its address says of the answers. */
interface Console {
  readonly preset: string;
  /**
   * Of host, path and fragment. Its groups are the answers, unless `read` says otherwise; `key` is
   * the folder that is shown, `object` the object. Without either, it is the query's `prefix`.
   */
  readonly page: RegExp;
  readonly read?: (groups: Groups, query: URLSearchParams) => Groups;
}

/** What the query has under the names of the right side, by those of the left. */
function named(query: URLSearchParams, names: Readonly<Record<string, string>>): Groups {
  return Object.fromEntries(
    Object.entries(names).flatMap(([answer, name]) => {
      const value = query.get(name);
      return value === null ? [] : [[answer, value]];
    }),
  );
}

const withQuery =
  (names: Readonly<Record<string, string>>): NonNullable<Console["read"]> =>
  (groups, query) => ({ ...groups, ...named(query, names) });

/** The bucket stands in the host, or else it is the first name of the path. */
const pathStyle: NonNullable<Console["read"]> = ({ bucket, path = "", ...rest }) => {
  if (bucket !== undefined) return { ...rest, bucket, key: path };
  const [first, ...below] = path.split("/");
  return { ...rest, bucket: first, key: below.join("/") };
};

/** Where Backblaze keeps what its download hosts serve. */
const backblazeClusters: Readonly<Record<string, string>> = {
  "000": "us-west-000",
  "001": "us-west-001",
  "002": "us-west-002",
  "003": "eu-central-003",
  "004": "us-west-004",
  "005": "us-east-005",
  "006": "ca-east-006",
};

/** Pages that people have open while they set up a connection. */
export const s3Consoles: readonly Console[] = [
  {
    preset: "aws",
    page: /^(?:[a-z0-9-]+\.)*console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)\/s3\/object\/(?<bucket>[^/?#]+)(?:\/(?<object>[^?#]+))?/,
    read: withQuery({ region: "region", object: "prefix" }),
  },
  {
    preset: "aws",
    page: /^(?:[a-z0-9-]+\.)*console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)\/s3\/(?:buckets|upload)\/(?<bucket>[^/?#]+)(?:\/(?<key>[^?#]+\/)(?:[?#]|$))?/,
    read: withQuery({ region: "region" }),
  },
  {
    preset: "aws",
    page: /^(?:[a-z0-9-]+\.)*console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)\/s3\/ap\/(?<account>\d{12})\/(?<name>[a-z0-9-]+)/,
    read: (groups, query) => {
      const at = named(query, { region: "region" });
      // Without its region, it is nowhere.
      return at["region"] ? { ...at, bucket: accessPoint({ ...groups, ...at }).arn } : {};
    },
  },
  {
    preset: "aws",
    page: /^(?:[a-z0-9-]+\.)*console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)\/s3(?:\/|$)/,
    read: withQuery({ region: "region" }),
  },
  {
    preset: "r2",
    page: /^dash\.cloudflare\.com\/(?<account>[0-9a-f]{32})\/r2(?:\/(?<place>[a-z]+)\/buckets\/(?<bucket>[^/?#]+)(?:\/objects\/(?<object>[^/?#]+)\/details)?)?/,
    read: ({ account, place, ...rest }) => ({
      account: place === "eu" || place === "fedramp" ? `${account}.${place}` : account,
      ...rest,
    }),
  },
  {
    preset: "b2",
    page: /^f(?<cluster>\d{3})\.backblazeb2\.com(?:\/file\/(?<bucket>[^/?#]+)(?:\/(?<key>[^?#]*))?)?/,
    read: ({ cluster = "", ...rest }) => ({ region: backblazeClusters[cluster], ...rest }),
  },
  { preset: "b2", page: /^(?:tree-[a-z0-9-]+\.)?secure\.backblaze\.com\/(?:b2_|app_keys)/ },
  {
    preset: "wasabi",
    page: /^console\.wasabisys\.com\/(?:#\/)?file_manager\/(?<bucket>[^/?#]+)(?:\/(?<key>[^?#]*))?/,
    read: withQuery({ region: "region" }),
  },
  {
    preset: "digitalocean",
    page: /^(?<bucket>[a-z0-9-]+)\.(?<region>[a-z0-9]+)\.cdn\.digitaloceanspaces\.com\/(?<key>[^?#]*)/,
  },
  {
    preset: "digitalocean",
    page: /^cloud\.digitalocean\.com\/spaces(?:\/(?<bucket>[^/?#]+))?/,
    read: withQuery({ key: "path" }),
  },
  {
    preset: "gcs",
    page: /^console\.cloud\.google\.com\/storage\/browser\/_details\/(?<bucket>[^/;?#]+)(?:\/(?<object>[^;?#]*))?/,
  },
  {
    preset: "gcs",
    page: /^console\.cloud\.google\.com\/storage\/browser\/(?<bucket>[^/;?#]+)(?:\/(?<key>[^;?#]*))?/,
  },
  {
    preset: "gcs",
    page: /^storage\.cloud\.google\.com\/(?<bucket>[^/?#]+)(?:\/(?<object>[^?#]*))?/,
  },
  {
    preset: "scaleway",
    page: /^console\.scaleway\.com\/object-storage\/buckets\/(?<region>[a-z-]+)\/(?<bucket>[^/?#]+)(?:\/files\/(?<key>[^?#]*))?/,
  },
  {
    preset: "hetzner",
    page: /^console\.hetzner\.(?:com|cloud)\/projects\/\d+\/(?:object-storage|buckets)(?:\/(?<bucket>[^/?#]+))?/,
  },
  {
    preset: "linode",
    page: /^cloud\.linode\.com\/object-storage\/buckets\/(?<region>[a-z0-9-]+)\/(?<bucket>[^/?#]+)/,
  },
  {
    preset: "oracle",
    page: /^cloud\.oracle\.com\/object-storage\/buckets\/(?<account>[^/?#]+)\/(?<bucket>[^/?#]+)/,
    read: withQuery({ region: "region" }),
  },
  {
    preset: "oracle",
    page: /^objectstorage\.(?<region>[a-z0-9-]+)\.oraclecloud\.com\/(?:p\/[^/]+\/)?n\/(?<account>[^/?#]+)\/b\/(?<bucket>[^/?#]+)(?:\/o\/(?<object>[^?#]*))?/,
  },
  {
    preset: "supabase",
    page: /^(?:app\.supabase\.com|supabase\.com\/dashboard)\/project\/(?<account>[a-z0-9]+)\/(?:storage|settings\/storage)(?:\/(?:files\/)?buckets\/(?<bucket>[^/?#]+))?/,
  },
  {
    preset: "yandex",
    page: /^console\.(?:yandex\.cloud|cloud\.yandex\.\w+)\/folders\/[^/]+\/storage\/buckets\/(?<bucket>[^/?#]+)/,
    read: withQuery({ key: "key" }),
  },
  {
    // The endpoints of older accounts, each with a name of its own.
    preset: "idrive",
    page: /^(?<host>[a-z0-9]+\.[a-z0-9]+\.idrivee2-\d+\.com)(?:\/(?<bucket>[^/?#]+)(?:\/(?<key>[^?#]*))?)?/,
    read: ({ host, ...rest }) => ({ endpoint: `https://${host}`, ...rest }),
  },
  {
    preset: "aliyun",
    page: /^oss\.console\.(?:aliyun|alibabacloud)\.com\/bucket\/oss-(?<region>[a-z0-9-]+)\/(?<bucket>[^/?#]+)/,
    read: withQuery({ key: "path" }),
  },
  {
    preset: "tencent",
    page: /^console\.(?:cloud\.tencent|tencentcloud)\.com\/cos5?\//,
    read: withQuery({ bucket: "bucket", region: "region", key: "path" }),
  },
  {
    preset: "huawei",
    page: /^(?:storage|console|console-intl)\.huaweicloud\.com\/(?:obs|console)\/#\/obs\/manager\/buckets?(?:\/(?<bucket>[^/?#]+))?/,
    read: withQuery({ region: "region" }),
  },
  {
    preset: "qiniu",
    page: /^portal\.qiniu\.com\/kodo\//,
    read: withQuery({ bucket: "bucketName" }),
  },
  // Hosts of services' own protocols, for buckets that are reached by S3 as well.
  {
    preset: "baidu",
    page: /^(?:(?<bucket>(?!s3\.)[a-z0-9-]+)\.)?(?<region>bj|gz|su|bd|fwh|hkg)\.bcebos\.com(?:\/(?<path>[^?#]*))?/,
    read: pathStyle,
  },
  {
    preset: "qingstor",
    page: /^(?:(?<bucket>(?!s3\.)[a-z0-9-]+)\.)?(?<region>[a-z]{2,3}\d[a-z]?)\.q(?:ing|s)stor\.com(?:\/(?<path>[^?#]*))?/,
    read: pathStyle,
  },
  {
    preset: "ucloud",
    page: /^(?<bucket>[a-z0-9-]+)\.(?<region>[a-z0-9-]+)\.ufileos\.com(?:\/(?<path>[^?#]*))?/,
    read: pathStyle,
  },
  {
    preset: "scaleway",
    page: /^(?<bucket>[a-z0-9.-]+)\.s3-website\.(?<region>[a-z-]+)\.scw\.cloud(?:\/(?<path>[^?#]*))?/,
    read: pathStyle,
  },
  {
    preset: "supabase",
    page: /^(?<account>[a-z0-9]+)\.(?:storage\.)?supabase\.co\/storage\/v1\/object\/(?:public|sign|authenticated)\/(?<bucket>[^/?#]+)\/(?<object>[^?#]+)/,
  },
  {
    preset: "ovh",
    page: /^(?:(?:www\.ovh|ca\.ovh|us\.ovhcloud)\.com\/manager|manager\.[a-z]{2}\.ovhcloud\.com)\/.*\/storages?\/(?:objects\/s3\/(?<region>[A-Za-z-]+)\/(?<bucket>[^/?#]+))?/,
    read: ({ region, ...rest }, query) => ({
      ...rest,
      region: region?.toLowerCase(),
      ...named(query, { object: "objectKey" }),
    }),
  },
  {
    preset: "idrive",
    page: /^(?:app|console)\.idrivee2\.com\/region\/[^/]+\/buckets\/(?<bucket>[^/?#]+)/,
  },
  {
    preset: "storj",
    page: /^(?:us1|eu1|ap1)\.storj\.io(?:\/projects\/[^/]+\/buckets\/(?<bucket>[^/?#]+)(?:\/(?<key>[^?#]+))?)?/,
  },
  {
    preset: "tigris",
    page: /^console\.(?:storage|tigris)\.dev(?:(?:\/[^/?#]+)?\/buckets\/(?<bucket>[^/?#]+))?/,
  },
  {
    preset: "ucloud",
    page: /^console\.ucloud\.cn\/ufile\//,
    read: withQuery({ bucket: "id" }),
  },
  {
    preset: "ibm",
    page: /^cloud\.ibm\.com\/objectstorage\//,
    read: withQuery({ bucket: "bucket", region: "bucketRegion" }),
  },
  // Pages that say no more than whose they are.
  { preset: "r2", page: /^pub-[0-9a-f]{32}\.r2\.dev/ },
  { preset: "vultr", page: /^(?:my|console)\.vultr\.com\/objectstorage/ },
  { preset: "synology-c2", page: /^object\.c2\.synology\.com/ },
];
