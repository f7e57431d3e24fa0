import { randomBytes } from "node:crypto";
import { breather } from "../../base/breath.ts";

// Polynomials over GF(2) as the chunker uses them: bit i of the number is the coefficient of x^i.

/** The degree the format asks for. */
export const chunkerDegree = 53;

/** The highest power with a coefficient; -1 of the zero polynomial. */
export function degree(polynomial: bigint): number {
  if (polynomial === 0n) return -1;
  const digits = polynomial.toString(16);
  return digits.length * 4 + 27 - Math.clz32(Number.parseInt(digits[0]!, 16));
}

/** The remainder of `value` divided by `divisor`. */
export function modulo(value: bigint, divisor: bigint): bigint {
  const bound = degree(divisor);
  let rest = value;
  for (let excess = degree(rest) - bound; excess >= 0; excess = degree(rest) - bound)
    rest ^= divisor << BigInt(excess);
  return rest;
}

/** A random polynomial to cut files by. Kept secret in the config, so that sizes give nothing away. */
export async function randomPolynomial(): Promise<bigint> {
  const breathe = breather();
  // One in some thirty will do.
  for (;;) {
    await breathe();
    const random = randomBytes(8).readBigUInt64LE();
    const candidate = (random & ((1n << 54n) - 1n)) | (1n << 53n) | 1n;
    if (isIrreducible(candidate)) return candidate;
  }
}

/** Ben-Or's test: f of degree d is irreducible if it shares no factor with x^(2^i) - x for i up to d / 2. */
export function isIrreducible(polynomial: bigint): boolean {
  let power = 2n; // x
  for (let i = 1; i <= degree(polynomial) / 2; i++) {
    power = squareModulo(power, polynomial);
    if (commonDivisor(power ^ 2n, polynomial) !== 1n) return false;
  }
  return degree(polynomial) > 0;
}

function squareModulo(value: bigint, divisor: bigint): bigint {
  // Squaring over GF(2) spreads the bits: the coefficient of x^i goes to x^2i.
  const spread = BigInt(`0b${value.toString(2).split("").join("0")}`);
  return modulo(spread, divisor);
}

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, modulo(a, b));
}
