/** What is wrong with the name of a bucket, by S3's rules; the words are the UI's. */
export type BucketNameProblem = "length" | "characters" | "ends" | "dots" | "address" | "reserved";

const prefixes = ["xn--", "sthree-", "amzn-s3-demo-"];
const suffixes = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html. Others allow more,
 * but a name within these rules works everywhere, and in every address.
 */
export function bucketNameProblem(name: string): BucketNameProblem | undefined {
  if (name.length < 3 || name.length > 63) return "length";
  if (!/^[a-z0-9.-]+$/.test(name)) return "characters";
  if (!/^[a-z0-9].*[a-z0-9]$/.test(name)) return "ends";
  if (/\.\.|\.-|-\./.test(name)) return "dots";
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return "address";
  const isReserved =
    prefixes.some((prefix) => name.startsWith(prefix)) ||
    suffixes.some((suffix) => name.endsWith(suffix));
  return isReserved ? "reserved" : undefined;
}
