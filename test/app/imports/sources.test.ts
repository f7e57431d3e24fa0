import assert from "node:assert/strict";
import { awsDialect, awsEnvironment, awsProfiles } from "../../../src/app/imports/aws.ts";
import { cyberduckBookmark } from "../../../src/app/imports/cyberduck.ts";
import { type Found, MalformedText } from "../../../src/app/imports/found.ts";
import { iniSections } from "../../../src/app/imports/ini.ts";
import { minioAliases, minioEnvironment } from "../../../src/app/imports/minioClient.ts";
import { completedByNetrc } from "../../../src/app/imports/netrc.ts";
import { rcloneRemotes } from "../../../src/app/imports/rclone.ts";
import { s3cmdAccounts } from "../../../src/app/imports/s3cmd.ts";
import { providerOf } from "../../../src/storage/registry.ts";

/** One line for each: its name, then the preset and the answers, or why not. */
function summary(found: readonly Found[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    found.map((one) => [
      one.name,
      one.type === "unusable"
        ? one.reason
        : { [one.preset ? `${one.provider}/${one.preset}` : one.provider]: one.answers },
    ]),
  );
}

/** What is said to be importable must be what the provider takes. */
function acceptable(found: readonly Found[]): void {
  for (const one of found)
    if (one.type === "connection")
      assert.deepEqual(providerOf(one.provider)?.problems(one.answers, one.preset), [], one.name);
}

const aws = (credentials: string, config: string) =>
  awsProfiles(iniSections(credentials, awsDialect), iniSections(config, awsDialect));

