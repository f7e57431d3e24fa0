/**
 * The inner loops that `node:crypto` does not have, in AssemblyScript: the cut search of restic's
 * content-defined chunker, the Poly1305 authenticator, and the sum of a text and a key stream. Built into `dist/kernels.wasm`
 * by `buildKernels.mjs`; loaded, and doubled in plain JavaScript, by `arithmetic.ts`, which also
 * knows the addresses below.
 */

/** `u64[256]`: what reduces a digest whose top byte has this value. */
const reduction: usize = 0;
/** `u64[256]`: what takes a byte out of the digest once it is 64 bytes old. */
const departure: usize = 2048;
/** r (16 bytes), s (16), then the finished tag (16). */
const macKey: usize = 4096;
/** Room for a last block that is shorter than 16 bytes. */
const lastBlock: usize = 4160;

/** Bytes of one lane of the cut search; two lanes hide each other's table look-ups. */
const lane: usize = 8192;

/** The digest of the 64 bytes before `position`. */
@inline
function digestBefore(position: usize): u64 {
  let digest: u64 = 0;
  for (let at = position - 64; at < position; at++) {
    digest =
      ((digest << 8) | (<u64>load<u8>(at))) ^ load<u64>(reduction + ((<usize>(digest >> 45)) << 3));
  }
  return digest;
}

/** The digest after the byte at `position` has come in and the one 64 bytes before it has left. */
@inline
function slide(digest: u64, position: usize): u64 {
  return (
    (digest << 8) ^
    load<u64>(departure + ((<usize>load<u8>(position - 64)) << 3)) ^
    (<u64>load<u8>(position)) ^
    load<u64>(reduction + ((<usize>(digest >> 45)) << 3))
  );
}

/**
 * The first position in `[from, to]` whose 64 bytes before it have a digest with no bit of `mask`
 * set, or 0. The caller sees to it that 64 bytes lie before `from`.
 */
export function findCut(from: usize, to: usize, mask: u64): usize {
  let position = from;
  while (position + 2 * lane <= to) {
    let first = digestBefore(position);
    let second = digestBefore(position + lane);
    let found: usize = 0;
    const end = position + lane;
    for (let at = position; at < end; at++) {
      if ((first & mask) == 0) return at;
      if ((second & mask) == 0 && found == 0) found = at + lane;
      first = slide(first, at);
      second = slide(second, at + lane);
    }
    if (found != 0) return found;
    position += 2 * lane;
  }
  let digest = digestBefore(position);
  while ((digest & mask) != 0) {
    if (position >= to) return 0;
    digest = slide(digest, position);
    position++;
  }
  return position;
}

/** Adds the `bytes` bytes at `other` to those at `at`, bit by bit; up to 15 bytes behind them change too. */
export function addBits(at: usize, other: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16)
    v128.store(at + i, v128.xor(v128.load(at + i), v128.load(other + i)));
}

// Poly1305: numbers of 130 bits in five limbs of 26, two blocks at a time in the lanes of a vector.
const limb: u64 = 0x3ffffff;
let h0: u64 = 0;
let h1: u64 = 0;
let h2: u64 = 0;
let h3: u64 = 0;
let h4: u64 = 0;

export function macStart(): void {
  h0 = h1 = h2 = h3 = h4 = 0;
}

