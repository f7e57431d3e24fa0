import { createCipheriv, randomBytes, type Cipher, type KeyObject } from "node:crypto";

/** What enciphers and authenticates one text; valid until the next is taken. */
export interface Strip {
  readonly nonce: Uint8Array;
  /** The authenticator's one-time key: the nonce, enciphered. */
  readonly onceKey: Uint8Array;
  readonly stream: Uint8Array;
}

const blockBytes = 16;
/** A strip is a whole number of these blocks: only their beginnings become nonces. */
const strideBytes = 8 * blockBytes;
/** As long as a strip can be, and short enough for the second-level cache. */
const lengthBytes = 64 * 1024;
const strides = lengthBytes / strideBytes;

/**
 * AES-256 in counter mode, made ahead for many small texts: a cipher of its own takes as long as
 * enciphering ten kilobytes. The counter where a text's strip begins is its nonce. Each length begins
 * at a random place of 112 bits and no part of it is used twice, so no nonce and no counter ever is.
 */
export class KeyStream {
  readonly #encryption: KeyObject;
  readonly #nonceCipher: Cipher;
  /** One for each stride. */
  readonly #nonces = new Uint8Array(strides * blockBytes);
  #onceKeys: Uint8Array = new Uint8Array(0);
  #stream: Uint8Array = new Uint8Array(0);
  #next = strides;

  /** `nonceCipher` turns nonces into one-time keys, block by block. */
  constructor(encryption: KeyObject, nonceCipher: Cipher) {
    this.#encryption = encryption;
    this.#nonceCipher = nonceCipher;
  }

  /** For a text of `bytes`, at most half of what is made at a time. */
  take(bytes: number): Strip {
    // An empty text needs a nonce, too.
    const wanted = Math.max(1, Math.ceil(bytes / strideBytes));
    if (this.#next + wanted > strides) this.#renew();
    const first = this.#next;
    this.#next += wanted;
    const at = first * blockBytes;
    return {
      nonce: this.#nonces.subarray(at, at + blockBytes),
      onceKey: this.#onceKeys.subarray(at, at + blockBytes),
      stream: this.#stream.subarray(first * strideBytes, first * strideBytes + bytes),
    };
  }

  #renew(): void {
    const nonces = this.#nonces;
    const place = randomBytes(blockBytes - 2);
    for (let i = 0; i < strides; i++) {
      const counter = (i * strideBytes) / blockBytes;
      nonces.set(place, i * blockBytes);
      nonces[i * blockBytes + 14] = counter >> 8;
      nonces[i * blockBytes + 15] = counter & 255;
    }
    this.#onceKeys = this.#nonceCipher.update(nonces);
    const cipher = createCipheriv("aes-256-ctr", this.#encryption, nonces.subarray(0, blockBytes));
    this.#stream = cipher.update(zeros);
    this.#next = 0;
  }
}

const zeros = new Uint8Array(lengthBytes);
