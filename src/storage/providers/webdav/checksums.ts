/** Checksums that ownCloud and its kin keep with files: `SHA1:… MD5:… ADLER32:…`. */
import { createHash, type Hash } from "node:crypto";
import { breather } from "../../../base/breath.ts";
import type { Body } from "../../../base/bytes.ts";
import { StorageError } from "../../errors.ts";

/** Strongest first. */
const known = ["SHA256", "SHA1", "MD5"] as const;

interface Checksum {
  readonly algorithm: string;
  readonly value: string;
}

/** The strongest checksum that we can check, of those the server tells. */
export function checksumOf(header: string | null): Checksum | undefined {
  const told = new Map(
    (header ?? "").split(/[\s,]+/).map((one) => {
      const [algorithm = "", value = ""] = one.split(":");
      return [algorithm.toUpperCase(), value.toLowerCase()] as const;
    }),
  );
  for (const algorithm of known) {
    const value = told.get(algorithm);
    if (value !== undefined && /^[0-9a-f]+$/.test(value)) return { algorithm, value };
  }
  return undefined;
}

/** The whole file, which ends with `corrupt` if it is not what the server has kept. */
export async function* verified(body: Body, { algorithm, value }: Checksum): Body {
  const hash = createHash(algorithm.toLowerCase());
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest("hex") !== value)
    throw new StorageError("corrupt", `its ${algorithm} is another than the server's`);
}

const hashedAtOnceBytes = 1024 * 1024;

/** What the server is told, so that it can refuse what arrives damaged. */
export async function checksumHeader(body: Blob, signal: AbortSignal): Promise<string> {
  const hash: Hash = createHash("sha1");
  // What is in memory comes in one piece, however large it is.
  const breathe = breather();
  for await (const chunk of body.stream())
    for (let at = 0; at < chunk.length; at += hashedAtOnceBytes) {
      signal.throwIfAborted();
      hash.update(chunk.subarray(at, at + hashedAtOnceBytes));
      await breathe();
    }
  return `SHA1:${hash.digest("hex")}`;
}
