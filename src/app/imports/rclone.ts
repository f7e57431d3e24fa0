/** rclone's configuration: https://rclone.org/docs/#config-file */
import { leadsTo } from "../../storage/pasted.ts";
import { providerOf } from "../../storage/registry.ts";
import { type Found, type UnusableReason, webAddress } from "./found.ts";
import { iniSections } from "./ini.ts";
import { revealed } from "./rcloneSecrets.ts";
import { type S3Account, s3Connection } from "./s3Account.ts";
import { webdavConnection } from "./webdavAccount.ts";

type Values = ReadonlyMap<string, string>;
type S3Key = Pick<S3Account, "profile" | "accessKeyId" | "secretAccessKey" | "sessionToken">;
type Remotes = ReadonlyMap<string, Values>;

type Environment = Readonly<Record<string, string | undefined>>;

/** What remotes lean on beside their own settings. */
interface Surroundings {
  readonly environment: Environment;
  /** Those of Amazon's own tools. */
  readonly profiles: readonly string[];
}

/**
 * The remotes of an rclone.conf that is not, or no longer, encrypted, and of the environment. Fails
 * with `MalformedText`.
 */
export async function rcloneRemotes(
  text: string,
  around: Surroundings = { environment: {}, profiles: [] },
): Promise<readonly Found[]> {
  const remotes = remotesIn(text, around.environment);
  return await Promise.all(
    [...remotes].map(([name, values]) => remote(name, values, remotes, around)),
  );
}

/** The environment outweighs the file: https://rclone.org/docs/#environment-variables */
function remotesIn(text: string, environment: Environment): Remotes {
  const remotes = new Map(iniSections(text).map(({ name, values }) => [name, values]));
  const known = new Set([...remotes.keys()].map((name) => name.toUpperCase()));
  for (const variable of Object.keys(environment)) {
    const name = /^RCLONE_CONFIG_(.+)_TYPE$/.exec(variable)?.[1];
    if (name !== undefined && !known.has(name)) remotes.set(name.toLowerCase(), new Map());
  }
  return new Map(
    [...remotes].map(([name, values]) => {
      const own = settingsOf(`RCLONE_CONFIG_${name.toUpperCase()}_`, environment);
      const type = new Map(own).get("type") ?? values.get("type") ?? "";
      const ofType = settingsOf(`RCLONE_${type.toUpperCase()}_`, environment);
      return [name, new Map([...values, ...ofType, ...own])];
    }),
  );
}

/** What the variables that begin so say, by the names that the file would have. */
function settingsOf(prefix: string, environment: Environment): readonly [string, string][] {
  return Object.entries(environment).flatMap(([variable, value]) =>
    variable.startsWith(prefix) && value
      ? [[variable.slice(prefix.length).toLowerCase(), value]]
      : [],
  );
}

async function remote(
  name: string,
  values: Values,
  remotes: Remotes,
  around: Surroundings,
): Promise<Found> {
  const type = values.get("type") ?? "";
  if (aliases.has(type))
    return await aliasRemote(name, values.get("remote") ?? "", remotes, around);
  switch (type) {
    case "s3":
      return s3Remote(name, values, around);
    case "webdav":
      return await webdavRemote(name, values);
    case "b2":
      return backblazeRemote(name, values);
    case "qingstor":
      return s3Connection(named(name), {
        region: values.get("zone"),
        accessKeyId: values.get("access_key_id"),
        secretAccessKey: values.get("secret_access_key"),
        presets: ["qingstor"],
      });
    case "koofr":
      return await koofrRemote(name, values);
    case "local":
      return unusable(name, "whole-computer");
    default: {
      const reason = wrappers.get(type);
      return reason ? unusable(name, reason) : unusable(name, "other-protocol", type);
    }
  }
}

/** Other names for a place, which add nothing to what lies there. */
const aliases: ReadonlySet<string | undefined> = new Set(["alias", "hasher", "cache"]);

/** What rclone itself makes of other remotes. */
const wrappers: ReadonlyMap<string, UnusableReason> = new Map([
  ["crypt", "own-form"],
  ["chunker", "own-form"],
  ["compress", "own-form"],
  ["union", "several"],
  ["combine", "several"],
]);

function s3Remote(name: string, values: Values, around: Surroundings): Found {
  const key = keyOf(values, around);
  if (!key || values.has("role_arn")) return unusable(name, "needs-sign-in");
  if (values.has("sse_customer_key") || values.has("sse_customer_key_base64"))
    return unusable(name, "own-encryption");
  const isSignedAsBefore = values.get("region") === "other-v2-signature";
  return s3Connection(named(name), {
    endpoint: values.get("endpoint"),
    region: isSignedAsBefore ? undefined : values.get("region"),
    ...key,
    maxUploadParts: Number(values.get("max_upload_parts")),
    addressing: addressing(values.get("force_path_style")),
    signatureV2: isSignedAsBefore || values.get("v2_auth") === "true",
    storageClass: values.get("storage_class"),
    encryption: values.get("server_side_encryption"),
    encryptionKeyId: values.get("sse_kms_key_id"),
    requesterPays: values.get("requester_pays") === "true",
    presets: presetsOf(values.get("provider") ?? ""),
  });
}