describe("importing from AWS's files", () => {
  const credentials = `
# written by aws configure
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = d3f/ault+secret==

[wasabi]
aws_access_key_id=WASABI
aws_secret_access_key=w4sabi # rotated in May
region = eu-central-2

[temporary]
aws_access_key_id = ASIATEMP
aws_secret_access_key = t3mp
aws_session_token = IQoJb3JpZ2luX2VjEA==
`;
  const config = `
[default]
region = eu-central-1
output = json

[profile wasabi]
region = us-east-1
services = local-wasabi
s3 =
    addressing_style = path
    max_concurrent_requests = 20

[services local-wasabi]
s3 =
  endpoint_url = https://s3.eu-central-2.wasabisys.example/
dynamodb =
  endpoint_url = http://localhost:8000

[profile minio]
aws_access_key_id = minioadmin
aws_secret_access_key = minioadmin
endpoint_url = http://127.0.0.1:9000
region = us-east-1

[profile amazon by name]
aws_access_key_id = AKIANAMED
aws_secret_access_key = named
endpoint_url = https://s3.eu-west-3.amazonaws.com

[profile dotted]
aws_access_key_id = AKIADOTTED
aws_secret_access_key = d
s3 =
  addressing_style = path

[profile single sign-on]
sso_session = work
sso_account_id = 123456789012
sso_role_name = Reader

[sso-session work]
sso_start_url = https://work.awsapps.com/start
sso_region = eu-west-1

[profile role]
role_arn = arn:aws:iam::123456789012:role/backup
source_profile = default

[profile second factor]
role_arn = arn:aws:iam::123456789012:role/admin
source_profile = default
mfa_serial = arn:aws:iam::123456789012:mfa/me

[profile process]
credential_process = /opt/bin/keys --for backup

[profile empty]
region = eu-west-2

# as OVHcloud and Scaleway tell to set up their plugin
[profile ovh]
aws_access_key_id = OVH
aws_secret_access_key = o
region = gra
s3 =
  endpoint_url = https://s3.gra.io.cloud.ovh.net
  signature_version = s3v4

[profile beyond the form]
region = oss-eu-central-1
credential_process = /opt/bin/keys --for aliyun
endpoint_url = https://s3.oss-eu-central-1.aliyuncs.com

[profile old]
aws_access_key_id = OLD
aws_secret_access_key = o
endpoint_url = http://old.example:8080
s3 =
  signature_version = s3
`;
  const found = aws(credentials, config);

  it("joins both files, and takes the endpoint of the services section", () => {
    assert.deepEqual(summary(found), {
      default: {
        "s3/aws": {
          accessKeyId: "AKIADEFAULT",
          secretAccessKey: "d3f/ault+secret==",
          region: "eu-central-1",
        },
      },
      wasabi: {
        "s3/other": {
          accessKeyId: "WASABI",
          secretAccessKey: "w4sabi",
          endpoint: "https://s3.eu-central-2.wasabisys.example",
          region: "eu-central-2",
          addressing: "path",
        },
      },
      minio: {
        "s3/other": {
          accessKeyId: "minioadmin",
          secretAccessKey: "minioadmin",
          endpoint: "http://127.0.0.1:9000",
          region: "us-east-1",
        },
      },
      "amazon by name": {
        "s3/aws": { accessKeyId: "AKIANAMED", secretAccessKey: "named", region: "eu-west-3" },
      },
      dotted: { "s3/aws": { accessKeyId: "AKIADOTTED", secretAccessKey: "d" } },
      temporary: {
        "s3/aws": {
          credentials: "profile",
          profile: "temporary",
        },
      },
      "single sign-on": { "s3/aws": { credentials: "profile", profile: "single sign-on" } },
      role: { "s3/aws": { credentials: "profile", profile: "role" } },
      process: { "s3/aws": { credentials: "profile", profile: "process" } },
      "second factor": "needs-sign-in",
      empty: "no-key",
      ovh: {
        "s3/ovh": {
          accessKeyId: "OVH",
          secretAccessKey: "o",
          endpoint: "https://s3.gra.io.cloud.ovh.net",
          region: "gra",
          addressing: "virtual",
        },
      },
      "beyond the form": {
        "s3/other": {
          credentials: "profile",
          profile: "beyond the form",
          endpoint: "https://s3.oss-eu-central-1.aliyuncs.com",
          region: "eu-central-1",
        },
      },
      old: {
        "s3/other": {
          accessKeyId: "OLD",
          secretAccessKey: "o",
          endpoint: "http://old.example:8080",
          signature: "v2",
        },
      },
    });
    acceptable(found);
  });

  it("reads files with Windows line ends", () => {
    const windows = `${credentials.trim().replaceAll("\n", "\r\n")}`;
    assert.deepEqual(aws(windows, config), found);
  });

  it("takes the key of the environment", () => {
    const environment = {
      AWS_ACCESS_KEY_ID: "AKIAENV",
      AWS_SECRET_ACCESS_KEY: "env",
      AWS_DEFAULT_REGION: "eu-north-1",
      AWS_ENDPOINT_URL: "https://ceph.example.com",
    };
    assert.deepEqual(summary(awsEnvironment(environment)), {
      "AWS environment": {
        "s3/other": {
          accessKeyId: "AKIAENV",
          secretAccessKey: "env",
          region: "eu-north-1",
          endpoint: "https://ceph.example.com",
        },
      },
    });
    assert.deepEqual(awsEnvironment({}), []);
  });
});

