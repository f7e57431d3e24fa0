import assert from "node:assert/strict";
import { recogniseS3 } from "../../../../src/storage/providers/s3/addresses.ts";
import { s3Presets } from "../../../../src/storage/providers/s3/presets.ts";

const account = "0123456789abcdef0123456789abcdef";
const signed =
  "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Security-Token=hush&X-Amz-Signature=hush";

const point = "arn:aws:s3:eu-west-1:123456789012:accesspoint/photos";
const alias = "photos-abcdefghijklmnopqrstuvwxyz0123eu-s3alias";

type Values = Readonly<Record<string, string>>;

/** The text, the service, the answers and the object it leads to. */
const table: readonly (readonly [string, string | undefined, Values, string?])[] = [
  // Schemes and names of resources.
  ["s3://photos/2026/a.jpg", undefined, { bucket: "photos" }, "2026/a.jpg"],
  ["s3://photos/2026/summer", undefined, { bucket: "photos", folder: "2026/summer" }],
  ["s3://photos/2026/v1.2/", undefined, { bucket: "photos", folder: "2026/v1.2" }],
  ["s3://photos/a b/100%25/", undefined, { bucket: "photos", folder: "a b/100%25" }],
  ["s3://photos/../x/", undefined, { bucket: "photos" }],
  ["  s3://photos  ", undefined, { bucket: "photos" }],
  ["s3a://photos/", undefined, { bucket: "photos" }],
  ["s3://photos/a?versionId=3", undefined, { bucket: "photos", folder: "a?versionId=3" }],
  ["s3://photos/a/?x=1&X-Amz-Signature=hush", undefined, { bucket: "photos", folder: "a" }],
  [
    "s3://AKID:hush%2Fhush@photos/a/",
    undefined,
    { bucket: "photos", folder: "a", accessKeyId: "AKID", secretAccessKey: "hush/hush" },
  ],
  ["s3://nyc3.digitaloceanspaces.com/photos", "digitalocean", { region: "nyc3", bucket: "photos" }],
  [
    "s3://photos.s3.eu-west-1.amazonaws.com/a/",
    "aws",
    { region: "eu-west-1", bucket: "photos", folder: "a" },
  ],
  [
    "s3://nas.lan:9000/photos/a/",
    "minio",
    { endpoint: "https://nas.lan:9000", bucket: "photos", folder: "a" },
  ],
  ["s3://photos?region=eu-west-1", undefined, { bucket: "photos", region: "eu-west-1" }],
  [
    "s3://photos?endpoint=fly.storage.tigris.dev&region=auto",
    "tigris",
    { bucket: "photos", endpoint: "https://fly.storage.tigris.dev" },
  ],
  [
    "s3://photos?endpoint=http://ceph.lan:7480&region=default",
    "other",
    { bucket: "photos", region: "default", endpoint: "http://ceph.lan:7480" },
  ],
  [
    "s3://photos?endpoint=ceph.lan:7480",
    "other",
    { bucket: "photos", endpoint: "https://ceph.lan:7480" },
  ],
  ["s3://photos?endpoint=javascript:alert(1)", undefined, { bucket: "photos" }],
  ["s3://photos?endpoint=file:///etc/passwd", undefined, { bucket: "photos" }],
  ["gs://photos/a", "gcs", { bucket: "photos", folder: "a" }],
  ["oss://photos", "aliyun", { bucket: "photos" }],
  ["cos://photos-1250000000", "tencent", { bucket: "photos-1250000000" }],
  ["obs://photos/x", "huawei", { bucket: "photos", folder: "x" }],
  ["arn:aws:s3:::photos", "aws", { bucket: "photos" }],
  ["arn:aws:s3:::photos/a/b.jpg", "aws", { bucket: "photos" }, "a/b.jpg"],
  ["arn:aws:s3:::photos/a/*", "aws", { bucket: "photos", folder: "a" }],
  ["arn:aws-cn:s3:::photos/*", "aws", { bucket: "photos" }],
  ["arn:aws:s3:::photos/a b/c d.jpg", "aws", { bucket: "photos" }, "a b/c d.jpg"],
  // Access points.
  [point, "aws", { bucket: point, region: "eu-west-1" }],
  [`${point}/object/a/b.jpg`, "aws", { bucket: point, region: "eu-west-1" }, "a/b.jpg"],
  [`${point}/object/a/*`, "aws", { bucket: point, region: "eu-west-1", folder: "a" }],
  [
    "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/photos",
    "aws",
    { bucket: "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/photos", region: "cn-north-1" },
  ],
  [
    "arn:aws-us-gov:s3:us-gov-west-1:123456789012:accesspoint/photos",
    "aws",
    {
      bucket: "arn:aws-us-gov:s3:us-gov-west-1:123456789012:accesspoint/photos",
      region: "us-gov-west-1",
    },
  ],
  [`s3://${point}`, "aws", { bucket: point, region: "eu-west-1" }],
  [`s3://${point}/object/a b.jpg`, "aws", { bucket: point, region: "eu-west-1" }, "object/a b.jpg"],
  [`aws s3 ls s3://${point}/a/`, "aws", { bucket: point, region: "eu-west-1", folder: "a" }],
  [
    "https://photos-123456789012.s3-accesspoint.eu-west-1.amazonaws.com/a%20b/",
    "aws",
    { bucket: point, region: "eu-west-1", folder: "a b" },
  ],
  [
    `https://photos-123456789012.s3-accesspoint.dualstack.eu-west-1.amazonaws.com/a?${signed}`,
    "aws",
    { bucket: point, region: "eu-west-1", accessKeyId: "AKID" },
    "a",
  ],
  [
    "https://my-own-1-123456789012.s3-accesspoint-fips.us-gov-west-1.amazonaws.com",
    "aws",
    {
      bucket: "arn:aws-us-gov:s3:us-gov-west-1:123456789012:accesspoint/my-own-1",
      region: "us-gov-west-1",
    },
  ],
  [
    "https://photos-123456789012.s3-accesspoint.cn-north-1.amazonaws.com.cn",
    "aws",
    { bucket: "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/photos", region: "cn-north-1" },
  ],
  [
    "https://eu-west-1.console.aws.amazon.com/s3/ap/123456789012/photos?region=eu-west-1&tab=objects",
    "aws",
    { bucket: point, region: "eu-west-1" },
  ],
  [`s3://${alias}/a/`, undefined, { bucket: alias, folder: "a" }],
  [
    `https://${alias}.s3.eu-west-1.amazonaws.com/a/`,
    "aws",
    { bucket: alias, region: "eu-west-1", folder: "a" },
  ],
  // Amazon.
  [
    "https://s3.eu-central-1.amazonaws.com/photos/a%20b/",
    "aws",
    { bucket: "photos", region: "eu-central-1", folder: "a b" },
  ],
  [
    "s3:https://s3.eu-west-3.amazonaws.com/photos",
    "aws",
    { bucket: "photos", region: "eu-west-3" },
  ],
  ["s3:s3.amazonaws.com/photos/restic", "aws", { bucket: "photos", folder: "restic" }],
  [
    "https://my.photos.s3.us-east-2.amazonaws.com/a/b",
    "aws",
    { bucket: "my.photos", region: "us-east-2", folder: "a/b" },
  ],
  ["photos.s3.amazonaws.com", "aws", { bucket: "photos" }],
  ["https://s3.amazonaws.com/my%20photos", "aws", { bucket: "my photos" }],
  ["https://s3-us-west-2.amazonaws.com/photos", "aws", { bucket: "photos", region: "us-west-2" }],
  [
    "https://photos.s3.dualstack.eu-west-1.amazonaws.com/",
    "aws",
    { bucket: "photos", region: "eu-west-1" },
  ],
  ["https://photos.s3-accelerate.amazonaws.com/x", "aws", { bucket: "photos", folder: "x" }],
  [
    "http://photos.s3-website-eu-west-1.amazonaws.com",
    "aws",
    { bucket: "photos", region: "eu-west-1" },
  ],
  [
    "https://photos.s3.cn-north-1.amazonaws.com.cn/x",
    "aws",
    { bucket: "photos", region: "cn-north-1", folder: "x" },
  ],
  [
    "https://s3-fips.us-gov-west-1.amazonaws.com/b",
    "aws",
    { bucket: "b", region: "us-gov-west-1" },
  ],
  [
    `https://photos.s3.eu-west-1.amazonaws.com/a.jpg?${signed}`,
    "aws",
    { bucket: "photos", region: "eu-west-1", accessKeyId: "AKID" },
    "a.jpg",
  ],
  [
    `https://photos.s3.eu-west-1.amazonaws.com/a/LICENSE?${signed}`,
    "aws",
    { bucket: "photos", region: "eu-west-1", accessKeyId: "AKID" },
    "a/LICENSE",
  ],
  [
    "https://AKID:hush%2Bhush@s3.eu-west-1.amazonaws.com/photos",
    "aws",
    { bucket: "photos", region: "eu-west-1", accessKeyId: "AKID", secretAccessKey: "hush+hush" },
  ],
  [
    "https://eu-west-1.console.aws.amazon.com/s3/buckets/photos?region=eu-west-1&tab=objects",
    "aws",
    { bucket: "photos", region: "eu-west-1" },
  ],
  [
    "https://s3.console.aws.amazon.com/s3/object/photos?region=eu-west-3&prefix=a/100%2525+b",
    "aws",
    { bucket: "photos", region: "eu-west-3" },
    "a/100%25 b",
  ],
  [
    "https://eu-west-1.console.aws.amazon.com/s3/buckets/photos?region=eu-west-1&prefix=a/b/&showversions=false",
    "aws",
    { bucket: "photos", region: "eu-west-1", folder: "a/b" },
  ],
  [
    "https://us-east-1.console.aws.amazon.com/s3/home?region=us-east-1",
    "aws",
    { region: "us-east-1" },
  ],
  [
    "https://console.amazonaws.cn/s3/buckets/photos?region=cn-north-1",
    "aws",
    { bucket: "photos", region: "cn-north-1" },
  ],
  // Cloudflare.
  [`https://${account}.r2.cloudflarestorage.com`, "r2", { account }],
  [
    `https://${account}.eu.r2.cloudflarestorage.com/photos`,
    "r2",
    { account: `${account}.eu`, bucket: "photos" },
  ],
  [
    `https://photos.${account}.r2.cloudflarestorage.com/a`,
    "r2",
    { account, bucket: "photos", folder: "a" },
  ],
  [
    `https://dash.cloudflare.com/${account}/r2/default/buckets/photos?prefix=a%2Fb%2F`,
    "r2",
    { account, bucket: "photos", folder: "a/b" },
  ],
  [
    `https://dash.cloudflare.com/${account}/r2/default/buckets/photos/objects/a%2FREADME/details`,
    "r2",
    { account, bucket: "photos" },
    "a/README",
  ],
  [
    `https://dash.cloudflare.com/${account}/r2/default/buckets/photos`,
    "r2",
    { account, bucket: "photos" },
  ],
  [
    `https://dash.cloudflare.com/${account}/r2/eu/buckets/photos/settings`,
    "r2",
    { account: `${account}.eu`, bucket: "photos" },
  ],
  [`https://dash.cloudflare.com/${account}/r2/overview`, "r2", { account }],
  // Backblaze.
  ["https://s3.us-west-004.backblazeb2.com", "b2", { region: "us-west-004" }],
  ["s3.us-west-004.backblazeb2.com", "b2", { region: "us-west-004" }],
  ["photos.s3.us-west-004.backblazeb2.com", "b2", { region: "us-west-004", bucket: "photos" }],
  [
    "https://f003.backblazeb2.com/file/photos/a/b.jpg",
    "b2",
    { region: "eu-central-003", bucket: "photos" },
    "a/b.jpg",
  ],
  ["https://secure.backblaze.com/b2_buckets.htm", "b2", {}],
  // Others, with the bucket in the host, in the path, or in a console.
  ["https://s3.wasabisys.com/photos", "wasabi", { region: "us-east-1", bucket: "photos" }],
  [
    "https://photos.s3.eu-west-2.wasabisys.com",
    "wasabi",
    { region: "eu-west-2", bucket: "photos" },
  ],
  [
    "https://console.wasabisys.com/file_manager/photos?region=eu-west-1",
    "wasabi",
    { region: "eu-west-1", bucket: "photos" },
  ],
  [
    "https://photos.nyc3.digitaloceanspaces.com/a",
    "digitalocean",
    { region: "nyc3", bucket: "photos", folder: "a" },
  ],
  ["https://nyc3.digitaloceanspaces.com", "digitalocean", { region: "nyc3" }],
  [
    "https://photos.fra1.cdn.digitaloceanspaces.com/a.css",
    "digitalocean",
    { region: "fra1", bucket: "photos" },
    "a.css",
  ],
  ["https://cloud.digitalocean.com/spaces/photos?i=12ab", "digitalocean", { bucket: "photos" }],
  ["https://storage.googleapis.com/photos/a", "gcs", { bucket: "photos", folder: "a" }],
  ["https://photos.storage.googleapis.com/a", "gcs", { bucket: "photos", folder: "a" }],
  [
    "https://console.cloud.google.com/storage/browser/photos;tab=objects?project=x",
    "gcs",
    { bucket: "photos" },
  ],
  [
    "https://console.cloud.google.com/storage/browser/photos/a/b;tab=objects?prefix=",
    "gcs",
    { bucket: "photos", folder: "a/b" },
  ],
  [
    "https://console.cloud.google.com/storage/browser/_details/photos/a/README;tab=live_object",
    "gcs",
    { bucket: "photos" },
    "a/README",
  ],
  ["https://photos.fsn1.your-objectstorage.com", "hetzner", { region: "fsn1", bucket: "photos" }],
  [
    "https://console.scaleway.com/object-storage/buckets/fr-par/photos/files",
    "scaleway",
    { region: "fr-par", bucket: "photos" },
  ],
  ["https://photos.s3.nl-ams.scw.cloud", "scaleway", { region: "nl-ams", bucket: "photos" }],
  ["https://s3.gra.io.cloud.ovh.net/photos", "ovh", { region: "gra", bucket: "photos" }],
  [
    "https://s3.us-east-va.io.cloud.ovh.us/photos",
    "ovh",
    { region: "us-east-va", bucket: "photos" },
  ],
  [
    "https://s3.gra.perf.cloud.ovh.net/photos",
    "ovh",
    { endpoint: "https://s3.gra.perf.cloud.ovh.net", region: "gra", bucket: "photos" },
  ],
  [
    "https://cloud.linode.com/object-storage/buckets/us-iad-1/photos",
    "linode",
    { region: "us-iad-1", bucket: "photos" },
  ],
  [
    "https://photos.us-southeast-1.linodeobjects.com",
    "linode",
    { region: "us-southeast-1", bucket: "photos" },
  ],
  ["https://abcdefghij.supabase.co/storage/v1/s3", "supabase", { account: "abcdefghij" }],
  [
    "https://supabase.com/dashboard/project/abcdefghij/storage/buckets/photos",
    "supabase",
    { account: "abcdefghij", bucket: "photos" },
  ],
  [
    "https://ns.compat.objectstorage.eu-zurich-1.oraclecloud.com/photos",
    "oracle",
    { account: "ns", region: "eu-zurich-1", bucket: "photos" },
  ],
  [
    "https://cloud.oracle.com/object-storage/buckets/ns/photos/objects?region=us-ashburn-1",
    "oracle",
    { account: "ns", region: "us-ashburn-1", bucket: "photos" },
  ],
  [
    "https://s3.dal.us.cloud-object-storage.appdomain.cloud/photos",
    "ibm",
    { region: "dal.us", bucket: "photos" },
  ],
  ["https://gateway.storjshare.io/photos", "storj", { bucket: "photos" }],
  [
    "https://a1b2.la.idrivee2-12.com/photos/a/",
    "idrive",
    { endpoint: "https://a1b2.la.idrivee2-12.com", bucket: "photos", folder: "a" },
  ],
  ["https://s3.eu-west-4.idrivee2.com/photos", "idrive", { region: "eu-west-4", bucket: "photos" }],
  [
    "https://eu-002.s3.synologyc2.net/photos",
    "synology-c2",
    { region: "eu-002", bucket: "photos" },
  ],
  [
    "https://fly.storage.tigris.dev/photos",
    "tigris",
    { endpoint: "https://fly.storage.tigris.dev", bucket: "photos" },
  ],
  // China.
  [
    "https://photos.oss-cn-hangzhou.aliyuncs.com/a",
    "aliyun",
    {
      endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
      region: "cn-hangzhou",
      bucket: "photos",
      folder: "a",
    },
  ],
  [
    "https://photos.oss-cn-hangzhou-internal.aliyuncs.com",
    "aliyun",
    {
      endpoint: "https://oss-cn-hangzhou-internal.aliyuncs.com",
      region: "cn-hangzhou",
      bucket: "photos",
    },
  ],
  [
    "https://photos.s3.oss-accelerate.aliyuncs.com",
    "aliyun",
    { endpoint: "https://s3.oss-accelerate.aliyuncs.com", bucket: "photos" },
  ],
  [
    "https://photos.s3.oss-cn-beijing.aliyuncs.com",
    "aliyun",
    { region: "cn-beijing", bucket: "photos" },
  ],
  [
    "https://oss.console.aliyun.com/bucket/oss-cn-hangzhou/photos/object/upload",
    "aliyun",
    { region: "cn-hangzhou", bucket: "photos" },
  ],
  [
    "https://photos-1250000000.cos.ap-guangzhou.myqcloud.com",
    "tencent",
    { region: "ap-guangzhou", bucket: "photos-1250000000" },
  ],
  [
    "https://console.cloud.tencent.com/cos/bucket?bucket=photos-1250000000&region=ap-beijing",
    "tencent",
    { region: "ap-beijing", bucket: "photos-1250000000" },
  ],
  [
    "https://photos.obs.cn-north-4.myhuaweicloud.com/a",
    "huawei",
    { region: "cn-north-4", bucket: "photos", folder: "a" },
  ],
  [
    "https://storage.huaweicloud.com/obs/?region=cn-north-4#/obs/manager/bucket/photos/overview",
    "huawei",
    { region: "cn-north-4", bucket: "photos" },
  ],
  ["https://photos.s3.cn-east-1.qiniucs.com", "qiniu", { region: "cn-east-1", bucket: "photos" }],
  [
    "https://portal.qiniu.com/kodo/bucket/overview?bucketName=photos",
    "qiniu",
    { bucket: "photos" },
  ],
  ["http://s3.hkg.bcebos.com/photos", "baidu", { region: "hkg", bucket: "photos" }],
  [
    "https://photos.ks3-cn-beijing.ksyuncs.com",
    "kingsoft",
    { region: "BEIJING", bucket: "photos" },
  ],
  [
    "https://photos.s3.pek3a.qingstor.com",
    "qingstor",
    { endpoint: "https://s3.pek3a.qingstor.com", region: "pek3a", bucket: "photos" },
  ],
  [
    "https://oss-accelerate.aliyuncs.com/",
    "aliyun",
    { endpoint: "https://oss-accelerate.aliyuncs.com" },
  ],
  [
    "https://oss.console.alibabacloud.com/bucket/oss-eu-central-1/photos/object?path=a%2Fb%2F",
    "aliyun",
    { region: "eu-central-1", bucket: "photos", folder: "a/b" },
  ],
  [
    "https://photos-1250000000.cos.accelerate.myqcloud.com/a/",
    "tencent",
    { endpoint: "https://cos.accelerate.myqcloud.com", bucket: "photos-1250000000", folder: "a" },
  ],
  [
    "https://photos-1250000000.cos.ap-beijing.tencentcos.cn/a/",
    "tencent",
    {
      endpoint: "https://cos.ap-beijing.tencentcos.cn",
      region: "ap-beijing",
      bucket: "photos-1250000000",
      folder: "a",
    },
  ],
  [
    "https://console.tencentcloud.com/cos/bucket?bucket=photos-125&region=ap-tokyo&path=%2Fa%2F",
    "tencent",
    { bucket: "photos-125", region: "ap-tokyo", folder: "a" },
  ],
  [
    "https://console-intl.huaweicloud.com/console/?region=ap-southeast-3#/obs/manager/bucket/photos/objects",
    "huawei",
    { region: "ap-southeast-3", bucket: "photos" },
  ],
  ["https://photos.bj.bcebos.com/a/b.jpg", "baidu", { region: "bj", bucket: "photos" }, "a/b.jpg"],
  ["bj.bcebos.com/photos/a/", "baidu", { region: "bj", bucket: "photos", folder: "a" }],
  [
    "https://photos.pek3b.qingstor.com/a.jpg",
    "qingstor",
    { region: "pek3b", bucket: "photos" },
    "a.jpg",
  ],
  ["https://pek3b.qingstor.com/photos", "qingstor", { region: "pek3b", bucket: "photos" }],
  [
    "http://photos.cn-bj.ufileos.com/a",
    "ucloud",
    { region: "cn-bj", bucket: "photos", folder: "a" },
  ],
  [
    "https://photos.s3.cn-north-1.jdcloud-oss.com/a/",
    "jdcloud",
    { region: "cn-north-1", bucket: "photos", folder: "a" },
  ],
  [
    "https://photos.cn-hangzhou.oss.aliyuncs.com/a/",
    "aliyun",
    {
      endpoint: "https://cn-hangzhou.oss.aliyuncs.com",
      region: "cn-hangzhou",
      bucket: "photos",
      folder: "a",
    },
  ],
  [
    "https://photos.obs.eu-west-101.myhuaweicloud.eu",
    "huawei",
    { region: "eu-west-101", bucket: "photos" },
  ],
  [
    "https://s3.acme.cubbit.eu/photos",
    "cubbit",
    { endpoint: "https://s3.acme.cubbit.eu", bucket: "photos" },
  ],
  ["https://au.s3.rackcorp.com/photos", "rackcorp", { region: "au", bucket: "photos" }],
  ["https://photos.nos-eastchina1.126.net/a/", "netease", { bucket: "photos", folder: "a" }],
  // Command lines.
  ["aws s3 cp s3://photos/2026/a.jpg .", "aws", { bucket: "photos" }, "2026/a.jpg"],
  [
    "aws s3 ls s3://photos/2026/ --profile work --region eu-west-3",
    "aws",
    {
      bucket: "photos",
      folder: "2026",
      region: "eu-west-3",
      credentials: "profile",
      profile: "work",
    },
  ],
  [
    "aws --endpoint-url https://s3.eu-west-2.wasabisys.com s3 sync . 's3://photos/my pictures/'",
    "wasabi",
    { bucket: "photos", folder: "my pictures", region: "eu-west-2" },
  ],
  [
    "$ aws s3 ls --endpoint-url=http://nas.lan:9000 s3://photos",
    "minio",
    { endpoint: "http://nas.lan:9000", bucket: "photos" },
  ],
  [
    "restic -r s3:https://s3.us-west-004.backblazeb2.com/photos/restic snapshots",
    "b2",
    { region: "us-west-004", bucket: "photos", folder: "restic" },
  ],
  [
    "s3cmd --host=s3.nl-ams.scw.cloud ls s3://photos",
    "scaleway",
    { region: "nl-ams", bucket: "photos" },
  ],
  ["s5cmd ls s3://photos/a/*", undefined, { bucket: "photos", folder: "a/*" }],
  // Pages and hosts of single services.
  [`https://pub-${account}.r2.dev/a.jpg`, "r2", {}],
  ["https://app.idrivee2.com/region/LDN/buckets", "idrive", {}],
  [
    "https://app.idrivee2.com/region/LA/buckets/photos/object-storage?prefix=%2F",
    "idrive",
    { bucket: "photos" },
  ],
  [
    "https://console.idrivee2.com/region/OR/buckets/photos/object-storage?prefix=a%2Fb%2F",
    "idrive",
    { bucket: "photos", folder: "a/b" },
  ],
  ["https://my.vultr.com/objectstorage/?id=1", "vultr", {}],
  ["https://my.vultr.com/objectstorage/subs/detail/?id=caa1#overview", "vultr", {}],
  ["https://eu1.storj.io/projects/1/buckets", "storj", {}],
  ["https://us1.storj.io/projects/KCrA-smpTX2/dashboard", "storj", {}],
  [
    "https://us1.storj.io/projects/KCrA-smpTX2/buckets/photos/2026/a%20b/",
    "storj",
    { bucket: "photos", folder: "2026/a b" },
  ],
  ["https://console.tigris.dev/flyio_6x3wkn12kqwmqvop/buckets", "tigris", {}],
  [
    "https://console.tigris.dev/flyio_y84kn0rgdrrnz3gw/buckets/photos",
    "tigris",
    { bucket: "photos" },
  ],
  ["https://console.storage.dev/buckets/photos/objects", "tigris", { bucket: "photos" }],
  ["https://www.ovh.com/manager/#/public-cloud/pci/projects/0a/storages/objects", "ovh", {}],
  [
    "https://manager.eu.ovhcloud.com/#/public-cloud/pci/projects/0a/storages/objects/s3/EU-WEST-PAR/photos/objects",
    "ovh",
    { region: "eu-west-par", bucket: "photos" },
  ],
  [
    "https://us.ovhcloud.com/manager/#/public-cloud/pci/projects/0a/storages/objects/s3/US-EAST-VA/photos/objects/object?objectKey=a%2FREADME",
    "ovh",
    { region: "us-east-va", bucket: "photos" },
    "a/README",
  ],
  ["https://console.ucloud.cn/ufile/ufile/detail?id=photos", "ucloud", { bucket: "photos" }],
  [
    "https://tree-iad1-0003.secure.backblaze.com/b2_browse_files2.htm?bucketId=6b0bfe4dcd55004aa6050a17",
    "b2",
    {},
  ],
  [
    "https://console.scaleway.com/object-storage/buckets/fr-par/photos/files/data/marts/",
    "scaleway",
    { region: "fr-par", bucket: "photos", folder: "data/marts" },
  ],
  [
    "https://s3.console.aws.amazon.com/s3/buckets/photos/2026/summer/?region=eu-west-1&tab=overview",
    "aws",
    { region: "eu-west-1", bucket: "photos", folder: "2026/summer" },
  ],
  [
    "https://s3.console.aws.amazon.com/s3/object/photos/2026/LICENSE?region=eu-west-1&tab=overview",
    "aws",
    { region: "eu-west-1", bucket: "photos" },
    "2026/LICENSE",
  ],
  [
    "https://eu-west-1.console.aws.amazon.com/s3/buckets/photos/property/policy/edit?region=eu-west-1",
    "aws",
    { region: "eu-west-1", bucket: "photos" },
  ],
  [
    "https://storage.huaweicloud.com/obs/?region=cn-north-4&locale=zh-cn#/obs/manager/buckets",
    "huawei",
    { region: "cn-north-4" },
  ],
  [
    "https://qiniu.example.com@portal.qiniu.com/kodo/bucket/resource-v2?bucketName=photos&prefix=tests%2F",
    "qiniu",
    { bucket: "photos", folder: "tests", accessKeyId: "qiniu.example.com" },
  ],
  // Other pages at the host where a service has keys made.
  ["https://portal.exoscale.com/u/work/storage", "exoscale", {}],
  ["https://dcd.ionos.com/latest/#/key-management", "ionos", {}],
  [
    "https://abcdefghij.supabase.co/storage/v1/object/public/photos/a%20b/c.png",
    "supabase",
    { account: "abcdefghij", bucket: "photos" },
    "a b/c.png",
  ],
  [
    "https://photos.s3-website.fr-par.scw.cloud/a/",
    "scaleway",
    { region: "fr-par", bucket: "photos", folder: "a" },
  ],
  [
    "https://s3.private.us-south.cloud-object-storage.appdomain.cloud/photos",
    "ibm",
    {
      endpoint: "https://s3.private.us-south.cloud-object-storage.appdomain.cloud",
      region: "us-south",
      bucket: "photos",
    },
  ],
  [
    "https://s3.petabox.io/photos",
    "petabox",
    { endpoint: "https://s3.petabox.io", bucket: "photos" },
  ],
  [
    "https://photos.ewr1.vultrobjects.com/a/",
    "vultr",
    { region: "ewr1", bucket: "photos", folder: "a" },
  ],
  ["https://photos.t3.storage.dev/a/", "tigris", { bucket: "photos", folder: "a" }],
  // Links that other services sign in their own way: objects, whatever they are called.
  [
    "https://photos.obs.cn-north-4.myhuaweicloud.com/a/LICENSE?AccessKeyId=A&Expires=1&Signature=hush",
    "huawei",
    { region: "cn-north-4", bucket: "photos" },
    "a/LICENSE",
  ],
  [
    "https://storage.googleapis.com/photos/LICENSE?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Signature=hush",
    "gcs",
    { bucket: "photos" },
    "LICENSE",
  ],
  [
    "https://photos.oss-cn-hangzhou.aliyuncs.com/LICENSE?x-oss-credential=L&x-oss-signature=hush",
    "aliyun",
    {
      endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
      region: "cn-hangzhou",
      bucket: "photos",
    },
    "LICENSE",
  ],
  [
    "https://p-125.cos.ap-beijing.myqcloud.com/LICENSE?q-ak=A&q-signature=hush",
    "tencent",
    { region: "ap-beijing", bucket: "p-125" },
    "LICENSE",
  ],
  [
    "https://objectstorage.eu-frankfurt-1.oraclecloud.com/p/hush/n/ns/b/photos/o/a%2FLICENSE",
    "oracle",
    { region: "eu-frankfurt-1", account: "ns", bucket: "photos" },
    "a/LICENSE",
  ],
  // Servers of one's own.
  [
    "http://127.0.0.1:9000/photos",
    "minio",
    { endpoint: "http://127.0.0.1:9000", bucket: "photos" },
  ],
  [
    "http://nas.lan:9001/browser/photos/a%2F",
    "minio",
    { endpoint: "http://nas.lan:9000", bucket: "photos", folder: "a" },
  ],
  [
    "http://127.0.0.1:9000/photos/a//b/",
    "minio",
    { endpoint: "http://127.0.0.1:9000", bucket: "photos", folder: "a//b" },
  ],
  [
    "http://[fd00::1]:9000/photos/a%20b/",
    "minio",
    { endpoint: "http://[fd00::1]:9000", bucket: "photos", folder: "a b" },
  ],
  ["http://[::1]:3900", "garage", { endpoint: "http://[::1]:3900" }],
  [
    `https://s3.example.com/photos/a.jpg?${signed}`,
    "other",
    {
      endpoint: "https://s3.example.com",
      bucket: "photos",
      region: "eu-west-1",
      accessKeyId: "AKID",
    },
    "a.jpg",
  ],
];

