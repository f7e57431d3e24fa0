import type { Answers } from "../../storage/provider.ts";
import { providerOf } from "../../storage/registry.ts";
import { type Found, type Source, stated, webAddress } from "./found.ts";

/** An S3 account as other programs describe one. Absent and empty mean the same. */
export interface S3Account {
  readonly endpoint?: string | undefined;
  /** Of an endpoint that does not say. */
  readonly scheme?: "http" | "https";
  readonly region?: string | undefined;
  readonly bucket?: string | undefined;
  readonly folder?: string | undefined;
  /** Of Amazon's own tools, which hands out keys; then there is none here. */
  readonly profile?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  readonly addressing?: "auto" | "virtual" | "path" | undefined;
  readonly verifyTls?: boolean | undefined;
  /** Signs as S3 did before 2014. */
  readonly signatureV2?: boolean;
  /** How what is uploaded is kept, in S3's own words. */
  readonly storageClass?: string | undefined;
  readonly encryption?: string | undefined;
  readonly encryptionKeyId?: string | undefined;
  readonly requesterPays?: boolean;
  /** The most that the service takes for one object; no number where nobody says. */
  readonly maxUploadParts?: number;
  /** Ids of presets that may be meant, if the address itself does not tell. */
  readonly presets?: readonly string[];
}

type Preset = NonNullable<ReturnType<typeof providerOf>>["presets"][number];

/** The connection to an S3 account, with the preset of the service that its address belongs to. */
export function s3Connection(
  named: { readonly source: Source; readonly name: string },
  account: S3Account,
): Found {
  if (!account.accessKeyId && !account.profile)
    return { type: "unusable", ...named, reason: "no-key" };
  const endpoint = account.endpoint ? webAddress(account.endpoint, account.scheme) : undefined;
  if (account.endpoint && endpoint === undefined)
    return { type: "unusable", ...named, reason: "bad-address" };
  const answers = { ...answersOf(account, endpoint), ...uploadAnswersOf(account) };
  const preset = presets(endpoint, answers, account.presets).find((one) => fits(one, answers));
  // Without an address of its own, an account of another service would be taken for Amazon's.
  if (endpoint === undefined && !preset)
    return { type: "unusable", ...named, reason: "bad-address" };
  return {
    type: "connection",
    ...named,
    provider: "s3",
    ...(preset && { preset: preset.id }),
    answers: preset ? answered(preset, answers) : answers,
  };
}

function answersOf(account: S3Account, endpoint: string | undefined): Answers {
  const { region, bucket, folder, addressing, verifyTls, signatureV2 } = account;
  const amazon = endpoint === undefined ? undefined : amazonRegion(endpoint);
  // Others call a service's regions otherwise, as `oss-cn-hangzhou`; its address has the right name.
  const told = endpoint === undefined ? undefined : placeIn(endpoint)?.values["region"];
  return stated({
    ...keysOf(account),
    bucket,
    folder,
    endpoint: amazon === undefined ? endpoint : undefined,
    region: (amazon === undefined ? told : undefined) ?? (region || amazon),
    addressing: addressing === "auto" ? undefined : addressing,
    verifyTls: verifyTls === false ? false : undefined,
    signature: signatureV2 ? "v2" : undefined,
  });
}

function uploadAnswersOf(account: S3Account): Answers {
  const { storageClass, encryption = "", encryptionKeyId, requesterPays } = account;
  const { maxUploadParts = Number.NaN } = account;
  const isKnown = ["AES256", "aws:kms"].includes(encryption);
  return stated({
    storageClass,
    ...(isKnown && { encryption, encryptionKeyId }),
    requesterPays: requesterPays || undefined,
    // What everybody has who says nothing.
    maxUploadParts: maxUploadParts < 10_000 ? maxUploadParts : undefined,
  });
}

/** What the address says of the service it belongs to. */
function placeIn(endpoint: string) {
  return providerOf("s3")?.recognise?.(endpoint);
}

function keysOf({ profile, accessKeyId, secretAccessKey, sessionToken }: S3Account): Answers {
  if (profile) return { credentials: "profile", profile };
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** The region of Amazon's plain endpoints, which need not be named; empty for the one without. */
function amazonRegion(endpoint: string): string | undefined {
  const found = /^https:\/\/s3(?:[.-]([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com$/.exec(endpoint);
  return found ? (found[1] ?? "") : undefined;
}

/** The service the address belongs to, what the other program says, and the one that asks all. */
function presets(
  given: string | undefined,
  { endpoint }: Answers,
  suggested: readonly string[] = [],
): readonly Preset[] {
  const others = presetsCalled(...suggested).filter(({ id }) => id !== "aws" && id !== "other");
  if (given === undefined && others.length > 0) return others;
  if (typeof endpoint !== "string") return presetsCalled("aws");
  const found = presetsCalled(placeIn(endpoint)?.preset);
  // What program a server of one's own runs, an address suggests at best.
  const sure = found.filter(({ requires = [] }) => !requires.includes("endpoint"));
  return [...sure, ...presetsCalled(...suggested, "other")];
}

function presetsCalled(...ids: readonly (string | undefined)[]): readonly Preset[] {
  return ids.flatMap((id) => providerOf("s3")?.presets.find((preset) => preset.id === id) ?? []);
}

/** Whether the preset loses nothing that matters: what it hides, it answers itself. */
function fits(preset: Preset, answers: Answers): boolean {
  const { id, hide = [], values } = preset;
  const agrees = hide.every(
    (name) =>
      answers[name] === undefined ||
      answers[name] === values[name] ||
      // Its address says where such a service is, whatever region has been written down.
      name === "region" ||
      // Amazon takes either addressing, and has a certificate that can be checked.
      id === "aws",
  );
  const provider = providerOf("s3");
  const problems = provider?.problems(answered(preset, answers), id) ?? [];
  return agrees && problems.every(({ field }) => provider?.fields[field]?.type === "secret");
}

/** The answers as the form would keep them. */
function answered({ hide = [], values }: Preset, answers: Answers): Answers {
  const shown = Object.entries(answers).filter(([name]) => !hide.includes(name));
  const hidden = Object.entries(values).filter(([name]) => hide.includes(name));
  return Object.fromEntries([...shown, ...hidden]);
}
