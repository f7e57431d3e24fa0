import { createHash, hash } from "node:crypto";
import { breather } from "./breath.ts";
import type { Body } from "./bytes.ts";

/** MD5 as storages tell it of an object: in hex. It finds what went wrong, not who is at fault. */
export class Md5 {
  readonly #hash = createHash("md5");

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** Of all that was added. Ends it. */
  hex(): string {
    return this.#hash.digest("hex");
  }
}

/** The MD5 of all that `body` yields, in hex. */
export async function md5Of(body: Body): Promise<string> {
  const md5 = new Md5();
  const breathe = breather();
  for await (const chunk of body) {
    md5.add(chunk);
    await breathe();
  }
  return md5.hex();
}

/** What is smaller is hashed in one go, which takes a fraction of the way through a stream. */
const atOnceBytes = 1024 * 1024;

/** The MD5 of all that the blob holds, in hex. */
export async function md5OfBlob(blob: Blob): Promise<string> {
  if (blob.size > atOnceBytes) return await md5Of(blob.stream());
  return md5OfBytes(await blob.bytes());
}

/** The MD5 of bytes that are few, in hex. */
export function md5OfBytes(bytes: Uint8Array): string {
  return hash("md5", bytes);
}

/**
 * What S3 calls an object that came in parts of so many bytes: the MD5 of their MD5s, and how many
 * they were.
 */
export async function md5OfParts(
  whole: Blob,
  partBytes: number,
  signal: AbortSignal,
): Promise<string> {
  const md5 = createHash("md5");
  let count = 0;
  for (let at = 0; at < whole.size; at += partBytes, count++) {
    signal.throwIfAborted();
    const part = whole.slice(at, Math.min(whole.size, at + partBytes));
    md5.update(Buffer.from(await md5OfBlob(part), "hex"));
  }
  return `${md5.digest("hex")}-${count}`;
}

/** A short name for `text`, the same each time; two texts share one as good as never. */
export function shortName(text: string): string {
  return hash("sha256", text, "base64url").slice(0, 16);
}
