const idWords = 8;
/** An entry: the number of the next entry in its chain, then the id. */
const entryWords = idWords + 1;
const heads = 1 << 17;
const firstEntries = 1 << 12;
/** Address space, not memory: a shared buffer takes pages as it grows. */
const mostEntries = 1 << 24;

/** The parts of an `IdSet`, for another thread to join in. */
export interface IdSetMemory {
  readonly heads: SharedArrayBuffer;
  readonly entries: SharedArrayBuffer;
}

/**
 * The ids of the blobs that a backup has stored so far, shared by its threads without locks: of all
 * that come with the same id, exactly one is told that it is new. Chains rather than open
 * addressing, so that it grows without moving what others are reading.
 */
export class IdSet {
  readonly memory: IdSetMemory;
  readonly #heads: Int32Array;
  readonly #entries: Int32Array;
  readonly #scratch = new Int32Array(idWords);
  readonly #scratchBytes = new Uint8Array(this.#scratch.buffer);

  constructor(memory: IdSetMemory = newMemory()) {
    this.memory = memory;
    this.#heads = new Int32Array(memory.heads);
    // Without a length, so that the view follows the buffer's growth.
    this.#entries = new Int32Array(memory.entries);
  }

  /** Adds `id` (32 bytes). True for the one caller that brought it first. */
  add(id: Uint8Array): boolean {
    this.#scratchBytes.set(id);
    const slot = this.#scratch[0]! & (heads - 1);
    let first = Atomics.load(this.#heads, slot);
    if (this.#isInChain(first, 0)) return false;
    const entry = this.#newEntry();
    for (;;) {
      this.#entries[entry * entryWords] = first;
      const seen = Atomics.compareExchange(this.#heads, slot, first, entry);
      if (seen === first) return true;
      // Someone was faster: what they put before `first` may be the same id.
      if (this.#isInChain(seen, first)) return false;
      first = seen;
    }
  }

  #isInChain(from: number, end: number): boolean {
    for (let entry = from; entry !== end; entry = this.#entries[entry * entryWords]!)
      if (this.#isScratch(entry)) return true;
    return false;
  }

  #isScratch(entry: number): boolean {
    const at = entry * entryWords + 1;
    for (let i = 0; i < idWords; i++) if (this.#entries[at + i] !== this.#scratch[i]) return false;
    return true;
  }

  /** Entry 0 holds the count of entries: the end of a chain is 0 too. */
  #newEntry(): number {
    const entry = Atomics.add(this.#entries, 0, 1) + 1;
    if (entry >= mostEntries) throw new RangeError("too many new blobs in one backup");
    const wanted = (entry + 1) * entryWords * 4;
    const { entries } = this.memory;
    if (wanted > entries.byteLength) this.#grow(wanted);
    this.#entries.set(this.#scratch, entry * entryWords + 1);
    return entry;
  }

  #grow(wanted: number): void {
    const { entries } = this.memory;
    const target = Math.min(entries.maxByteLength, Math.max(wanted, entries.byteLength * 2));
    try {
      entries.grow(target);
    } catch (error) {
      // Another thread grew it further in the meantime.
      if (entries.byteLength < wanted) throw error;
    }
  }
}

function newMemory(): IdSetMemory {
  const entryBytes = entryWords * 4;
  return {
    heads: new SharedArrayBuffer(heads * 4),
    entries: new SharedArrayBuffer(firstEntries * entryBytes, {
      maxByteLength: mostEntries * entryBytes,
    }),
  };
}
