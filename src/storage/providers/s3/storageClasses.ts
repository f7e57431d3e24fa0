/** How services keep objects, and the least they charge for one. */
import type { StorageClass } from "../../provider.ts";

/** A class, and what is charged for an object in it however small it is, or soon deleted. */
interface Terms {
  readonly label: string;
  readonly leastBytes?: number;
  readonly leastDays?: number;
}
export type Classes = Readonly<Record<string, Terms>>;

const kibibyte = 1024;
const standard = { STANDARD: { label: "Standard" } };

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html */
export const amazon: Classes = {
  ...standard,
  STANDARD_IA: { label: "Infrequent access", leastBytes: 128 * kibibyte, leastDays: 30 },
  ONEZONE_IA: { label: "Infrequent access, one zone", leastBytes: 128 * kibibyte, leastDays: 30 },
  INTELLIGENT_TIERING: { label: "Intelligent tiering" },
  GLACIER_IR: { label: "Archive, read at once", leastBytes: 128 * kibibyte, leastDays: 90 },
  GLACIER: { label: "Archive, read after minutes to hours", leastDays: 90 },
  DEEP_ARCHIVE: { label: "Deep archive, read after hours", leastDays: 180 },
  REDUCED_REDUNDANCY: { label: "Reduced redundancy" },
};

/** Amazon's names, which other services have some of, at prices of their own. */
export const anybody: Classes = Object.fromEntries(
  Object.entries(amazon).map(([name, { label }]) => [name, { label }]),
);

/** https://developers.cloudflare.com/r2/buckets/storage-classes/ */
export const cloudflare: Classes = {
  ...standard,
  STANDARD_IA: { label: "Infrequent access", leastDays: 30 },
};

/** https://cloud.google.com/storage/docs/storage-classes */
export const google: Classes = {
  ...standard,
  NEARLINE: { label: "Nearline", leastDays: 30 },
  COLDLINE: { label: "Coldline", leastDays: 90 },
  ARCHIVE: { label: "Archive, read at once", leastDays: 365 },
};

/** https://www.alibabacloud.com/help/en/oss/user-guide/overview-53 */
export const aliyun: Classes = {
  ...standard,
  STANDARD_IA: { label: "Infrequent access", leastBytes: 64 * kibibyte, leastDays: 30 },
  GLACIER: { label: "Archive", leastBytes: 64 * kibibyte, leastDays: 60 },
};

/** https://www.tencentcloud.com/document/product/436/40099 */
export const tencent: Classes = {
  ...standard,
  STANDARD_IA: { label: "Infrequent access", leastBytes: 64 * kibibyte, leastDays: 30 },
  ARCHIVE: { label: "Archive", leastBytes: 64 * kibibyte, leastDays: 90 },
  DEEP_ARCHIVE: { label: "Deep archive", leastBytes: 64 * kibibyte, leastDays: 180 },
};

/** https://wasabi.com/pricing/faq: everything is kept in one way. */
export const wasabi: Classes = {
  STANDARD: { label: "Standard", leastBytes: 4 * kibibyte, leastDays: 90 },
};

export const synology: Classes = { STANDARD: { label: "Standard", leastBytes: 128_000 } };

/** The classes, each with its terms in its label. */
export function labelled(classes: Classes): Readonly<Record<string, StorageClass>> {
  return Object.fromEntries(
    Object.entries(classes).map(([name, { label, ...terms }]) => {
      const least = leastOf(terms);
      return [name, { label: least === "" ? label : `${label}: ${least} charged`, ...terms }];
    }),
  );
}

/** What everybody has to know who uploads without another word, if there is anything. */
export function usualTerms({ STANDARD: usual }: Classes = {}): string | undefined {
  if (usual?.leastBytes === undefined) return undefined;
  const though = usual.leastDays === undefined ? "smaller" : "smaller or deleted sooner";
  return `For every object ${leastOf(usual)} charged, even if it is ${though}. Backups are packed into larger ones; files copied one by one are not.`;
}

/** "at least 128 KB and 30 days are". */
function leastOf({ leastBytes, leastDays }: Omit<Terms, "label">): string {
  const bytes = leastBytes === undefined ? [] : [`${inThousands(leastBytes)} KB`];
  const days = leastDays === undefined ? [] : [`${leastDays} days`];
  const told = [...bytes, ...days].join(" and ");
  return told === "" ? "" : `at least ${told} are`;
}

/** Services mean the one or the other thousand. */
function inThousands(bytes: number): number {
  return bytes % kibibyte === 0 && bytes % 1000 !== 0 ? bytes / kibibyte : bytes / 1000;
}
