// Numbers of 130 bits as six limbs of 22: products and their sums stay below 2^53.
const limbBits = 22;
const limb = 2 ** limbBits;
/** 2^132 modulo 2^130 - 5. */
const wrap = 20;

/**
 * Poly1305 in plain JavaScript: the tag of `message` under the one-time key (r, s), written to the
 * 16 bytes of `tag`. For hosts without WebAssembly; `kernels.as.ts` has the fast one.
 */
export function plainPoly1305(
  r: Uint8Array,
  s: Uint8Array,
  message: Uint8Array,
  tag: Uint8Array,
): void {
  const factor = limbs(clamped(r), 0);
  const state = new Float64Array(6);
  const block = new Uint8Array(17);
  for (let at = 0; at < message.length; at += 16) {
    const part = message.subarray(at, at + 16);
    block.fill(0);
    block.set(part);
    const number = limbs(block, part.length);
    for (let i = 0; i < 6; i++) state[i]! += number[i]!;
    multiply(state, factor);
  }
  const total = (value(state) % ((1n << 130n) - 5n)) + value(limbs(s, 0));
  for (let i = 0; i < 16; i++) tag[i] = Number((total >> BigInt(8 * i)) & 255n);
}

/** The format keeps r as it is; the bits that Poly1305 wants cleared are cleared here. */
function clamped(r: Uint8Array): Uint8Array {
  return r.map((byte, i) => {
    if (i % 4 === 3) return byte & 15;
    return i % 4 === 0 && i > 0 ? byte & 252 : byte;
  });
}

/** `bytes` as a little-endian number; `topByte` > 0 sets the bit just above that many bytes. */
function limbs(bytes: Uint8Array, topByte: number): Float64Array {
  const result = new Float64Array(6);
  for (let i = 0; i < 17; i++) {
    const byte = (bytes[i] ?? 0) | Number(topByte > 0 && i === topByte);
    const shifted = byte * 2 ** ((8 * i) % limbBits);
    const at = Math.floor((8 * i) / limbBits);
    result[at]! += shifted % limb;
    if (at < 5) result[at + 1]! += Math.floor(shifted / limb);
  }
  return result;
}

function multiply(state: Float64Array, factor: Float64Array): void {
  const product = new Float64Array(6);
  for (let i = 0; i < 6; i++)
    for (let j = 0; j < 6; j++) {
      const term = state[i]! * factor[j]!;
      if (i + j < 6) product[i + j]! += term;
      else product[i + j - 6]! += term * wrap;
    }
  let carry = 0;
  for (let i = 0; i < 6; i++) {
    const sum = product[i]! + carry;
    carry = Math.floor(sum / limb);
    state[i] = sum - carry * limb;
  }
  state[0]! += carry * wrap;
}

function value(state: Float64Array): bigint {
  return state.reduceRight((sum, part) => (sum << BigInt(limbBits)) + BigInt(part), 0n);
}