describe("importing from rclone", () => {
  // The passwords are as `rclone obscure` has written them.
  const configuration = `
[r2]
type = s3
provider = Cloudflare
access_key_id = R2KEY
secret_access_key = r2secret
region = auto
endpoint = https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com

[b2]
type = s3
provider = Other
access_key_id = 0047
secret_access_key = K004
endpoint = s3.us-west-004.backblazeb2.com

[home]
type = s3
provider = Minio
access_key_id = minio
secret_access_key = m1n1o#with;signs
endpoint = http://nas.local:9000

[instance]
type = s3
provider = AWS
env_auth = true

[office amazon]
type = s3
provider = AWS
env_auth = true
profile = office
region = eu-west-1

[cloud]
type = webdav
url = https://cloud.example.com/remote.php/dav/files/ada/
vendor = nextcloud
user = ada
pass = OTGRV07C2BuOQeY1VDCYSI6CKNrYAhMFytvCZJ0

[token]
type = webdav
url = https://dav.example.com
vendor = other
bearer_token = abc

[office]
type = webdav
url = https://example.sharepoint.com/sites/x
vendor = sharepoint

[disk]
type = local

[photos]
type = alias
remote = /mnt/photos

[bucket]
type = alias
remote = home:backups

[deep]
type = alias
remote = home:backups/2024

[up]
type = alias
remote = home:backups/../secret

[letters]
type = alias
remote = cloud:Letters & notes

[gone]
type = alias
remote = nowhere:x

[sealed]
type = crypt
remote = r2:sealed
password = OTGRV07C2BuOQeY1VDCYSI6CKNrYAhMFytvCZJ0

[hashed]
type = hasher
remote = home:backups
hashes = sha256

[both]
type = union
upstreams = r2:a home:b

[constructor]
type = constructor
`;

  it("maps services to presets and reveals what is obscured", async () => {
    const found = await rcloneRemotes(configuration);
    const home = {
      accessKeyId: "minio",
      secretAccessKey: "m1n1o#with;signs",
      endpoint: "http://nas.local:9000",
    };
    const cloud = {
      url: "https://cloud.example.com/remote.php/dav/files/ada",
      user: "ada",
      password: "s3cr€t pass",
      auth: "basic",
    };
    const summed = summary(found);
    assert.deepEqual(summed["b2"], {
      "s3/b2": {
        accessKeyId: "0047",
        secretAccessKey: "K004",
        endpoint: "https://s3.us-west-004.backblazeb2.com",
        region: "us-west-004",
        addressing: "path",
      },
    });
    assert.deepEqual(summed["r2"], {
      "s3/r2": {
        accessKeyId: "R2KEY",
        secretAccessKey: "r2secret",
        endpoint: "https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com",
        region: "auto",
        addressing: "path",
      },
    });
    assert.deepEqual(summed["home"], { "s3/minio": home });
    assert.deepEqual(summed["cloud"], { "webdav/nextcloud": cloud });
    assert.deepEqual(summed["letters"], {
      "webdav/nextcloud": { ...cloud, folder: "Letters & notes" },
    });
    assert.deepEqual(summed["token"], {
      "webdav/other": { url: "https://dav.example.com", token: "abc", auth: "bearer" },
    });
    const office = { credentials: "profile", profile: "office", region: "eu-west-1" };
    assert.deepEqual(summed["office amazon"], { "s3/aws": office });
    assert.deepEqual(summed["photos"], { folder: { path: "/mnt/photos" } });
    assert.deepEqual(summed["deep"], {
      "s3/minio": { ...home, bucket: "backups", folder: "2024" },
    });
    assert.deepEqual(summed["bucket"], {
      "s3/minio": { ...home, bucket: "backups" },
    });
    assert.deepEqual(summed["hashed"], summed["bucket"]);
    for (const [name, reason] of [
      ["both", "several"],
      ["constructor", "other-protocol"],
      ["instance", "needs-sign-in"],
      ["office", "needs-sign-in"],
      ["disk", "whole-computer"],
      ["up", "elsewhere"],
      ["gone", "elsewhere"],
      ["sealed", "own-form"],
    ] as const)
      assert.equal(summed[name], reason, name);
    acceptable(found);
  });
});