const nonsense: readonly string[] = [
  "",
  "hello",
  "s3://",
  "s3:",
  "arn:aws:iam::1:user/x",
  "arn:aws:s3:::",
  "arn:aws:s3:us-west-2:123456789012:accesspoint/*",
  "arn:aws:s3:us-west-2:123456789012:accesspoint/Photos",
  "arn:aws:s3:us-west-2:1234:accesspoint/photos",
  "s3://ceph.lan:7480/photos",
  "aws ec2 describe-instances",
  "aws s3 ls",
  "rclone copy home:photos .",
  `aws s3 ls ${"x ".repeat(4000)}`,
  "https://example.com/photos",
  "https://evil.com/s3.amazonaws.com",
  "https://s3.amazonaws.com.evil.com/photos",
  "https://evilamazonaws.com/photos",
  "https://console.aws.amazon.com.evil.com/s3/buckets/photos",
  "https://evil.com/#dash.cloudflare.com/r2",
  "https://evil.com/https://us1.storj.io/projects/1/buckets/photos",
  "https://console.storage.dev.evil.com/buckets/photos",
  "https://manager.eu.ovhcloud.com.evil.com/#/storages/objects/s3/GRA/photos",
  "https://manager.eu.ovhcloud.com@evil.com/#/storages/objects/s3/GRA/photos",
  "https://portal.exoscale.com.evil.com/u/work/storage",
  "https://evil.com?https://nyc3.digitaloceanspaces.com",
  "https://x.digitaloceanspaces.com.evil.com",
  "ftp://s3.wasabisys.com/photos",
  "javascript:alert(1)",
  "file:///etc/passwd",
  "data:text/html,s3.amazonaws.com",
  "https://",
  "https://[",
  "\0",
  "a".repeat(100_000),
  `https://${"a.".repeat(20_000)}digitaloceanspaces.com/`,
  `s3.${"a-".repeat(50_000)}.amazonaws.com`,
];

