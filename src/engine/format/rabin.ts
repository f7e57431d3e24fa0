import { degree, modulo } from "./polynomial.ts";

/** What a polynomial's arithmetic looks up: 256 entries each, indexed by a byte. */
export interface CutTables {
  /** What reduces a digest whose top byte has this value. */
  readonly reduction: BigUint64Array;
  /** What takes a byte out of the digest once it is 64 bytes old. */
  readonly departure: BigUint64Array;
}

const windowBytes = 64;

/** The tables of a polynomial of degree 53. */
export function cutTables(polynomial: bigint): CutTables {
  const shift = BigInt(degree(polynomial));
  return {
    reduction: linearTable((bit) => modulo(bit << shift, polynomial) | (bit << shift)),
    // One step further than the byte's own weight: so the look-up need not wait for the shift.
    departure: linearTable((bit) => {
      let weight = bit;
      for (let i = 0; i < windowBytes; i++) weight = modulo(weight << 8n, polynomial);
      return weight;
    }),
  };
}

/** The values for all bytes, from those for single bits: over GF(2) they add up. */
function linearTable(valueOfBit: (bit: bigint) => bigint): BigUint64Array {
  const table = new BigUint64Array(256);
  for (let bit = 0; bit < 8; bit++) {
    const value = valueOfBit(1n << BigInt(bit));
    for (let byte = 0; byte < 256; byte++) if (byte & (1 << bit)) table[byte]! ^= value;
  }
  return table;
}

/**
 * The first position in `[from, to]` of `bytes` whose 64 bytes before it have a digest with no bit
 * of `mask` set, or -1. In plain JavaScript, on digests in two halves of 32 bits.
 */
export function findCutPlainly(
  bytes: Uint8Array,
  from: number,
  to: number,
  mask: number,
  tables: CutTables,
): number {
  const reduction = halves(tables.reduction);
  const departure = halves(tables.departure);
  let high = 0;
  let low = 0;
  for (let at = from - windowBytes; at < from; at++) {
    const top = high >>> 13;
    high = ((high << 8) | (low >>> 24)) ^ reduction.high[top]!;
    low = ((low << 8) | bytes[at]!) ^ reduction.low[top]!;
  }
  for (let at = from; ; at++) {
    if ((low & mask) === 0) return at;
    if (at >= to) return -1;
    const top = high >>> 13;
    const old = bytes[at - windowBytes]!;
    high = ((high << 8) | (low >>> 24)) ^ reduction.high[top]! ^ departure.high[old]!;
    low = ((low << 8) | bytes[at]!) ^ reduction.low[top]! ^ departure.low[old]!;
  }
}

function halves(table: BigUint64Array): { readonly high: Int32Array; readonly low: Int32Array } {
  return {
    high: Int32Array.from(table, (entry) => Number(BigInt.asIntN(32, entry >> 32n))),
    low: Int32Array.from(table, (entry) => Number(BigInt.asIntN(32, entry))),
  };
}
