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
      const bytes = new Uint8Array(Math.ceil(length / 8) * 8);
      const words = new BigUint64Array(bytes.buffer);
      for (let i = 0; i < words.length; i++) words[i] = next();
      return bytes.slice(0, length);
    },
  };
}