/** Takes in `bytes` bytes: a multiple of 16, except in the message's last call. */
export function macUpdate(at: usize, bytes: usize): void {
  const low = load<u64>(macKey) & 0x0ffffffc0fffffff;
  const high = load<u64>(macKey, 8) & 0x0ffffffc0ffffffc;
  const r0 = low & limb;
  const r1 = (low >> 26) & limb;
  const r2 = ((low >> 52) | (high << 12)) & limb;
  const r3 = (high >> 14) & limb;
  const r4 = high >> 40;
  const q1 = r1 * 5;
  const q2 = r2 * 5;
  const q3 = r3 * 5;
  const q4 = r4 * 5;
  let d0: u64, d1: u64, d2: u64, d3: u64, d4: u64, carry: u64;

  if (bytes >= 128) {
    // The square of r, for the two lanes advance by two blocks at a time.
    d0 = r0 * r0 + 2 * (r1 * q4 + r2 * q3);
    d1 = 2 * (r0 * r1 + r2 * q4) + r3 * q3;
    d2 = 2 * (r0 * r2 + r3 * q4) + r1 * r1;
    d3 = 2 * (r0 * r3 + r1 * r2) + r4 * q4;
    d4 = 2 * (r0 * r4 + r1 * r3) + r2 * r2;
    carry = d0 >> 26;
    let e0 = d0 & limb;
    d1 += carry;
    carry = d1 >> 26;
    let e1 = d1 & limb;
    d2 += carry;
    carry = d2 >> 26;
    const e2 = d2 & limb;
    d3 += carry;
    carry = d3 >> 26;
    const e3 = d3 & limb;
    d4 += carry;
    carry = d4 >> 26;
    const e4 = d4 & limb;
    e0 += carry * 5;
    carry = e0 >> 26;
    e0 &= limb;
    e1 += carry;

    const R0 = i32x4.splat(<i32>e0);
    const R1 = i32x4.splat(<i32>e1);
    const R2 = i32x4.splat(<i32>e2);
    const R3 = i32x4.splat(<i32>e3);
    const R4 = i32x4.splat(<i32>e4);
    const S1 = i32x4.splat(<i32>(e1 * 5));
    const S2 = i32x4.splat(<i32>(e2 * 5));
    const S3 = i32x4.splat(<i32>(e3 * 5));
    const S4 = i32x4.splat(<i32>(e4 * 5));
    const limbs = i64x2.splat(<i64>limb);
    const topBit = i64x2.splat(1 << 24);
    // What came before belongs to the first lane.
    let a0 = i64x2.replace_lane(i64x2.splat(0), 0, <i64>h0);
    let a1 = i64x2.replace_lane(i64x2.splat(0), 0, <i64>h1);
    let a2 = i64x2.replace_lane(i64x2.splat(0), 0, <i64>h2);
    let a3 = i64x2.replace_lane(i64x2.splat(0), 0, <i64>h3);
    let a4 = i64x2.replace_lane(i64x2.splat(0), 0, <i64>h4);
    while (true) {
      const x = v128.load(at);
      const y = v128.load(at, 16);
      const lows = v128.shuffle<u64>(x, y, 0, 2);
      const highs = v128.shuffle<u64>(x, y, 1, 3);
      a0 = i64x2.add(a0, v128.and(lows, limbs));
      a1 = i64x2.add(a1, v128.and(i64x2.shr_u(lows, 26), limbs));
      a2 = i64x2.add(a2, v128.and(v128.or(i64x2.shr_u(lows, 52), i64x2.shl(highs, 12)), limbs));
      a3 = i64x2.add(a3, v128.and(i64x2.shr_u(highs, 14), limbs));
      a4 = i64x2.add(a4, v128.or(i64x2.shr_u(highs, 40), topBit));
      at += 32;
      bytes -= 32;
      // The last pair is multiplied by (r², r) below, which brings the lanes together.
      if (bytes < 32) break;
      const b0 = v128.shuffle<u32>(a0, a0, 0, 2, 0, 2);
      const b1 = v128.shuffle<u32>(a1, a1, 0, 2, 0, 2);
      const b2 = v128.shuffle<u32>(a2, a2, 0, 2, 0, 2);
      const b3 = v128.shuffle<u32>(a3, a3, 0, 2, 0, 2);
      const b4 = v128.shuffle<u32>(a4, a4, 0, 2, 0, 2);
      let p0 = sum(times(b0, R0), times(b1, S4), times(b2, S3), times(b3, S2), times(b4, S1));
      let p1 = sum(times(b0, R1), times(b1, R0), times(b2, S4), times(b3, S3), times(b4, S2));
      let p2 = sum(times(b0, R2), times(b1, R1), times(b2, R0), times(b3, S4), times(b4, S3));
      let p3 = sum(times(b0, R3), times(b1, R2), times(b2, R1), times(b3, R0), times(b4, S4));
      let p4 = sum(times(b0, R4), times(b1, R3), times(b2, R2), times(b3, R1), times(b4, R0));
      // Two interleaved chains of carries.
      p1 = i64x2.add(p1, i64x2.shr_u(p0, 26));
      a0 = v128.and(p0, limbs);
      p4 = i64x2.add(p4, i64x2.shr_u(p3, 26));
      a3 = v128.and(p3, limbs);
      p2 = i64x2.add(p2, i64x2.shr_u(p1, 26));
      a1 = v128.and(p1, limbs);
      const top = i64x2.shr_u(p4, 26);
      a4 = v128.and(p4, limbs);
      a0 = i64x2.add(a0, i64x2.add(top, i64x2.shl(top, 2)));
      a3 = i64x2.add(a3, i64x2.shr_u(p2, 26));
      a2 = v128.and(p2, limbs);
      a1 = i64x2.add(a1, i64x2.shr_u(a0, 26));
      a0 = v128.and(a0, limbs);
      a4 = i64x2.add(a4, i64x2.shr_u(a3, 26));
      a3 = v128.and(a3, limbs);
    }
    const u0 = <u64>i64x2.extract_lane(a0, 0);
    const u1 = <u64>i64x2.extract_lane(a1, 0);
    const u2 = <u64>i64x2.extract_lane(a2, 0);
    const u3 = <u64>i64x2.extract_lane(a3, 0);
    const u4 = <u64>i64x2.extract_lane(a4, 0);
    const w0 = <u64>i64x2.extract_lane(a0, 1);
    const w1 = <u64>i64x2.extract_lane(a1, 1);
    const w2 = <u64>i64x2.extract_lane(a2, 1);
    const w3 = <u64>i64x2.extract_lane(a3, 1);
    const w4 = <u64>i64x2.extract_lane(a4, 1);
    const f1 = e1 * 5;
    const f2 = e2 * 5;
    const f3 = e3 * 5;
    const f4 = e4 * 5;
    d0 = u0 * e0 + u1 * f4 + u2 * f3 + u3 * f2 + u4 * f1 + w0 * r0 + w1 * q4 + w2 * q3 + w3 * q2 + w4 * q1;
    d1 = u0 * e1 + u1 * e0 + u2 * f4 + u3 * f3 + u4 * f2 + w0 * r1 + w1 * r0 + w2 * q4 + w3 * q3 + w4 * q2;
    d2 = u0 * e2 + u1 * e1 + u2 * e0 + u3 * f4 + u4 * f3 + w0 * r2 + w1 * r1 + w2 * r0 + w3 * q4 + w4 * q3;
    d3 = u0 * e3 + u1 * e2 + u2 * e1 + u3 * e0 + u4 * f4 + w0 * r3 + w1 * r2 + w2 * r1 + w3 * r0 + w4 * q4;
    d4 = u0 * e4 + u1 * e3 + u2 * e2 + u3 * e1 + u4 * e0 + w0 * r4 + w1 * r3 + w2 * r2 + w3 * r1 + w4 * r0;
    settle(d0, d1, d2, d3, d4);
  }

  let topBitOne: u64 = 1 << 24;
  while (bytes > 0) {
    let block = at;
    if (bytes < 16) {
      block = lastBlock;
      store<u64>(lastBlock, 0);
      store<u64>(lastBlock, 0, 8);
      memory.copy(lastBlock, at, bytes);
      store<u8>(lastBlock + bytes, 1);
      topBitOne = 0;
      bytes = 16;
    }
    const lows = load<u64>(block);
    const highs = load<u64>(block, 8);
    h0 += lows & limb;
    h1 += (lows >> 26) & limb;
    h2 += ((lows >> 52) | (highs << 12)) & limb;
    h3 += (highs >> 14) & limb;
    h4 += (highs >> 40) | topBitOne;
    settle(
      h0 * r0 + h1 * q4 + h2 * q3 + h3 * q2 + h4 * q1,
      h0 * r1 + h1 * r0 + h2 * q4 + h3 * q3 + h4 * q2,
      h0 * r2 + h1 * r1 + h2 * r0 + h3 * q4 + h4 * q3,
      h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * q4,
      h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0,
    );
    at += 16;
    bytes -= 16;
  }
}