/** The text, and whose it is. */
const refused: readonly (readonly [string, string])[] = [
  ["arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", "S3 Multi-Region Access Points"],
  [
    "https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com/a",
    "S3 Multi-Region Access Points",
  ],
  ["arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/photos", "S3 Object Lambda"],
  ["https://photos-123456789012.s3-object-lambda.us-west-2.amazonaws.com/a", "S3 Object Lambda"],
  ["arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01/bucket/photos", "S3 on Outposts"],
  [
    "https://photos-123456789012.op-01ac5d28a6a232904.s3-outposts.us-west-2.amazonaws.com",
    "S3 on Outposts",
  ],
  ["s3://photos-o01ac5d28a6a232904e8xz5w8ijx1qzlbp3i3kuse10--op-s3/a", "S3 on Outposts"],
  ["arn:aws:s3express:us-west-2:123456789012:bucket/a--usw2-az1--x-s3", "S3 Express One Zone"],
  ["https://a--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com/a", "S3 Express One Zone"],
  ["s3://a--usw2-az1--x-s3/a", "S3 Express One Zone"],
  ["aws s3 ls s3://a--usw2-az1--xa-s3", "S3 Express One Zone"],
  [
    "https://eu-west-1.console.aws.amazon.com/s3/buckets/a--usw2-az1--x-s3?region=eu-west-1",
    "S3 Express One Zone",
  ],
  ["arn:aws:s3tables:us-west-2:123456789012:bucket/photos", "S3 Tables"],
];

