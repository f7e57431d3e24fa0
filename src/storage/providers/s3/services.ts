// oxlint-disable max-lines -- A table, one service after the other.
import type { ExtraName } from "../../extras.ts";
import type { Asked } from "../../fields.ts";
import * as regions from "./regions.ts";
import type { S3Service } from "./service.ts";
import * as classes from "./storageClasses.ts";
import type { Classes } from "./storageClasses.ts";

/** A service as the table below has it. */
export interface S3Row extends S3Service {
  readonly id: string;
  readonly label: string;
  readonly icon?: string;
  readonly keywords?: string;
  readonly note?: string;
  readonly retired?: string;
  readonly storageClasses?: Classes;
  /** The only region there is, or the usual one where `regions` lists more. */
  readonly region?: string;
  /** What fills the `{account}` of the address. */
  readonly account?: Asked;
  /** Where the bucket's name stands. Absent: found out. */
  readonly addressing?: "virtual" | "path";
  readonly maxUploadParts?: number;
  readonly help?: Partial<Record<S3Question, string>>;
  readonly keysPage?: string;
  /** What others that speak S3 have, and this one has not. */
  readonly lacks?: readonly ExtraName[];
  /** Whether conditional writes are honoured; absent: not known, so not relied upon. */
  readonly conditions?: "honoured";
}

/** The questions of `s3.ts` that a service may want to hide or to word. */
export type S3Question =
  | "endpoint"
  | "region"
  | "account"
  | "bucket"
  | "accessKeyId"
  | "secretAccessKey"
  | "sessionToken"
  | "credentials"
  | "profile"
  | "signature"
  | "storageClass"
  | "addressing"
  | "verifyTls"
  | "maxUploadParts";

/**
 * Every service that is known to speak S3: those most people use first, then by country, then
 * servers of one's own. What each does differently is from its own documentation and from what
 * other programs have learned; *Diagnose Connection* finds out the rest.
 */
