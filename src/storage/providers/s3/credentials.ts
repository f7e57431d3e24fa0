import { StorageError } from "../../errors.ts";
import type { Http } from "../../http/http.ts";
import { redacted } from "../../http/answers.ts";
import { Refusal } from "./errors.ts";
import { requestHandler } from "./wire.ts";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** A key that may end. */
export interface HeldKey extends AccessKey {
  readonly expiration?: Date | undefined;
}

export interface Credentials {
  /**
   * The key to sign with now; at once where it never changes. Fails with `signed-out` where there
   * is none to be had.
   */
  key(): HeldKey | Promise<HeldKey>;
  /** The service no longer takes this key. Resolves to whether there is another. */
  renew(refused: AccessKey): Promise<boolean>;
}

/** What the connection says of its key. */
export interface CredentialAnswers {
  readonly credentials: "key" | "profile";
  readonly profile: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: string | undefined;
  readonly sessionToken: string | undefined;
}

/** A key is renewed when it has less time left than this, or than a third of what it had. */
const marginMs = 5 * 60_000;

/**
 * The key of a connection: the one it names, or what the profile of Amazon's own tools gives, which
 * may be signed in to (SSO), assumed, or told by a program. Nothing but that profile is looked at.
 */
export function credentialsOf(answers: CredentialAnswers, http: Http): Credentials {
  const { accessKeyId = "", secretAccessKey = "", sessionToken } = answers;
  if (answers.credentials === "key") {
    const key = { accessKeyId, secretAccessKey, sessionToken };
    return { key: () => key, renew: async () => false };
  }
  const { profile } = answers;
  if (profile === undefined)
    throw new StorageError("invalid", "no profile is chosen", { field: "profile" });
  let held: Promise<HeldKey> | undefined;
  let heldSinceMs = 0;

  const ask = async (): Promise<HeldKey> => {
    heldSinceMs = Date.now();
    held = keyOfProfile(profile, http);
    held.catch(() => (held = undefined));
    return await held;
  };
  const isEnding = ({ expiration }: HeldKey) => {
    if (expiration === undefined) return false;
    const endMs = expiration.getTime();
    return endMs - Date.now() < Math.min(marginMs, (endMs - heldSinceMs) / 3);
  };

  return {
    key: async () => {
      const known = held;
      if (!known) return await ask();
      const key = await known;
      if (!isEnding(key)) return key;
      // Of those who find out at the same time, the first asks.
      return held === known || held === undefined ? await ask() : await held;
    },
    renew: async (refused) => {
      const before = await held?.catch(() => undefined);
      if (before?.accessKeyId === refused.accessKeyId) await ask();
      return (await held)?.accessKeyId !== refused.accessKeyId;
    },
  };
}

async function keyOfProfile(profile: string, http: Http): Promise<HeldKey> {
  const { fromIni } = await import("@aws-sdk/credential-provider-ini");
  const clientConfig = { requestHandler: requestHandler(http), maxAttempts: 2 };
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await fromIni({
      profile,
      clientConfig,
      // Whoever has just signed in has changed these files.
      ignoreCache: true,
    })();
    return { accessKeyId, secretAccessKey, sessionToken, expiration };
  } catch (error) {
    throw failureOf(error, profile);
  }
}

function failureOf(error: unknown, profile: string): unknown {
  if (error instanceof Refusal) return error.error;
  const message = redacted(error instanceof Error ? error.message : String(error));
  const details = { field: "profile", subject: profile, cause: error };
  if (/aws (sso )?login|sso session|token.*(expired|invalid)|SSO.*(expired|invalid)/i.test(message))
    return new StorageError("signed-out", message, { ...details, reason: "profile-signed-out" });
  return new StorageError("signed-out", message, { ...details, reason: "profile-unusable" });
}
