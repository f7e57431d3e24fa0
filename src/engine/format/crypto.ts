import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  randomBytes,
  timingSafeEqual,
  type Cipher,
  type KeyObject,
} from "node:crypto";
import { release, type Bytes } from "../../base/bytes.ts";
import { plainArithmetic, streamBytes, type Arithmetic } from "./arithmetic.ts";
import { RepositoryError } from "../errors.ts";
import { KeyStream } from "./keyStream.ts";

/** What sealing adds to a text: 16 bytes of nonce before it, 16 of authenticator after it. */
export const sealBytes = 32;

const nonceBytes = 16;

/**
 * The 64 bytes that seal everything in a repository: AES-256 in counter mode, authenticated with
 * Poly1305 over the sealed text, whose one-time key is AES-128 of the nonce.
 */
export class Key {
  /** Encryption key (32), then k (16) and r (16) of the authenticator. */
  readonly bytes: Bytes;
  readonly #arithmetic: Arithmetic;
  // Node takes 17 microseconds to make a cipher from key bytes, and 4 from a key object.
  readonly #encryption: KeyObject;
  readonly #r: Bytes;
  readonly #nonceCipher: Cipher;
  readonly #stream: KeyStream;

  private constructor(bytes: Uint8Array, arithmetic: Arithmetic) {
    this.bytes = new Uint8Array(bytes);
    this.#arithmetic = arithmetic;
    this.#encryption = createSecretKey(this.bytes.subarray(0, 32));
    const k = createSecretKey(this.bytes.subarray(32, 48));
    this.#r = this.bytes.slice(48, 64);
    // One block at a time without chaining: a single cipher serves for ever.
    this.#nonceCipher = createCipheriv("aes-128-ecb", k, null).setAutoPadding(false);
    this.#stream = new KeyStream(this.#encryption, this.#nonceCipher);
  }

  /** A key of 64 bytes. Without `arithmetic` it works in plain JavaScript: fine for small texts. */
  static fromBytes(bytes: Uint8Array, arithmetic: Arithmetic = plainArithmetic()): Key {
    if (bytes.length !== 64) throw new RangeError("a key has 64 bytes");
    return new Key(bytes, arithmetic);
  }

  static random(arithmetic?: Arithmetic): Key {
    return Key.fromBytes(randomBytes(64), arithmetic);
  }

  /** `plain`, sealed. */
  seal(plain: Uint8Array): Bytes {
    const sealed = new Uint8Array(plain.length + sealBytes);
    this.sealInto(plain, sealed, 0);
    return sealed;
  }

  /** Seals `plain` into `target` from `at` on, where it takes `sealBytes` more than it has. */
  sealInto(plain: Uint8Array, target: Uint8Array, at: number): void {
    const text = target.subarray(at + nonceBytes, at + plain.length + sealBytes);
    if (plain.length <= streamBytes) {
      const { nonce, onceKey, stream } = this.#stream.take(plain.length);
      target.set(nonce, at);
      this.#arithmetic.encipher(plain, stream, this.#r, onceKey, text);
      return;
    }
    const nonce = randomBytes(nonceBytes);
    target.set(nonce, at);
    const enciphered = createCipheriv("aes-256-ctr", this.#encryption, nonce).update(plain);
    text.set(enciphered);
    release(enciphered);
    const [sealed, tag] = [text.subarray(0, plain.length), text.subarray(plain.length)];
    this.#arithmetic.poly1305(this.#r, this.#nonceCipher.update(nonce), sealed, tag);
  }

  /** What was sealed. Fails with `damaged` if `sealed` is not what this key once made. */
  open(sealed: Uint8Array): Bytes {
    const plain = this.tryOpen(sealed);
    if (!plain) throw new RepositoryError("damaged", "sealed bytes do not verify");
    return plain;
  }

  /** What was sealed, or undefined if `sealed` is not what this key once made. */
  tryOpen(sealed: Uint8Array): Bytes | undefined {
    if (sealed.length < sealBytes) return undefined;
    const nonce = sealed.subarray(0, nonceBytes);
    // The format forbids the nonce that a forgotten initialisation would give.
    if (nonce.every((byte) => byte === 0)) return undefined;
    const text = sealed.subarray(nonceBytes, -16);
    const tag = new Uint8Array(16);
    this.#arithmetic.poly1305(this.#r, this.#nonceCipher.update(nonce), text, tag);
    if (!timingSafeEqual(tag, sealed.subarray(-16))) return undefined;
    return createDecipheriv("aes-256-ctr", this.#encryption, nonce).update(text);
  }
}

/** SHA-256: the name of everything in a repository. */
export function sha256(bytes: Uint8Array): Buffer {
  return hash("sha256", bytes, "buffer");
}

/** SHA-256 as 64 lower-case hex digits. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash("sha256", bytes, "hex");
}