describe("importing accounts of single services from rclone", () => {
  const rows: readonly (readonly [string, unknown])[] = [
    // B2's own protocol has the same keys as its S3.
    [
      "type = b2\naccount = 0051234567890ab0000000001\nkey = K005abc",
      {
        "s3/b2": {
          accessKeyId: "0051234567890ab0000000001",
          secretAccessKey: "K005abc",
          region: "us-east-005",
          addressing: "path",
        },
      },
    ],
    ["type = b2\naccount = 1234567890ab\nkey = K", "master-key"],
    ["type = b2\naccount = 9991234567890ab0000000001\nkey = K", "bad-address"],
    [
      "type = qingstor\nzone = pek3b\naccess_key_id = A\nsecret_access_key = a",
      {
        "s3/qingstor": {
          accessKeyId: "A",
          secretAccessKey: "a",
          region: "pek3b",
          addressing: "virtual",
        },
      },
    ],
    // Another service's key is nothing for Amazon.
    [
      "type = s3\nprovider = Wasabi\nregion = eu-west-2\naccess_key_id = A\nsecret_access_key = a",
      {
        "s3/wasabi": {
          accessKeyId: "A",
          secretAccessKey: "a",
          region: "eu-west-2",
          addressing: "path",
        },
      },
    ],
    ["type = s3\nprovider = Wasabi\naccess_key_id = A\nsecret_access_key = a", "bad-address"],
    ["type = s3\nprovider = Minio\naccess_key_id = A\nsecret_access_key = a", "bad-address"],
    // What is told of the account beside its key.
    [
      "type = s3\nprovider = Other\nregion = other-v2-signature\nendpoint = http://old.example\naccess_key_id = A\nsecret_access_key = a",
      {
        "s3/other": {
          accessKeyId: "A",
          secretAccessKey: "a",
          endpoint: "http://old.example",
          signature: "v2",
        },
      },
    ],
    [
      "type = s3\nprovider = AWS\nregion = eu-west-1\naccess_key_id = A\nsecret_access_key = a\nstorage_class = STANDARD_IA\nserver_side_encryption = aws:kms\nsse_kms_key_id = arn:aws:kms:eu-west-1:1:key/k\nrequester_pays = true",
      {
        "s3/aws": {
          accessKeyId: "A",
          secretAccessKey: "a",
          region: "eu-west-1",
          storageClass: "STANDARD_IA",
          encryption: "aws:kms",
          encryptionKeyId: "arn:aws:kms:eu-west-1:1:key/k",
          requesterPays: true,
        },
      },
    ],
    [
      "type = s3\nprovider = AWS\naccess_key_id = A\nsecret_access_key = a\nsse_customer_key = k",
      "own-encryption",
    ],
    [
      "type = s3\nprovider = AWS\naccess_key_id = A\nsecret_access_key = a\nrole_arn = arn:aws:iam::1:role/r",
      "needs-sign-in",
    ],
    [
      "type = s3\nprovider = AWS\nenv_auth = true\nprofile = p\nshared_credentials_file = /x",
      "needs-sign-in",
    ],
    // The address has the service's own name of the region.
    [
      "type = s3\nprovider = IBMCOS\nregion = us-standard\nendpoint = s3.us.cloud-object-storage.appdomain.cloud\naccess_key_id = A\nsecret_access_key = a",
      {
        "s3/ibm": {
          accessKeyId: "A",
          secretAccessKey: "a",
          endpoint: "https://s3.us.cloud-object-storage.appdomain.cloud",
          region: "us",
          addressing: "path",
        },
      },
    ],
    [
      "type = koofr\nprovider = koofr\nuser = ann\npassword = OTGRV07C2BuOQeY1VDCYSI6CKNrYAhMFytvCZJ0",
      {
        "webdav/koofr": {
          url: "https://app.koofr.net/dav/Koofr/",
          user: "ann",
          password: "s3cr€t pass",
          auth: "basic",
        },
      },
    ],
    ["type = koofr\nprovider = digistorage\nuser = ann\npassword = x", "other-protocol"],
    [
      "type = webdav\nurl = https://d.example/dav\nvendor = other\nheaders = Cookie,a=b",
      "own-headers",
    ],
    // The pace that Jianguoyun asks for comes with its preset.
    [
      "type = webdav\nurl = https://dav.jianguoyun.com/dav/backup\nvendor = other\nuser = ann",
      {
        "webdav/jianguoyun": {
          url: "https://dav.jianguoyun.com/dav/",
          folder: "backup",
          user: "ann",
          auth: "basic",
          concurrency: 2,
        },
      },
    ],
    [
      "type = webdav\nurl = https://webdav.fastmail.com/\nvendor = fastmail\nuser = ann",
      { "webdav/fastmail": { url: "https://webdav.fastmail.com/", user: "ann", auth: "basic" } },
    ],
    [
      "type = webdav\nurl = https://c.example/remote.php/webdav/v1.2/\nvendor = owncloud\nuser = ann",
      {
        "webdav/owncloud": {
          url: "https://c.example/remote.php/webdav/v1.2",
          user: "ann",
          auth: "basic",
        },
      },
    ],
    [
      "type = webdav\nurl = http://127.0.0.1:8080\nvendor = rclone",
      { "webdav/rclone": { url: "http://127.0.0.1:8080", auth: "basic" } },
    ],
  ];
  for (const [lines, expected] of rows)
    it(`reads ${lines.replaceAll("\n", ", ")}`, async () => {
      const found = await rcloneRemotes(`[x]\n${lines}\n`);
      assert.deepEqual(summary(found)["x"], expected);
      const asked = found.map((one) =>
        one.type === "connection" ? { ...one, answers: { password: "p", ...one.answers } } : one,
      );
      acceptable(asked);
    });
});

