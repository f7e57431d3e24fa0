import assert from "node:assert/strict";
import { never } from "../../../../src/base/abort.ts";
import { isStorageError } from "../../../../src/storage/errors.ts";
import { s3 } from "../../../../src/storage/providers/s3/s3.ts";
import { isHostPart } from "../../../../src/storage/fields.ts";
import { recogniseS3 } from "../../../../src/storage/providers/s3/addresses.ts";
import { s3Presets } from "../../../../src/storage/providers/s3/presets.ts";
import { s3Services } from "../../../../src/storage/providers/s3/services.ts";
import { partBytesFor } from "../../../../src/storage/providers/s3/uploads.ts";
import { startInternet, type Internet } from "../../../servers/internet.ts";

const host = "host";
const path = "path";

/** Preset, region or account, where a bucket called "photos" is asked for, and the region signed. */
const table: readonly (readonly [
  string,
  Readonly<Record<string, string>>,
  string,
  typeof host | typeof path,
  string,
])[] = [
  ["aws", { region: "eu-west-3" }, "s3.eu-west-3.amazonaws.com", host, "eu-west-3"],
  ["aws", {}, "s3.us-east-1.amazonaws.com", host, "us-east-1"],
  ["aws", { region: "us-gov-west-1" }, "s3.us-gov-west-1.amazonaws.com", host, "us-gov-west-1"],
  [
    "aws",
    { region: "cn-northwest-1" },
    "s3.cn-northwest-1.amazonaws.com.cn",
    host,
    "cn-northwest-1",
  ],
  ["r2", { account: "0a1b" }, "0a1b.r2.cloudflarestorage.com", path, "auto"],
  ["r2", { account: "0a1b.eu" }, "0a1b.eu.r2.cloudflarestorage.com", path, "auto"],
  ["b2", { region: "eu-central-003" }, "s3.eu-central-003.backblazeb2.com", path, "eu-central-003"],
  ["wasabi", { region: "us-east-1" }, "s3.wasabisys.com", path, "us-east-1"],
  ["wasabi", { region: "eu-west-2" }, "s3.eu-west-2.wasabisys.com", path, "eu-west-2"],
  ["digitalocean", { region: "nyc3" }, "nyc3.digitaloceanspaces.com", host, "nyc3"],
  ["gcs", {}, "storage.googleapis.com", path, "auto"],
  ["hetzner", { region: "fsn1" }, "fsn1.your-objectstorage.com", host, "fsn1"],
  ["scaleway", { region: "nl-ams" }, "s3.nl-ams.scw.cloud", host, "nl-ams"],
  ["ovh", { region: "gra" }, "s3.gra.io.cloud.ovh.net", host, "gra"],
  ["ovh", { region: "us-east-va" }, "s3.us-east-va.io.cloud.ovh.us", host, "us-east-va"],
  ["idrive", { region: "us-west-1" }, "s3.us-west-1.idrivee2.com", path, "us-west-1"],
  ["storj", {}, "gateway.storjshare.io", host, "us-east-1"],
  ["linode", { region: "us-iad-18" }, "us-iad-18.linodeobjects.com", host, "us-iad-18"],
  ["vultr", { region: "ewr1" }, "ewr1.vultrobjects.com", host, "ewr1"],
  ["tigris", {}, "t3.storage.dev", host, "auto"],
  [
    "supabase",
    { account: "abcd", region: "eu-west-1" },
    "abcd.supabase.co/storage/v1/s3",
    path,
    "eu-west-1",
  ],
  [
    "oracle",
    { account: "axfoo", region: "eu-zurich-1" },
    "axfoo.compat.objectstorage.eu-zurich-1.oraclecloud.com",
    path,
    "eu-zurich-1",
  ],
  ["ibm", { region: "eu-de" }, "s3.eu-de.cloud-object-storage.appdomain.cloud", path, "eu-de"],
  ["synology-c2", { region: "tw-001" }, "tw-001.s3.synologyc2.net", host, "tw-001"],
  ["mega-s4", { region: "eu-paris-1" }, "s3.eu-paris-1.megas4.com", path, "eu-paris-1"],
  ["ionos", { region: "de" }, "s3.eu-central-1.ionoscloud.com", path, "de"],
  ["ionos", { region: "eu-central-3" }, "s3.eu-central-3.ionoscloud.com", path, "eu-central-3"],
  ["exoscale", { region: "ch-dk-2" }, "sos-ch-dk-2.exo.io", host, "ch-dk-2"],
  ["contabo", { region: "eu2" }, "eu2.contabostorage.com", path, "eu2"],
  ["dreamhost", {}, "objects-us-east-1.dream.io", path, "us-east-1"],
  ["outscale", { region: "eu-west-2" }, "oos.eu-west-2.outscale.com", path, "eu-west-2"],
  ["leviia", {}, "s3.leviia.com", path, "us-east-1"],
  ["rabata", { region: "eu-west-1" }, "s3.eu-west-1.rabata.io", path, "eu-west-1"],
  ["petabox", { region: "me-south-1" }, "s3.me-south-1.petabox.io", path, "me-south-1"],
  [
    "impossible",
    { region: "eu-central-2" },
    "eu-central-2.storage.impossibleapi.net",
    path,
    "eu-central-2",
  ],
  ["cubbit", {}, "s3.cubbit.eu", path, "eu-west-1"],
  ["filelu", {}, "s5lu.com", path, "global"],
  ["rackcorp", { region: "nz" }, "nz.s3.rackcorp.com", path, "nz"],
  [
    "lyve",
    { account: "acme", region: "us-west-1" },
    "s3.us-west-1.acme.lyve.seagate.com",
    path,
    "us-west-1",
  ],
  ["magalu", { region: "br-se1" }, "br-se1.magaluobjects.com", path, "br-se1"],
  ["zata", {}, "idr01.zata.ai", path, "us-east-1"],
  ["selectel", { region: "ru-1" }, "s3.ru-1.storage.selcloud.ru", path, "ru-1"],
  ["yandex", {}, "storage.yandexcloud.net", path, "ru-central1"],
  ["arvan", { region: "ir-thr-at1" }, "s3.ir-thr-at1.arvanstorage.ir", path, "ir-thr-at1"],
  ["liara", {}, "storage.iran.liara.space", path, "us-east-1"],
  ["aliyun", { region: "cn-hangzhou" }, "s3.oss-cn-hangzhou.aliyuncs.com", host, "cn-hangzhou"],
  ["tencent", { region: "ap-guangzhou" }, "cos.ap-guangzhou.myqcloud.com", host, "ap-guangzhou"],
  ["huawei", { region: "eu-west-101" }, "obs.eu-west-101.myhuaweicloud.eu", host, "eu-west-101"],
  ["huawei", { region: "cn-north-4" }, "obs.cn-north-4.myhuaweicloud.com", host, "cn-north-4"],
  ["qiniu", { region: "cn-east-1" }, "s3.cn-east-1.qiniucs.com", path, "cn-east-1"],
  ["baidu", { region: "bj" }, "s3.bj.bcebos.com", path, "bj"],
  ["jdcloud", { region: "cn-north-1" }, "s3.cn-north-1.jdcloud-oss.com", host, "cn-north-1"],
  ["kingsoft", { region: "BEIJING" }, "ks3-cn-beijing.ksyuncs.com", host, "BEIJING"],
  ["qingstor", { region: "pek3b" }, "s3.pek3b.qsstor.com", host, "pek3b"],
  ["netease", {}, "nos-eastchina1.126.net", host, "eastchina1"],
  ["ucloud", { region: "cn-bj" }, "s3-cn-bj.ufileos.com", path, "cn-bj"],
  ["minio", { endpoint: "https://minio.test:9000" }, "minio.test:9000", path, "us-east-1"],
  ["ceph", { endpoint: "https://rgw.test" }, "rgw.test", path, "us-east-1"],
  ["garage", { endpoint: "https://g.test:3900" }, "g.test:3900", path, "garage"],
  ["seaweedfs", { endpoint: "https://w.test:8333" }, "w.test:8333", path, "us-east-1"],
  ["zadara", { endpoint: "https://vsa-1.zadara.test" }, "vsa-1.zadara.test", path, "us-east-1"],
  ["other", { endpoint: "https://s3.test" }, "s3.test", path, "us-east-1"],
];

