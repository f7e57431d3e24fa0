import { createCipheriv } from "node:crypto";

/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** A whole number from 0 up to but not including `limit`. */
  below(limit: number): number;
  bytes(length: number): Uint8Array<ArrayBuffer>;
}

/** SplitMix: small, fast and good enough to choose what to break. */
export function randomFrom(seed: number): Random {
  let state = BigInt(seed);
  const next = () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let mixed = state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return mixed ^ (mixed >> 31n);
  };
  const below = (limit: number) => Number(next() % BigInt(limit));
  return {
    below,
    bytes: (length) => {
      const key = Buffer.alloc(16);
      key.writeBigUInt64LE(next());
      return new Uint8Array(createCipheriv("aes-128-ctr", key, key).update(new Uint8Array(length)));
    },
  };
}