/** Reduces fully, adds s, and leaves the tag behind the key. */
export function macFinish(): void {
  let carry = h1 >> 26;
  h1 &= limb;
  h2 += carry;
  carry = h2 >> 26;
  h2 &= limb;
  h3 += carry;
  carry = h3 >> 26;
  h3 &= limb;
  h4 += carry;
  carry = h4 >> 26;
  h4 &= limb;
  h0 += carry * 5;
  carry = h0 >> 26;
  h0 &= limb;
  h1 += carry;

  let g0 = h0 + 5;
  carry = g0 >> 26;
  g0 &= limb;
  let g1 = h1 + carry;
  carry = g1 >> 26;
  g1 &= limb;
  let g2 = h2 + carry;
  carry = g2 >> 26;
  g2 &= limb;
  let g3 = h3 + carry;
  carry = g3 >> 26;
  g3 &= limb;
  const g4 = h4 + carry;
  if (g4 >> 26) {
    h0 = g0;
    h1 = g1;
    h2 = g2;
    h3 = g3;
    h4 = g4 & limb;
  }
  const lows = h0 | (h1 << 26) | (h2 << 52);
  const highs = (h2 >> 12) | (h3 << 14) | (h4 << 40);
  const tag = lows + load<u64>(macKey, 16);
  store<u64>(macKey, tag, 32);
  store<u64>(macKey, highs + load<u64>(macKey, 24) + (tag < lows ? 1 : 0), 40);
}

/** Makes five wide products the new limbs. */
@inline
function settle(d0: u64, d1: u64, d2: u64, d3: u64, d4: u64): void {
  let carry = d0 >> 26;
  h0 = d0 & limb;
  d1 += carry;
  carry = d1 >> 26;
  h1 = d1 & limb;
  d2 += carry;
  carry = d2 >> 26;
  h2 = d2 & limb;
  d3 += carry;
  carry = d3 >> 26;
  h3 = d3 & limb;
  d4 += carry;
  carry = d4 >> 26;
  h4 = d4 & limb;
  h0 += carry * 5;
  carry = h0 >> 26;
  h0 &= limb;
  h1 += carry;
}

@inline
function times(a: v128, b: v128): v128 {
  return v128.extmul_low<u32>(a, b);
}

@inline
function sum(a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  return i64x2.add(i64x2.add(i64x2.add(a, b), i64x2.add(c, d)), e);
}