/** Services that are asked by the first version of the listing, and those that do not encode it. */
const firstVersion = [
  "ibm",
  "magalu",
  "arvan",
  "tencent",
  "huawei",
  "netease",
  "ucloud",
  "seaweedfs",
];
const plain = [
  "digitalocean",
  "ibm",
  "ionos",
  "dreamhost",
  "filelu",
  "magalu",
  "selectel",
  "arvan",
  "liara",
  "huawei",
  "qiniu",
  "netease",
  "seaweedfs",
];

interface Sent {
  readonly url: URL;
  readonly region: string | undefined;
}

describe("An S3 service", () => {
  const sent: Sent[] = [];
  let reply: string;
  let internet: Internet | undefined;

  before(async () => {
    internet = await startInternet(({ url, headers }) => {
      const authorization = headers.get("authorization") ?? "";
      const region = /\d{8}\/([^/]+)\/s3/.exec(authorization)?.[1];
      sent.push({ url: new URL(url), region });
      return new Response(reply);
    });
  });
  after(async () => await internet?.stop());
  beforeEach(() => {
    sent.length = 0;
    reply = "<ListBucketResult><Name>photos</Name></ListBucketResult>";
  });

  const answersOf = (preset: string, given: Readonly<Record<string, string>>) => ({
    ...s3.presets.find(({ id }) => id === preset)?.values,
    bucket: "photos",
    accessKeyId: "a",
    secretAccessKey: "b",
    ...given,
  });

  for (const [preset, given, at, style, region] of table)
    it(`is reached at its own address: ${preset} ${Object.values(given).join(" ")}`, async () => {
      const driver = await s3.open(answersOf(preset, given), preset);
      await driver.list({ prefix: "a b", shallow: true, signal: never });
      const [{ url, region: signed } = assert.fail("nothing was asked")] = sent;
      const expected = style === host ? `photos.${at}/` : `${at}/photos/`;
      assert.equal((url.host + url.pathname).replace(/\/?$/, "/"), expected);
      assert.equal(url.protocol, "https:");
      assert.equal(signed, region);
      assert.equal(url.searchParams.get("list-type"), firstVersion.includes(preset) ? null : "2");
      assert.equal(url.searchParams.get("encoding-type"), plain.includes(preset) ? null : "url");
      assert.equal(sent.length, 1);
    });

  it("says all that its form needs, and nothing that cannot be", () => {
    for (const row of s3Services) {
      const { id, endpoint = "", aliases = [], exceptions = {}, retired, regions, region } = row;
      const addresses = [endpoint, ...aliases, ...Object.values(exceptions)].filter(Boolean);
      for (const address of addresses) {
        // Two places of Baidu's have no certificate.
        const isSafe = address.startsWith("https://") || /\/\/s3\.(fwh|hkg)\.bcebos/.test(address);
        assert.ok(isSafe && !address.endsWith("/"), `${id}: ${address}`);
        const blanks = address.match(/\{\w+\}/g) ?? [];
        for (const name of blanks) assert.match(name, /^\{(region|account)\}$/, id);
      }
      for (const other of Object.keys(exceptions)) assert.ok(regions?.[other], `${id}: ${other}`);
      if (endpoint.includes("{region}")) assert.ok(Object.keys(regions ?? {}).length > 0, id);
      if (endpoint.includes("{account}")) assert.ok(row.account?.help, id);
      if (endpoint !== "" && !endpoint.includes("{region}"))
        assert.ok(region !== undefined || regions, `${id} is signed for some region`);
      for (const [code, place] of Object.entries(regions ?? {}))
        assert.ok(isHostPart(code) && place.trim() === place && place !== "", `${id}: ${code}`);
      if (row.keysPage !== undefined) assert.match(row.keysPage, /^https:\/\/[^/]+\.[a-z]+/, id);
      for (const text of [row.note, retired, row.account?.help, ...Object.values(row.help ?? {})])
        if (text !== undefined) assert.match(text, /[.`]$/, `${id}: ${text}`);
      if (retired !== undefined) assert.deepEqual([endpoint, aliases.length], ["", 0], id);
    }
  });

  it("is known by every address of its own, whatever fills it", () => {
    for (const { id, endpoint, aliases = [], regions } of s3Services) {
      for (const template of [endpoint ?? [], aliases].flat()) {
        const region = Object.keys(regions ?? {})[0]?.toLowerCase() ?? "any";
        const address = template.replace("{region}", region).replace("{account}", "acc");
        const found = recogniseS3(`${address}/photos/2026/`);
        const { bucket, folder } = found?.values ?? {};
        assert.deepEqual([found?.preset, bucket, folder], [id, "photos", "2026"], address);
      }
    }
  });

  it("stands in that table, unless it is closed", () => {
    const known = new Set(table.map(([preset]) => preset));
    for (const { id, retired } of s3.presets) assert.ok(known.has(id) || retired, id);
  });

  it("offers only regions that make an address of its own", async () => {
    for (const { id } of s3.presets) {
      const field = s3.field("region", id);
      const regions = field?.type === "text" ? Object.keys(field.suggestions ?? {}) : [];
      const hosts = new Set<string>();
      for (const region of regions) {
        const answers = answersOf(id, { region, account: "acc", endpoint: "" });
        if (s3.problems(answers, id).length > 0) continue;
        sent.length = 0;
        const driver = await s3.open(answers, id);
        await driver.list({ prefix: "", shallow: true, signal: never });
        const { url } = sent[0] ?? assert.fail();
        hosts.add(url.host);
        // Two places of Baidu's have no certificate.
        assert.equal(url.protocol, /^(fwh|hkg)$/.test(region) ? "http:" : "https:");
      }
      const isOneAddress = ["supabase", "garage"].includes(id);
      assert.equal(hosts.size, isOneAddress ? Math.min(1, hosts.size) : regions.length, id);
    }
  });

  it("tells the least that is charged, where one chooses the service or a class", () => {
    const label = (id: string, name: string) =>
      s3Presets.find((preset) => preset.id === id)?.storageClasses[name]?.label;
    assert.equal(
      label("aws", "STANDARD_IA"),
      "Infrequent access: at least 128 KB and 30 days are charged",
    );
    assert.equal(label("aws", "STANDARD"), "Standard");
    assert.equal(label("r2", "STANDARD_IA"), "Infrequent access: at least 30 days are charged");
    assert.equal(label("minio", "STANDARD_IA"), "Infrequent access", "at whose price, who knows");
    const note = (id: string) => s3Presets.find((preset) => preset.id === id)?.note ?? "";
    assert.match(note("wasabi"), /^For every object at least 4 KB and 90 days are charged/);
    assert.match(note("synology-c2"), /^For every object at least 128 KB are charged/);
    const field = s3.field("storageClass", "aws");
    const offered = field?.type === "text" ? field.suggestions : {};
    assert.equal(offered?.["DEEP_ARCHIVE"], label("aws", "DEEP_ARCHIVE"));
  });

  it("is asked where the user says, whatever its own address is", async () => {
    const endpoint = "https://s3.us-west-004.backblazeb2.com";
    const driver = await s3.open(answersOf("b2", { endpoint }), "b2");
    await driver.list({ prefix: "", shallow: true, signal: never });
    assert.equal(sent[0]?.url.host, "s3.us-west-004.backblazeb2.com");
    assert.equal(sent[0]?.region, "us-west-004", "which the address tells");
  });

  it("is sent parts of the size it takes", () => {
    const gibibyte = 1024 ** 3;
    for (const [preset, size, parts, expected] of [
      ["storj", gibibyte, 10_000, 64 * 1024 ** 2],
      ["storj", gibibyte / 8, 10_000, 64 * 1024 ** 2],
      ["aws", gibibyte, 10_000, 16 * 1024 ** 2],
      ["aws", gibibyte / 8, 10_000, 8 * 1024 ** 2],
      ["scaleway", 100 * gibibyte, 1000, 103 * 1024 ** 2],
      ["netease", 900 * gibibyte, 10_000, 93 * 1024 ** 2],
    ] as const) {
      const { service } = s3Presets.find(({ id }) => id === preset) ?? assert.fail(preset);
      assert.equal(partBytesFor(size, parts, service), expected, preset);
    }
    const { service } = s3Presets.find(({ id }) => id === "netease") ?? assert.fail();
    assert.throws(() => partBytesFor(1000 * gibibyte, 10_000, service), /do not fit/);
  });

  it("lists buckets where it keeps the list of all regions", async () => {
    reply =
      "<ListAllMyBucketsResult><Owner><ID>1</ID></Owner><Buckets><Bucket><Name>photos-1</Name></Bucket></Buckets></ListAllMyBucketsResult>";
    const answers = { ...answersOf("tencent", { region: "ap-guangzhou" }), bucket: "" };
    assert.deepEqual(await s3.containers?.(answers, never, "tencent"), ["photos-1"]);
    assert.equal(sent[0]?.url.host, "service.cos.myqcloud.com");
  });

  it("takes no region or account that would lead to another host", async () => {
    for (const region of ["evil.test/", "a/b", "x@evil.test", "x:8080", "", "..", "é"]) {
      const answers = answersOf("wasabi", { region });
      await assert.rejects(
        s3.open(answers, "wasabi"),
        (error) => isStorageError(error, "invalid") && error.details.field === "region",
        region,
      );
    }
    await assert.rejects(
      s3.open(answersOf("r2", { account: "evil.test#" }), "r2"),
      (error) => isStorageError(error, "invalid") && error.details.field === "account",
    );
  });

  it("is named by its host and bucket, and told to restic, before any secret is known", () => {
    const answers = { region: "nyc3", bucket: "photos", accessKeyId: "a" };
    assert.equal(s3.place(answers, "digitalocean"), "nyc3.digitaloceanspaces.com/photos");
    assert.equal(
      s3.restic?.(answers, "backup", "digitalocean")?.repository,
      "s3:https://nyc3.digitaloceanspaces.com/photos/backup",
    );
  });
});