describe("importing from s3cmd", () => {
  it("reads host, addressing and scheme", () => {
    const found = s3cmdAccounts(`[default]
access_key = AKIA
secret_key = s
access_token =
host_base = s3.amazonaws.com
host_bucket = %(bucket)s.s3.amazonaws.com
bucket_location = US
use_https = True
signature_v2 = False
[ceph]
access_key = C
secret_key = c
host_base = ceph.local:7480
host_bucket = ceph.local:7480
bucket_location = default
use_https = False
check_ssl_certificate = False
[old]
host_base = old.local
access_key = O
secret_key = o
signature_v2 = True
storage_class = STANDARD_IA
server_side_encryption = True
requester_pays = True
`);
    assert.deepEqual(summary(found), {
      s3cmd: { "s3/aws": { accessKeyId: "AKIA", secretAccessKey: "s" } },
      ceph: {
        "s3/other": {
          accessKeyId: "C",
          secretAccessKey: "c",
          endpoint: "http://ceph.local:7480",
          region: "default",
          addressing: "path",
          verifyTls: false,
        },
      },
      old: {
        "s3/other": {
          accessKeyId: "O",
          secretAccessKey: "o",
          endpoint: "https://old.local",
          signature: "v2",
          storageClass: "STANDARD_IA",
          encryption: "AES256",
          requesterPays: true,
        },
      },
    });
    acceptable(found);
  });
});

describe("importing from the MinIO client", () => {
  it("reads aliases, and leaves out the ones nobody has filled in", () => {
    const found = minioAliases(
      JSON.stringify({
        version: "10",
        aliases: {
          gcs: {
            url: "https://storage.googleapis.com",
            accessKey: "YOUR-ACCESS-KEY-HERE",
            secretKey: "YOUR-SECRET-KEY-HERE",
            api: "S3v2",
            path: "dns",
          },
          local: { url: "http://localhost:9000", accessKey: "", secretKey: "", api: "S3v4" },
          nas: {
            url: "https://nas.example:9000",
            accessKey: "nas",
            secretKey: "n4s",
            api: "S3v4",
            path: "on",
          },
        },
      }),
    );
    assert.deepEqual(summary(found), {
      gcs: "no-key",
      local: "no-key",
      nas: {
        "s3/other": {
          accessKeyId: "nas",
          secretAccessKey: "n4s",
          endpoint: "https://nas.example:9000",
          addressing: "path",
        },
      },
    });
    acceptable(found);
  });
});