export const s3Services: readonly S3Row[] = [
  {
    id: "aws",
    label: "Amazon S3",
    keywords: "aws simple storage service",
    regions: regions.amazon,
    storageClasses: classes.amazon,
    help: {
      region: "Leave empty to have it found out.",
      bucket:
        "Leave empty to see all buckets. A key that may not list them needs one named. An access point is named by its ARN or alias.",
    },
    keysPage: "https://console.aws.amazon.com/iam/home#/security_credentials",
    conditions: "honoured",
  },
  {
    id: "r2",
    label: "Cloudflare R2",
    storageClasses: classes.cloudflare,
    lacks: ["versions"],
    endpoint: "https://{account}.r2.cloudflarestorage.com",
    region: "auto",
    account: {
      label: "Account ID",
      help: "32 letters and digits, on the R2 overview page. With a jurisdiction, add it: `ID.eu`.",
    },
    addressing: "path",
    keysPage: "https://dash.cloudflare.com/?to=/:account/r2/api-tokens",
    conditions: "honoured",
  },
  {
    id: "b2",
    label: "Backblaze B2",
    endpoint: "https://s3.{region}.backblazeb2.com",
    regions: regions.backblaze,
    addressing: "path",
    help: {
      region: "Part of the endpoint that the bucket's page shows: `s3.REGION.backblazeb2.com`.",
      accessKeyId: "The keyID of an application key; the master key does not work here.",
      secretAccessKey: "The applicationKey.",
    },
    keysPage: "https://secure.backblaze.com/app_keys.htm",
  },
  {
    id: "minio",
    label: "MinIO",
    icon: "server",
    keywords: "aistor",
    addressing: "path",
    note: "The MinIO project ended in April 2026. Servers that run go on working, without fixes.",
    help: { endpoint: "The server's address, such as http://127.0.0.1:9000." },
    conditions: "honoured",
  },
  {
    id: "wasabi",
    label: "Wasabi",
    endpoint: "https://s3.{region}.wasabisys.com",
    exceptions: { "us-east-1": "https://s3.wasabisys.com" },
    regions: regions.wasabi,
    addressing: "path",
    storageClasses: classes.wasabi,
    keysPage: "https://console.wasabisys.com/#/access_keys",
  },
  {
    id: "digitalocean",
    label: "DigitalOcean Spaces",
    endpoint: "https://{region}.digitaloceanspaces.com",
    regions: regions.digitalOcean,
    addressing: "virtual",
    urlEncoding: false,
    help: { bucket: "The name of the Space." },
    keysPage: "https://cloud.digitalocean.com/spaces/access_keys",
  },
  {
    id: "gcs",
    label: "Google Cloud Storage",
    keywords: "gcs google",
    endpoint: "https://storage.googleapis.com",
    storageClasses: classes.google,
    region: "auto",
    addressing: "path",
    copiesParts: false,
    help: { accessKeyId: "An HMAC key: Cloud Storage → Settings → Interoperability." },
    keysPage: "https://console.cloud.google.com/storage/settings;tab=interoperability",
  },
  {
    id: "ceph",
    label: "Ceph",
    icon: "server",
    keywords: "rados gateway rgw",
    addressing: "path",
    help: {
      endpoint: "The address of the RADOS Gateway.",
      accessKeyId: "As `radosgw-admin user info` shows it.",
    },
    // But for "only if absent" in release 16, where a bucket keeps versions: it writes another one.
    conditions: "honoured",
    bareIfMatch: true,
  },
  {
    id: "hetzner",
    label: "Hetzner Object Storage",
    endpoint: "https://{region}.your-objectstorage.com",
    regions: regions.hetzner,
    addressing: "virtual",
    keysPage: "https://console.hetzner.com",
  },
  {
    id: "scaleway",
    label: "Scaleway Object Storage",
    endpoint: "https://s3.{region}.scw.cloud",
    regions: regions.scaleway,
    addressing: "virtual",
    maxUploadParts: 1000,
    keysPage: "https://console.scaleway.com/iam/api-keys",
    conditions: "honoured",
  },
  {
    id: "ovh",
    label: "OVHcloud Object Storage",
    endpoint: "https://s3.{region}.io.cloud.ovh.net",
    exceptions: {
      "us-east-va": "https://s3.us-east-va.io.cloud.ovh.us",
      "us-west-or": "https://s3.us-west-or.io.cloud.ovh.us",
    },
    aliases: ["https://s3.{region}.perf.cloud.ovh.net"],
    regions: regions.ovh,
    addressing: "virtual",
    keysPage: "https://www.ovh.com/manager/#/public-cloud",
  },
  {
    id: "idrive",
    label: "IDrive e2",
    endpoint: "https://s3.{region}.idrivee2.com",
    regions: regions.idrive,
    addressing: "path",
    finder: {
      url: "https://api.idrivee2.com/api/service/get_region_end_point",
      hosts: /^[a-z0-9.-]+\.idrivee2(?:-\d+)?\.com$/,
    },
    help: {
      region:
        "Keys are made for one region: Access Keys and Regions show its endpoint, or have it found. An older one, such as `a1b2.la.idrivee2-12.com`, is the account's own: paste it above.",
    },
    keysPage: "https://app.idrivee2.com",
  },
  {
    id: "storj",
    label: "Storj",
    endpoint: "https://gateway.storjshare.io",
    region: "us-east-1",
    addressing: "virtual",
    leastPartBytes: 64 * 1024 * 1024,
    copiesParts: false,
    keysPage: "https://storj.io/login",
  },
  {
    id: "linode",
    label: "Akamai Linode",
    keywords: "akamai object storage",
    endpoint: "https://{region}.linodeobjects.com",
    regions: regions.linode,
    addressing: "virtual",
    help: { region: "The first part of the endpoint: `REGION.linodeobjects.com`." },
    keysPage: "https://cloud.linode.com/object-storage/access-keys",
  },
  {
    id: "vultr",
    label: "Vultr Object Storage",
    endpoint: "https://{region}.vultrobjects.com",
    regions: regions.vultr,
    help: {
      region: "The first part of the hostname beside the key, which is for that place only.",
    },
    addressing: "virtual",
    keysPage: "https://my.vultr.com/objectstorage/",
  },
  {
    id: "tigris",
    label: "Tigris",
    keywords: "fly.io",
    endpoint: "https://t3.storage.dev",
    aliases: ["https://fly.storage.tigris.dev"],
    region: "auto",
    addressing: "virtual",
    keysPage: "https://console.storage.dev",
    conditions: "honoured",
  },
  {
    id: "supabase",
    label: "Supabase Storage",
    lacks: ["versions"],
    endpoint: "https://{account}.supabase.co/storage/v1/s3",
    aliases: ["https://{account}.storage.supabase.co/storage/v1/s3"],
    regions: regions.amazon,
    account: { label: "Project reference", help: "The first part of the project's address." },
    addressing: "path",
    help: { region: "As Project Settings → Storage shows it." },
    keysPage: "https://supabase.com/dashboard/project/_/settings/storage",
  },
  {
    id: "oracle",
    label: "Oracle Cloud",
    keywords: "oci object storage",
    endpoint: "https://{account}.compat.objectstorage.{region}.oraclecloud.com",
    aliases: ["https://{account}.compat.objectstorage.{region}.oci.customer-oci.com"],
    regions: regions.oracle,
    account: { label: "Namespace", help: "Object Storage → bucket → Bucket information." },
    addressing: "path",
    help: { accessKeyId: "A customer secret key: Identity → Users. Each user can have two." },
    keysPage: "https://cloud.oracle.com/identity/domains/my-profile/secret-keys",
  },
  {
    id: "ibm",
    label: "IBM Cloud Object Storage",
    keywords: "cos softlayer",
    endpoint: "https://s3.{region}.cloud-object-storage.appdomain.cloud",
    aliases: [
      "https://s3.private.{region}.cloud-object-storage.appdomain.cloud",
      "https://s3.direct.{region}.cloud-object-storage.appdomain.cloud",
    ],
    regions: regions.ibm,
    addressing: "path",
    listVersion: 1,
    urlEncoding: false,
    help: {
      accessKeyId: "Service credentials have it only if made with “Include HMAC credential”.",
    },
    keysPage: "https://cloud.ibm.com/objectstorage",
  },
  {
    id: "synology-c2",
    label: "Synology C2 Object Storage",
    endpoint: "https://{region}.s3.synologyc2.net",
    regions: regions.synology,
    addressing: "virtual",
    storageClasses: classes.synology,
    keysPage: "https://c2.synology.com/object-storage",
  },
  {
    id: "mega-s4",
    label: "MEGA S4",
    endpoint: "https://s3.{region}.megas4.com",
    regions: regions.mega,
    addressing: "path",
    copiesParts: false,
    help: { region: "Part of the endpoint that MEGA shows: `s3.REGION.megas4.com`." },
    keysPage: "https://mega.io/objectstorage",
  },
  {
    id: "ionos",
    label: "IONOS Object Storage",
    endpoint: "https://s3.{region}.ionoscloud.com",
    exceptions: { de: "https://s3.eu-central-1.ionoscloud.com" },
    aliases: ["https://s3-{region}.ionoscloud.com"],
    regions: {
      de: "Frankfurt",
      "eu-central-2": "Berlin",
      "eu-central-3": "Berlin",
      "eu-central-4": "Frankfurt",
      "eu-south-2": "Logroño",
      "us-central-1": "Lenexa",
    },
    addressing: "path",
    urlEncoding: false,
    keysPage: "https://dcd.ionos.com",
  },
  {
    id: "exoscale",
    label: "Exoscale",
    endpoint: "https://sos-{region}.exo.io",
    regions: {
      "ch-dk-2": "Zurich",
      "ch-gva-2": "Geneva",
      "at-vie-1": "Vienna",
      "at-vie-2": "Vienna",
      "de-fra-1": "Frankfurt",
      "de-muc-1": "Munich",
      "hr-zag-1": "Zagreb",
      "bg-sof-1": "Sofia",
    },
    addressing: "virtual",
    keysPage: "https://portal.exoscale.com/iam/api-keys",
  },
  {
    id: "contabo",
    label: "Contabo",
    endpoint: "https://{region}.contabostorage.com",
    regions: { eu2: "European Union", usc1: "United States", sin1: "Singapore" },
    addressing: "path",
    keysPage: "https://my.contabo.com/api/details",
  },
  {
    id: "dreamhost",
    label: "DreamObjects",
    keywords: "dreamhost",
    endpoint: "https://objects-us-east-1.dream.io",
    aliases: ["https://s3.{region}.dream.io"],
    region: "us-east-1",
    urlEncoding: false,
    keysPage: "https://panel.dreamhost.com/index.cgi?tree=cloud.objects",
  },
  {
    id: "outscale",
    label: "OUTSCALE",
    endpoint: "https://oos.{region}.outscale.com",
    regions: {
      "eu-west-2": "Paris",
      "cloudgouv-eu-west-1": "Paris, SecNumCloud",
      "us-east-2": "New Jersey",
      "us-west-1": "California",
      "ap-northeast-1": "Tokyo",
    },
    addressing: "path",
  },
  {
    id: "leviia",
    label: "Leviia",
    endpoint: "https://s3.leviia.com",
    region: "us-east-1",
  },
  {
    id: "rabata",
    label: "Rabata",
    endpoint: "https://s3.{region}.rabata.io",
    regions: { "us-east-1": "N. Virginia", "eu-west-1": "Ireland", "eu-west-2": "London" },
  },
  {
    id: "petabox",
    label: "Petabox",
    endpoint: "https://s3.{region}.petabox.io",
    aliases: ["https://s3.petabox.io"],
    regions: {
      "us-east-1": "N. Virginia",
      "eu-central-1": "Frankfurt",
      "ap-southeast-1": "Singapore",
      "me-south-1": "Bahrain",
      "sa-east-1": "São Paulo",
    },
  },
  {
    id: "impossible",
    label: "Impossible Cloud",
    endpoint: "https://{region}.storage.impossibleapi.net",
    regions: regions.impossible,
    keysPage: "https://console.impossiblecloud.com",
  },
  {
    id: "cubbit",
    label: "Cubbit DS3",
    endpoint: "https://s3.cubbit.eu",
    // Companies have a host of their own.
    aliases: ["https://s3.{region}.cubbit.eu"],
    region: "eu-west-1",
  },
  {
    id: "filelu",
    label: "FileLu S5",
    endpoint: "https://s5lu.com",
    aliases: ["https://{region}.s5lu.com"],
    region: "global",
    addressing: "path",
    urlEncoding: false,
  },
  {
    id: "rackcorp",
    label: "RackCorp",
    endpoint: "https://{region}.s3.rackcorp.com",
    aliases: ["https://s3.rackcorp.com"],
    regions: regions.rackcorp,
  },
  {
    id: "lyve",
    label: "Seagate Lyve Cloud",
    endpoint: "https://s3.{region}.{account}.lyve.seagate.com",
    regions: { "us-west-1": "California", "eu-west-1": "Ireland" },
    account: { label: "Account name", help: "The part of the endpoint before `lyve.seagate.com`." },
  },
  {
    id: "magalu",
    label: "Magalu Cloud",
    endpoint: "https://{region}.magaluobjects.com",
    regions: { "br-se1": "São Paulo", "br-ne1": "Fortaleza" },
    addressing: "path",
    listVersion: 1,
    urlEncoding: false,
    keysPage: "https://console.magalu.cloud",
  },
  {
    id: "zata",
    label: "Zata",
    endpoint: "https://idr01.zata.ai",
    region: "us-east-1",
  },
  {
    id: "selectel",
    label: "Selectel",
    endpoint: "https://s3.{region}.storage.selcloud.ru",
    regions: {
      "ru-1": "St. Petersburg",
      "ru-3": "St. Petersburg",
      "ru-7": "Moscow",
      "gis-1": "Moscow",
      "kz-1": "Kazakhstan",
      "uz-2": "Uzbekistan",
    },
    urlEncoding: false,
  },
  {
    id: "yandex",
    label: "Yandex Object Storage",
    endpoint: "https://storage.yandexcloud.net",
    region: "ru-central1",
    keysPage: "https://console.yandex.cloud",
  },
  {
    id: "arvan",
    label: "ArvanCloud",
    endpoint: "https://s3.{region}.arvanstorage.ir",
    regions: { "ir-thr-at1": "Tehran", "ir-tbz-sh1": "Tabriz" },
    addressing: "path",
    listVersion: 1,
    urlEncoding: false,
    keysPage: "https://panel.arvancloud.ir/storage/access-management",
  },
  {
    id: "liara",
    label: "Liara",
    endpoint: "https://storage.iran.liara.space",
    aliases: ["https://storage.c2.liara.space"],
    region: "us-east-1",
    addressing: "path",
    urlEncoding: false,
    keysPage: "https://console.liara.ir/buckets/keys",
  },
  {
    id: "aliyun",
    label: "Alibaba Cloud OSS",
    keywords: "aliyun 阿里云 对象存储",
    endpoint: "https://s3.oss-{region}.aliyuncs.com",
    aliases: [
      "https://s3.oss-accelerate.aliyuncs.com",
      "https://oss-accelerate.aliyuncs.com",
      "https://oss-accelerate-overseas.aliyuncs.com",
      "https://s3.oss-{region}-internal.aliyuncs.com",
      "https://oss-{region}-internal.aliyuncs.com",
      "https://oss-{region}.aliyuncs.com",
      "https://{region}.oss.aliyuncs.com",
    ],
    regions: regions.aliyun,
    storageClasses: classes.aliyun,
    addressing: "virtual",
    ownDomains: true,
    note: "Accounts opened since March 2025 reach objects in mainland China only by a domain of their own: bind one to the bucket, and enter it as the endpoint, beside the region and the bucket.",
    keysPage: "https://ram.console.aliyun.com/manage/ak",
  },
  {
    id: "tencent",
    label: "Tencent Cloud COS",
    keywords: "腾讯云 对象存储 qcloud",
    endpoint: "https://cos.{region}.myqcloud.com",
    aliases: ["https://cos.accelerate.myqcloud.com", "https://cos.{region}.tencentcos.cn"],
    bucketsEndpoint: "https://service.cos.myqcloud.com",
    regions: regions.tencent,
    storageClasses: classes.tencent,
    addressing: "virtual",
    listVersion: 1,
    help: {
      bucket: "With the account's number behind it: `photos-1250000000`. Empty shows all buckets.",
      accessKeyId: "The SecretId.",
      secretAccessKey: "The SecretKey.",
    },
    keysPage: "https://console.cloud.tencent.com/cam/capi",
  },
  {
    id: "huawei",
    label: "Huawei Cloud OBS",
    keywords: "华为云 对象存储",
    endpoint: "https://obs.{region}.myhuaweicloud.com",
    exceptions: { "eu-west-101": "https://obs.eu-west-101.myhuaweicloud.eu" },
    regions: regions.huawei,
    addressing: "virtual",
    listVersion: 1,
    urlEncoding: false,
    keysPage: "https://console.huaweicloud.com/iam/#/mine/accessKey",
  },
  {
    id: "qiniu",
    label: "Qiniu Kodo",
    keywords: "七牛云 对象存储",
    endpoint: "https://s3.{region}.qiniucs.com",
    aliases: ["https://s3-{region}.qiniucs.com"],
    regions: regions.qiniu,
    addressing: "path",
    urlEncoding: false,
    note: "Whoever has no key gets files only under a domain of your own, so links to these addresses do not work for others.",
    help: {
      bucket: "The S3 name of the bucket: the console shows it, and it may differ from Kodo's.",
    },
    keysPage: "https://portal.qiniu.com/user/key",
  },
  {
    id: "baidu",
    label: "Baidu Cloud BOS",
    keywords: "百度云 对象存储",
    endpoint: "https://s3.{region}.bcebos.com",
    exceptions: { fwh: "http://s3.fwh.bcebos.com", hkg: "http://s3.hkg.bcebos.com" },
    regions: regions.baidu,
    keysPage: "https://console.bce.baidu.com/iam/#/iam/accesslist",
  },
  {
    id: "jdcloud",
    label: "JD Cloud OSS",
    keywords: "京东云 对象存储",
    endpoint: "https://s3.{region}.jdcloud-oss.com",
    aliases: ["https://s3-internal.{region}.jdcloud-oss.com"],
    regions: regions.jd,
    addressing: "virtual",
    keysPage: "https://uc.jdcloud.com/account/accesskey",
  },
  {
    id: "kingsoft",
    label: "Kingsoft Cloud KS3",
    keywords: "金山云 对象存储 ksyun",
    endpoint: "https://ks3-cn-{region}.ksyuncs.com",
    regions: regions.kingsoft,
    addressing: "virtual",
    keysPage: "https://ks3.console.ksyun.com/console.html#/setting",
  },
  {
    id: "qingstor",
    label: "QingCloud QingStor",
    keywords: "青云 对象存储",
    endpoint: "https://s3.{region}.qsstor.com",
    aliases: ["https://s3.{region}.qingstor.com"],
    regions: regions.qingcloud,
    addressing: "virtual",
    help: { region: "The zone of the bucket." },
    keysPage: "https://console.qingcloud.com/access_keys/",
  },
  {
    id: "netease",
    label: "NetEase NOS",
    keywords: "网易 对象存储",
    endpoint: "https://nos-eastchina1.126.net",
    region: "eastchina1",
    addressing: "virtual",
    listVersion: 1,
    urlEncoding: false,
    mostPartBytes: 100 * 1024 * 1024,
    note: "Only for companies that have been verified by NetEase.",
  },
  {
    id: "ucloud",
    label: "UCloud US3",
    keywords: "优刻得 对象存储",
    endpoint: "https://s3-{region}.ufileos.com",
    regions: regions.ucloud,
    listVersion: 1,
    keysPage: "https://console.ucloud.cn/ufile/token",
  },
  {
    id: "garage",
    label: "Garage",
    lacks: ["versions"],
    icon: "server",
    region: "garage",
    // The region can be set to another, so it is asked.
    regions: { garage: "as Garage itself is set up" },
    addressing: "path",
    help: {
      endpoint: "The address of its S3 API, such as http://127.0.0.1:3900.",
      accessKeyId: "As `garage key create` shows it.",
    },
  },
  {
    id: "seaweedfs",
    label: "SeaweedFS",
    icon: "server",
    addressing: "path",
    listVersion: 1,
    urlEncoding: false,
    help: { endpoint: "The address of its S3 gateway, such as http://127.0.0.1:8333." },
  },
  {
    id: "zadara",
    label: "Zadara",
    icon: "server",
    addressing: "path",
    help: { endpoint: "As the console shows it under Connectivity." },
  },
  { id: "other", label: "Other S3 service", icon: "server" },
  {
    id: "meituan",
    label: "Meituan MSS",
    keywords: "美团云 mtyun",
    retired:
      "Meituan's public cloud is believed to be closed; no address of its MSS is known to answer. Choose another service.",
  },
  {
    id: "didi",
    label: "Didi Cloud OSS",
    keywords: "滴滴云 didiyun s3",
    retired:
      "Didi Cloud is believed to be closed; no address of its OSS is known to answer. Choose another service.",
  },
];
