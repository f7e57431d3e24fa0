/**
 * AWS's shared files and environment:
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
import type { Found } from "./found.ts";
import type { Section } from "./ini.ts";
import { s3Connection } from "./s3Account.ts";

/** How AWS's files differ from others of their kind. */
export const awsDialect = { nested: true };

/** The profiles of `credentials` and `config` together; where both speak, credentials win. */
export function awsProfiles(
  credentials: readonly Section[],
  config: readonly Section[],
): readonly Found[] {
  const profiles = new Map<string, Profile>();
  for (const section of config) {
    const [, name] = /^(?:profile\s+)?["']?(.+?)["']?$/.exec(section.name) ?? [];
    const isProfile = section.name === "default" || section.name.startsWith("profile ");
    if (isProfile && name !== undefined) profiles.set(name, new Profile(section));
  }
  for (const section of credentials)
    profiles.set(section.name, new Profile(section, profiles.get(section.name)));
  const services = new Map(config.map((section) => [section.name, section]));
  return [...profiles].map(([name, profile]) => profile.found(name, services));
}

/** One profile, as the two files have it. */
class Profile {
  readonly #sections: readonly Section[];

  constructor(section: Section, weaker?: Profile) {
    this.#sections = [section, ...(weaker ? weaker.#sections : [])];
  }

  found(name: string, services: ReadonlyMap<string, Section>): Found {
    const named = { source: "aws", name } as const;
    // As the SDKs order it: a role first, then a key, then whatever hands out keys.
    const signsIn = signInSettings.some((setting) => this.#value(setting) !== undefined);
    const isLent =
      this.#value("role_arn") !== undefined || (signsIn && !this.#value("aws_access_key_id"));
    // Whatever has written a key that ends will write the next one to the same place.
    const isTemporary = this.#value("aws_session_token") !== undefined;
    // A second factor would have to be typed every hour.
    if (isLent && this.#value("mfa_serial") !== undefined)
      return { type: "unusable", ...named, reason: "needs-sign-in" };
    return s3Connection(named, {
      endpoint: this.#endpoint(services),
      region: this.#value("region"),
      ...(isLent || isTemporary
        ? { profile: name }
        : {
            accessKeyId: this.#value("aws_access_key_id"),
            secretAccessKey: this.#value("aws_secret_access_key"),
          }),
      addressing: addressing(this.#grouped("s3", "addressing_style")),
      signatureV2: this.#grouped("s3", "signature_version") === "s3",
    });
  }

  #endpoint(services: ReadonlyMap<string, Section>): string | undefined {
    if (this.#value("ignore_configured_endpoint_urls") === "true") return undefined;
    const section = services.get(`services ${this.#value("services") ?? ""}`);
    return (
      section?.groups.get("s3")?.get("endpoint_url") ??
      this.#value("endpoint_url") ??
      // As the plugin has it that many services told people to use before there was the former.
      this.#grouped("s3", "endpoint_url")
    );
  }

  #value(key: string): string | undefined {
    return this.#sections.map(({ values }) => values.get(key)).find((one) => one !== undefined);
  }

  #grouped(group: string, key: string): string | undefined {
    const values = this.#sections.map(({ groups }) => groups.get(group)?.get(key));
    return values.find((one) => one !== undefined);
  }
}

const signInSettings = [
  "sso_session",
  "sso_start_url",
  "credential_process",
  "credential_source",
  "web_identity_token_file",
  "login_session",
];

/** The key that the environment holds, if it does. */
export function awsEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): readonly Found[] {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  if (!accessKeyId) return [];
  return [
    s3Connection(
      { source: "environment", name: "AWS environment" },
      {
        accessKeyId,
        secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"],
        sessionToken: environment["AWS_SESSION_TOKEN"],
        region: environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"],
        endpoint: environment["AWS_ENDPOINT_URL_S3"] || environment["AWS_ENDPOINT_URL"],
      },
    ),
  ];
}

function addressing(style: string | undefined): "auto" | "virtual" | "path" | undefined {
  return style === "auto" || style === "virtual" || style === "path" ? style : undefined;
}