describe("the MinIO client's environment", () => {
  it("gives aliases whose secrets are not encoded", () => {
    const found = minioEnvironment({
      MC_HOST_nas: "http://nas:n4s/+%41@nas.example:9000",
      MC_HOST_lent: "https://A:a:t0ken@minio.example",
      MC_HOST_open: "https://play.min.io",
      MC_HOSTS: "https://A:a@elsewhere.example",
    });
    assert.deepEqual(summary(found), {
      nas: {
        "s3/other": {
          accessKeyId: "nas",
          secretAccessKey: "n4s/+%41",
          endpoint: "http://nas.example:9000",
        },
      },
      lent: {
        "s3/other": {
          accessKeyId: "A",
          secretAccessKey: "a",
          sessionToken: "t0ken",
          endpoint: "https://minio.example",
        },
      },
    });
    acceptable(found);
  });
});

describe("importing from Cyberduck", () => {
  const bookmark = (
    pairs: Readonly<Record<string, string>>,
    custom = "",
  ) => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
${Object.entries(pairs)
  .map(([key, value]) => `\t<key>${key}</key>\n\t<string>${value}</string>`)
  .join("\n")}
\t<key>Custom</key>
\t<dict><key>Hostname</key><string>not this one</string>${custom}</dict>
</dict>
</plist>
`;
  const rows: readonly (readonly [Readonly<Record<string, string>>, unknown])[] = [
    [
      {
        Protocol: "s3",
        Nickname: "Amazon &amp; me",
        Hostname: "s3.amazonaws.com",
        Port: "443",
        Username: "AKIA",
        Path: "/photos/2024",
      },
      { "Amazon & me": { "s3/aws": { accessKeyId: "AKIA", bucket: "photos", folder: "2024" } } },
    ],
    [
      {
        Protocol: "davs",
        Nickname: "Cloud",
        Hostname: "cloud.example.com",
        Port: "8443",
        Username: "ada",
        Path: "/dav",
      },
      { Cloud: { "webdav/other": { url: "https://cloud.example.com:8443/dav", user: "ada" } } },
    ],
    [
      { Protocol: "dav", Hostname: "nas.local", Port: "80", Username: "anonymous" },
      { "nas.local": { "webdav/other": { url: "http://nas.local" } } },
    ],
    // Profiles say what the protocol alone does not.
    [
      {
        Protocol: "s3",
        Provider: "s3-http-path-style",
        Nickname: "Box",
        Hostname: "box.local",
        Port: "7480",
        Username: "C",
      },
      {
        Box: {
          "s3/other": { accessKeyId: "C", endpoint: "http://box.local:7480", addressing: "path" },
        },
      },
    ],
    [
      {
        Protocol: "s3",
        Provider: "s3-aws2-https",
        Nickname: "Old",
        Hostname: "old.example",
        Port: "443",
        Username: "O",
      },
      {
        Old: { "s3/other": { accessKeyId: "O", endpoint: "https://old.example", signature: "v2" } },
      },
    ],
    [
      {
        Protocol: "s3",
        Provider: "s3-cli",
        Nickname: "Work",
        Hostname: "s3.amazonaws.com",
        Username: "work",
      },
      { Work: { "s3/aws": { credentials: "profile", profile: "work" } } },
    ],
    [
      {
        Protocol: "s3",
        Provider: "aws-s3-sts-assumerole",
        Nickname: "Role",
        Hostname: "s3.amazonaws.com",
      },
      { Role: "needs-sign-in" },
    ],
    [
      {
        Protocol: "s3",
        Provider: "alibaba-oss-eu-central-1",
        Nickname: "OSS",
        Hostname: "oss-eu-central-1.aliyuncs.com",
        Region: "oss-eu-central-1",
        Username: "LTAI",
      },
      {
        OSS: {
          "s3/aliyun": {
            accessKeyId: "LTAI",
            endpoint: "https://oss-eu-central-1.aliyuncs.com",
            region: "eu-central-1",
            addressing: "virtual",
          },
        },
      },
    ],
    // A path that does not lead to WebDAV is one of the user's folders.
    [
      {
        Protocol: "nextcloud",
        Nickname: "Ours",
        Hostname: "cloud.example.com",
        Port: "443",
        Username: "ada",
        Path: "/Documents/2026",
      },
      {
        Ours: {
          "webdav/nextcloud": {
            url: "https://cloud.example.com",
            user: "ada",
            folder: "Documents/2026",
            auth: "basic",
          },
        },
      },
    ],
    [
      {
        Protocol: "owncloud",
        Nickname: "Below",
        Hostname: "example.com",
        Username: "ada",
        Path: "/cloud/remote.php/webdav",
      },
      {
        Below: {
          "webdav/owncloud": {
            url: "https://example.com/cloud/remote.php/webdav",
            user: "ada",
            auth: "basic",
          },
        },
      },
    ],
    [
      { Protocol: "sftp", Nickname: "Shell", Hostname: "ssh.example.com", Username: "ada" },
      { Shell: "other-protocol" },
    ],
  ];
  for (const [pairs, expected] of rows)
    it(`reads a bookmark of ${pairs["Protocol"]}, without a secret`, () => {
      assert.deepEqual(summary([cyberduckBookmark(bookmark(pairs))]), expected);
    });

  it("reads where the bucket stands from the bookmark's own settings", () => {
    const found = cyberduckBookmark(
      bookmark(
        { Protocol: "s3", Nickname: "Box", Hostname: "box.local", Username: "C" },
        "<key>s3.bucket.virtualhost.disable</key><string>true</string>",
      ),
    );
    assert.partialDeepStrictEqual(found, { answers: { addressing: "path" } });
  });
});

describe("a .netrc", () => {
  const dav = (answers: Readonly<Record<string, unknown>>): Found => ({
    type: "connection",
    source: "cyberduck",
    name: "Cloud",
    provider: "webdav",
    answers: { url: "https://cloud.example.com/dav", ...answers },
  });
  const netrc = `# my passwords
machine cloud.example.com
  login ada
  password "pass word"
macdef init
machine evil login x password y

machine other.example.com login bob password b0b
default login anyone password secret
`;
  const password = (found: Found) =>
    completedByNetrc([found], netrc).map((one) => one.type === "connection" && one.answers)[0];

  it("completes WebDAV connections of its hosts", () => {
    const completed = { url: "https://cloud.example.com/dav", user: "ada", password: "pass word" };
    assert.deepEqual(password(dav({})), completed);
    assert.deepEqual(password(dav({ user: "ada" })), completed);
  });

  it("leaves other users, other hosts and what has a secret alone", () => {
    for (const one of [
      dav({ user: "bob" }),
      dav({ user: "ada", password: "own" }),
      dav({ token: "t" }),
      dav({ url: "https://elsewhere.example.com" }),
    ])
      assert.deepEqual(completedByNetrc([one], netrc), [one]);
  });
});

describe("a file that is not what its name says", () => {
  const secret = "sup3rs3cret";
  const rows: readonly (readonly [string, number, () => unknown])[] = [
    ["credentials", 2, () => iniSections(`[default]\naws_secret ${secret}`, awsDialect)],
    ["rclone.conf without a section", 1, () => iniSections(`pass = ${secret}\n`)],
    ["rclone.conf cut in a section's name", 3, () => iniSections(`[a]\n\n[${secret}`)],
    ["config.json", 3, () => minioAliases(`{\n"aliases": {\n${secret}`)],
    ["config.json cut short", 2, () => minioAliases(`{\n"aliases": {"${secret}`)],
    ["bookmark", 2, () => cyberduckBookmark(`<plist>\n<string>${secret}`)],
  ];
  for (const [name, line, parse] of rows)
    it(`is refused naming the line, not what stands there: ${name}`, () => {
      assert.throws(parse, (error) => {
        assert.ok(error instanceof MalformedText);
        assert.equal(error.line, line);
        assert.ok(!String(error.stack).includes(secret));
        return true;
      });
    });
});