/** Its own, or the one that Amazon's programs would find; nothing where Offsite would find none. */
function keyOf(values: Values, { environment, profiles }: Surroundings): S3Key | undefined {
  if (values.get("env_auth") !== "true" || values.has("access_key_id"))
    return {
      accessKeyId: values.get("access_key_id"),
      secretAccessKey: values.get("secret_access_key"),
      sessionToken: values.get("session_token"),
    };
  // Other files than the usual ones, nobody reads here.
  if (values.has("shared_credentials_file")) return undefined;
  const named = values.get("profile");
  if (named !== undefined) return { profile: named };
  if (environment["AWS_ACCESS_KEY_ID"])
    return {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"],
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"],
      sessionToken: environment["AWS_SESSION_TOKEN"],
    };
  const profile = environment["AWS_PROFILE"] || "default";
  return profiles.includes(profile) ? { profile } : undefined;
}

/** B2's own protocol and its S3 take the same keys; of these, each begins with its cluster's number. */
function backblazeRemote(name: string, values: Values): Found {
  const account = values.get("account") ?? "";
  // The master key, which is called as the account, is for its own protocol only.
  if (/^[0-9a-f]{12}$/i.test(account)) return unusable(name, "master-key");
  const host = `https://f${account.slice(0, 3)}.backblazeb2.com`;
  const region = providerOf("s3")?.recognise?.(host)?.values["region"];
  return s3Connection(named(name), {
    region: typeof region === "string" ? region : undefined,
    accessKeyId: account,
    secretAccessKey: values.get("key"),
    presets: ["b2"],
  });
}

function addressing(forcePathStyle: string | undefined): "path" | "virtual" | undefined {
  if (forcePathStyle === undefined) return undefined;
  return forcePathStyle === "true" ? "path" : "virtual";
}

/** What a preset for rclone's provider may be called here: https://rclone.org/s3/#s3-provider */
function presetsOf(provider: string): readonly string[] {
  return [otherNames[provider] ?? provider.toLowerCase()];
}

const otherNames: Readonly<Record<string, string>> = {
  Alibaba: "aliyun",
  ArvanCloud: "arvan",
  Cloudflare: "r2",
  HuaweiOBS: "huawei",
  IBMCOS: "ibm",
  ImpossibleCloud: "impossible",
  LyveCloud: "lyve",
  Mega: "mega-s4",
  OVHcloud: "ovh",
  Synology: "synology-c2",
  TencentCOS: "tencent",
  US3: "ucloud",
};

async function webdavRemote(name: string, values: Values): Promise<Found> {
  const vendor = values.get("vendor") ?? "";
  // Both sign in through Microsoft's own pages.
  if (vendor.startsWith("sharepoint") || values.has("bearer_token_command"))
    return unusable(name, "needs-sign-in");
  if (values.has("headers")) return unusable(name, "own-headers");
  return webdavConnection(named(name), {
    url: webAddress(values.get("url") ?? ""),
    user: values.get("user"),
    password: await revealed(values.get("pass") ?? ""),
    token: values.get("bearer_token"),
    // Whoever chose "other" has left it to the address.
    preset: vendor === "other" ? undefined : vendor === "infinitescale" ? "owncloud" : vendor,
  });
}

/** The same app password opens its WebDAV. The two others that speak as it does have none we know of. */
async function koofrRemote(name: string, values: Values): Promise<Found> {
  const isOwn = (values.get("provider") ?? "koofr") === "koofr" && !values.has("endpoint");
  if (!isOwn || values.has("mountid")) return unusable(name, "other-protocol", values.get("type"));
  return webdavConnection(named(name), {
    url: "https://app.koofr.net/dav/Koofr",
    user: values.get("user"),
    password: await revealed(values.get("password") ?? ""),
  });
}

/** An alias stands for a local folder, or for a bucket or folder of another remote. */
async function aliasRemote(
  name: string,
  target: string,
  remotes: Remotes,
  around: Surroundings,
): Promise<Found> {
  const [, other = "", below = ""] = /^([\w][\w.+@ -]+):(.*)$/.exec(target) ?? [];
  if (other === "") {
    const isFullPath = /^(\/|~\/|[a-z]:[\\/]|\\\\)/i.test(target);
    if (!isFullPath) return unusable(name, "elsewhere");
    return { type: "connection", ...named(name), provider: "folder", answers: { path: target } };
  }
  const values = remotes.get(other);
  // One alias of another could go round in circles.
  if (!values || aliases.has(values.get("type"))) return unusable(name, "elsewhere");
  const found = await remote(name, values, remotes, around);
  return narrowed(name, found, below.replaceAll(/^\/+|\/+$/g, ""));
}

/** `found`, but only what lies in its folder. */
function narrowed(name: string, found: Found, folder: string): Found {
  if (found.type === "unusable" || folder === "") return found;
  const { provider, answers } = found;
  if (provider === "s3") {
    const [bucket, ...below] = folder.split("/");
    if (below.length === 0) return { ...found, answers: { ...answers, bucket } };
    const { folder: inside } = leadsTo(`${below.join("/")}/`);
    if (inside === undefined) return unusable(name, "elsewhere");
    return { ...found, answers: { ...answers, bucket, folder: inside } };
  }
  const { folder: below } = leadsTo(`${folder}/`);
  if (provider === "webdav" && below !== undefined && answers["folder"] === undefined)
    return { ...found, answers: { ...answers, folder: below } };
  return unusable(name, "elsewhere");
}

function named(name: string) {
  return { source: "rclone", name } as const;
}

function unusable(name: string, reason: UnusableReason, protocol?: string): Found {
  return { type: "unusable", ...named(name), reason, ...(protocol !== undefined && { protocol }) };
}