describe("a pasted S3 address", () => {
  for (const [text, product] of refused)
    it(`is refused as one of ${product}: ${text.slice(0, 60)}`, () => {
      const { values, refusal } = recogniseS3(text) ?? {};
      assert.deepEqual(values, {});
      assert.equal(refusal?.details.subject, product);
    });

  for (const [text, preset, values, object] of table)
    it(`is understood: ${text.slice(0, 90)}`, () => {
      const found = recogniseS3(text);
      assert.equal(found?.preset, preset);
      assert.deepEqual(found?.values, values);
      assert.equal(found?.object, object);
      const { secretAccessKey: _, ...open } = { ...found?.values };
      assert.ok(!JSON.stringify(open).includes("hush"), "no secret in a field that is shown");
      const { hide = [] } = s3Presets.find(({ id }) => id === preset) ?? {};
      const lost = hide.filter((name) => values[name] !== undefined);
      assert.deepEqual(lost, [], "it fills only what the form asks");
    });

  it("belongs to no service at a host that only begins or ends like one of it", () => {
    for (const [text, preset] of table) {
      const url = URL.parse(text);
      if (!url || !/^https?:$/.test(url.protocol) || url.port !== "" || preset === "other")
        continue;
      const { host } = url;
      const rest = text.slice(text.indexOf(host) + host.length);
      for (const other of [`${host}.evil.com`, `evil.com/${host}`, `${host}@evil.com`]) {
        const found = recogniseS3(`https://${other}${rest}`)?.preset;
        assert.ok(found === undefined || found === "other", other + rest);
      }
    }
  });

  for (const text of nonsense)
    it(`is not made up: ${text.slice(0, 60).replace("\0", "NUL")}`, () => {
      const started = performance.now();
      assert.equal(recogniseS3(text), undefined);
      assert.ok(performance.now() - started < 5000, "and no pattern runs away");
    });
});
