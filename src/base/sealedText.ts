/**
 * A text sealed under a passphrase, as JSON that can be kept in a file: scrypt makes the key,
 * AES-256-GCM encrypts and authenticates.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from "node:crypto";
import { isObject, jsonObject } from "./json.ts";

export type SealedTextProblem = "wrong-passphrase" | "not-sealed" | "too-new" | "damaged";

export class SealedTextError extends Error {
  override readonly name = "SealedTextError";
  readonly kind: SealedTextProblem;

  constructor(kind: SealedTextProblem) {
    super(kind);
    this.kind = kind;
  }
}

/** What stands before the sealed bytes. All of it is authenticated with them. */
interface Envelope {
  /** What kind of file it is. */
  readonly format: string;
  readonly version: 1;
  readonly scrypt: Costs & { readonly salt: string };
  /** Tells a wrong passphrase from a damaged file, and nothing more. */
  readonly check: string;
  readonly nonce: string;
}

interface Costs {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** About a third of a second and 128 MiB for each guess. */
const usualN = 2 ** 17;

/**
 * Seals `text`; `format` names the kind of file. Two seals of one text have nothing in common.
 * `N` is scrypt's cost, a power of two; tests are content with less.
 */
export async function sealText(
  text: string,
  passphrase: string,
  format: string,
  N = usualN,
): Promise<string> {
  const salt = randomBytes(32);
  const costs: Costs = { N, r: 8, p: 1 };
  const { key, checkKey } = await keysOf(passphrase, salt, costs);
  const nonce = randomBytes(nonceBytes);
  const envelope: Envelope = {
    format,
    version: 1,
    scrypt: { ...costs, salt: salt.toString("base64") },
    check: checkOf(checkKey, salt).toString("base64"),
    nonce: nonce.toString("base64"),
  };
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(authenticated(envelope));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${JSON.stringify({ ...envelope, sealed: sealed.toString("base64") }, undefined, 2)}\n`;
}

/** Fails with `SealedTextError` if `file` cannot be opened, whatever the passphrase. */
export function checkSealed(file: string, format: string): void {
  parsed(file, format);
}

/** Opens what `sealText` has made. Fails with `SealedTextError`. */
export async function openText(file: string, passphrase: string, format: string): Promise<string> {
  const { envelope, sealed } = parsed(file, format);
  const salt = Buffer.from(envelope.scrypt.salt, "base64");
  const { key, checkKey } = await keysOf(passphrase, salt, envelope.scrypt);
  const check = Buffer.from(envelope.check, "base64");
  const wanted = checkOf(checkKey, salt);
  if (check.length !== wanted.length || !timingSafeEqual(check, wanted))
    throw new SealedTextError("wrong-passphrase");
  const nonce = Buffer.from(envelope.nonce, "base64");
  if (nonce.length !== nonceBytes || sealed.length < tagBytes) throw new SealedTextError("damaged");
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes })
    .setAAD(authenticated(envelope))
    .setAuthTag(sealed.subarray(-tagBytes));
  try {
    const text = Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]);
    return text.toString("utf8");
  } catch {
    throw new SealedTextError("damaged");
  }
}

const nonceBytes = 12;
const tagBytes = 16;

function authenticated({ format, version, scrypt: { N, r, p, salt }, check, nonce }: Envelope) {
  return Buffer.from(JSON.stringify([format, version, N, r, p, salt, check, nonce]));
}

/** One derivation gives two keys, so that what is checked says nothing about what encrypts. */
async function keysOf(passphrase: string, salt: Uint8Array, { N, r, p }: Costs) {
  const options = { N, r, p, maxmem: 2 * mostMemory };
  const derived = await new Promise<Buffer>((resolve, reject) => {
    scrypt(passphrase.normalize("NFKC"), salt, 64, options, (error, bytes) =>
      error ? reject(error) : resolve(bytes),
    );
  });
  return { key: derived.subarray(0, 32), checkKey: derived.subarray(32) };
}

function checkOf(checkKey: Uint8Array, salt: Uint8Array): Buffer {
  return createHmac("sha256", checkKey).update(salt).digest().subarray(0, 16);
}

/** A file from elsewhere may ask for no more memory or time than ours do, times two. */
const mostMemory = 256 * 1024 * 1024;

function parsed(file: string, format: string): { readonly envelope: Envelope; sealed: Buffer } {
  const object = jsonObject(file);
  if (!object || object["format"] !== format) throw new SealedTextError("not-sealed");
  if (object["version"] !== 1) throw new SealedTextError("too-new");
  const { check, nonce, sealed } = object;
  const salted = saltedCosts(object["scrypt"]);
  if (!salted || typeof check !== "string" || typeof nonce !== "string")
    throw new SealedTextError("damaged");
  if (typeof sealed !== "string") throw new SealedTextError("damaged");
  return {
    envelope: { format, version: 1, scrypt: salted, check, nonce },
    sealed: Buffer.from(sealed, "base64"),
  };
}

function saltedCosts(value: unknown): Envelope["scrypt"] | undefined {
  if (!isObject(value)) return undefined;
  const { N, r, p, salt } = value;
  if (typeof salt !== "string" || !isCost(N) || !isCost(r) || !isCost(p)) return undefined;
  const isPower = N > 1 && Number.isInteger(Math.log2(N));
  return isPower && 128 * N * r <= mostMemory && p <= 2 ? { N, r, p, salt } : undefined;
}

function isCost(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0;
}
