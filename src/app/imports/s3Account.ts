import { providerOf } from "../../storage/registry.ts";
import { type Found, type Source, stated, webAddress } from "./found.ts";

/** An S3 account as other programs describe one. Absent and empty mean the same. */
export interface S3Account {
  readonly endpoint?: string | undefined;
  /** Of an endpoint that does not say. */
  readonly scheme?: "http" | "https";
  readonly region?: string | undefined;
  readonly bucket?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  readonly addressing?: "auto" | "virtual" | "path" | undefined;
  readonly verifyTls?: boolean | undefined;
  /** Ids of presets that may be meant, if the address itself does not tell. */
  readonly presets?: readonly string[];
}

type Preset = NonNullable<ReturnType<typeof providerOf>>["presets"][number];

/** The connection to an S3 account, with the preset of the service that its address belongs to. */
export function s3Connection(
  named: { readonly source: Source; readonly name: string },
  account: S3Account,
): Found {
  if (!account.accessKeyId) return { type: "unusable", ...named, reason: "no-key" };
  const endpoint = account.endpoint ? webAddress(account.endpoint, account.scheme) : undefined;
  if (account.endpoint && endpoint === undefined)
    return { type: "unusable", ...named, reason: "bad-address" };
  const { region, bucket, accessKeyId, secretAccessKey, sessionToken, addressing } = account;
  const keys = { accessKeyId, secretAccessKey, sessionToken };
  const amazon = endpoint === undefined ? undefined : amazonRegion(endpoint);
  const answers = stated({
    ...keys,
    bucket,
    endpoint: amazon === undefined ? endpoint : undefined,
    region: region || amazon,
    addressing: addressing === "auto" ? undefined : addressing,
    verifyTls: account.verifyTls === false ? false : undefined,
  });
  const preset = presets(answers["endpoint"], account.presets).find((one) => fits(one, answers));
  return {
    type: "connection",
    ...named,
    provider: "s3",
    ...(preset && { preset: preset.id }),
    answers: { ...answers, ...hiddenAnswers(preset) },
  };
}

/** The region of Amazon's plain endpoints, which need not be named; empty for the one without. */
function amazonRegion(endpoint: string): string | undefined {
  const found = /^https:\/\/s3(?:[.-]([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com$/.exec(endpoint);
  return found ? (found[1] ?? "") : undefined;
}

/** The service the address belongs to, what the other program says, and the one that asks all. */
function presets(endpoint: unknown, suggested: readonly string[] = []): readonly Preset[] {
  const provider = providerOf("s3");
  if (!provider) return [];
  const recognised =
    typeof endpoint === "string" ? provider.recognise?.(endpoint)?.preset : undefined;
  const ids = typeof endpoint === "string" ? [recognised, ...suggested, "other"] : ["aws", "other"];
  return ids.flatMap((id) => provider.presets.find((preset) => preset.id === id) ?? []);
}

/** Whether the form would keep every answer: what a preset hides, it answers itself. */
function fits({ id, hide = [], values }: Preset, answers: Readonly<Record<string, unknown>>) {
  // Such a service is told by its address where it is, whatever region has been written down.
  return hide.every(
    (name) =>
      answers[name] === undefined ||
      answers[name] === values[name] ||
      (name === "region" && id !== "other"),
  );
}

function hiddenAnswers(preset: Preset | undefined): Readonly<Record<string, unknown>> {
  const { hide = [], values = {} } = preset ?? {};
  return Object.fromEntries(hide.flatMap((name) => (name in values ? [[name, values[name]]] : [])));
}
