import type { Capabilities } from "./driver.ts";

/** What *Diagnose Connection* asks of a storage. Which of them are asked, the protocol decides. */
export type Check =
  | "list"
  | "write"
  | "read"
  | "range"
  | "ifAbsent"
  | "ifMatch"
  | "copy"
  | "copyIfAbsent"
  | "deleteMany"
  | "cleanUp"
  // S3
  | "clock"
  | "pathStyle"
  | "virtualHost"
  | "listV2"
  | "listV1"
  | "urlEncoding"
  | "paging"
  | "pageSize"
  | "conditionalCopy"
  | "conditionalDeletion"
  | "signedBody"
  | "contentMd5"
  | "checksum"
  | "conditionalParts"
  | "multipart"
  | "multipartEtag"
  | "maxParts"
  | "presign"
  | "versioning"
  | "cors"
  // WebDAV
  | "davClasses"
  | "httpIfNoneMatch"
  | "httpIfMatch"
  | "httpMtime";

export interface Verdict {
  /**
   * `ignored`: said yes and did otherwise, which is the dangerous one. `unknown`: it could not be
   * found out, as where the key may not ask.
   */
  readonly outcome: "yes" | "no" | "ignored" | "refused" | "unknown" | "skipped";
  /** A number, a code, the service's own words: the same in every language. Holds no secret. */
  readonly detail?: string;
}

/** What was found of a storage, and is from now on believed more than what presets say. */
export interface Found {
  readonly capabilities?: Partial<Pick<Capabilities, "ifAbsent" | "ifMatch" | "copyIfAbsent">>;
  /** In the terms of the provider's own `service`. */
  readonly service?: Readonly<Record<string, string | number | boolean>>;
}

/** A provider's part in a diagnosis: the checks that only its protocol knows. */
export interface Examination {
  readonly signal: AbortSignal;
  /** The folder that may be looked at, if not all: ends in `/`. */
  readonly root?: string;
  /** A folder of the examination's own in it; ends in `/`. Absent: nothing may be written. */
  readonly prefix?: string;
  /** The key of this name in that folder; what is written there, the caller deletes. */
  readonly place?: (name: string) => string;
  /** Whether a few megabytes may be sent. */
  readonly mayBeLarge: boolean;
  /** Does one check. What fails is its outcome, and ends no other; only an abort passes. */
  check(check: Check, work: () => Promise<Verdict>): Promise<Verdict>;
  learn(found: Found): void;
}

export const yes: Verdict = { outcome: "yes" };
export const no: Verdict = { outcome: "no" };
export const ignored: Verdict = { outcome: "ignored" };
