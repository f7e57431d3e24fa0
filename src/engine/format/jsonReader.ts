/**
 * Reads JSON text byte by byte without making objects of it. A large index is a hundred megabytes of
 * text: `JSON.parse` takes seconds and a multiple of that in memory. Throws `SyntaxError` on what is
 * not JSON, or nested deeper than any honest file.
 */
export class JsonReader {
  readonly #bytes: Buffer;
  readonly #words: { readonly bytes: Uint8Array; readonly text: string }[] = [];
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Reads an object; `member` must consume the value of each name it is given. */
  object(member: (name: string) => void): void {
    this.#sequence(openBrace, closeBrace, () => {
      const name = this.string();
      this.#expect(colon);
      member(name);
    });
  }

  /** Reads an array; `element` must consume one value each time. Null counts as empty, as Go writes it. */
  array(element: () => void): void {
    if (this.#peek() === letterN) this.#literal("null");
    else this.#sequence(openBracket, closeBracket, element);
  }

  /** The same for a caller that pauses: stops before each name, whose value must be consumed meanwhile. */
  *members(): Generator<string, void, void> {
    if (this.#isEmpty(openBrace, closeBrace)) return;
    do {
      const name = this.string();
      this.#expect(colon);
      yield name;
    } while (this.#goesOn(closeBrace));
  }

  /** Likewise stops before each element. */
  *elements(): Generator<void, void, void> {
    if (this.#peek() === letterN) this.#literal("null");
    else if (!this.#isEmpty(openBracket, closeBracket)) {
      do yield;
      while (this.#goesOn(closeBracket));
    }
  }

  /** Reads a string as it is written: escapes are kept, since no name or value of interest has any. */
  string(): string {
    const start = this.#skipString();
    const end = this.#at - 1;
    // The same few words stand in every row: making them anew would take half the time.
    for (const { bytes, text } of this.#words) if (this.#isAt(start, end, bytes)) return text;
    const text = this.#bytes.toString("latin1", start, end);
    if (this.#words.length < maxWords && end - start <= maxWordBytes)
      this.#words.push({ bytes: this.#bytes.subarray(start, end), text });
    return text;
  }

  #isAt(start: number, end: number, word: Uint8Array): boolean {
    if (end - start !== word.length) return false;
    for (let i = 0; i < word.length; i++) if (this.#bytes[start + i] !== word[i]) return false;
    return true;
  }

  /** Reads 64 hex digits as 8 words into `target`. */
  id(target: Uint32Array, at: number): void {
    const start = this.#skipString();
    if (this.#at - 1 - start !== 64) this.#fail("no id");
    for (let word = 0; word < 8; word++) {
      // The order of bytes that a word has in memory on every machine Node runs on.
      let value = 0;
      for (let byte = 3; byte >= 0; byte--)
        value = (value << 8) | this.#hexByte(start + word * 8 + byte * 2);
      target[at + word] = value;
    }
  }

  /** Reads a number from 0 to 2^32 - 1. */
  word(): number {
    this.#peek();
    const start = this.#at;
    let value = 0;
    for (; ; this.#at++) {
      const digit = (this.#bytes[this.#at] ?? 0) - digitZero;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      if (value > 0xffffffff) this.#fail("number too large");
    }
    if (this.#at === start) this.#fail("no number");
    return value;
  }

  /** Passes over one value of any kind. */
  skip(depth = 0): void {
    if (depth > 64) this.#fail("nested too deep");
    const first = this.#peek();
    if (first === openBrace) this.object(() => this.skip(depth + 1));
    else if (first === openBracket) this.array(() => this.skip(depth + 1));
    else if (first === quote) this.#skipString();
    else if (first === letterN) this.#literal("null");
    else if (first === letterT) this.#literal("true");
    else if (first === letterF) this.#literal("false");
    else this.#skipNumber();
  }

  /** Passes over one value of any kind, and returns its text. */
  value(): Uint8Array {
    this.#peek();
    const start = this.#at;
    this.skip();
    return this.#bytes.subarray(start, this.#at);
  }

  /** Fails unless only white space is left. */
  end(): void {
    if (this.#peek() !== undefined) this.#fail("something after the end");
  }

  #sequence(open: number, close: number, element: () => void): void {
    if (this.#isEmpty(open, close)) return;
    do element();
    while (this.#goesOn(close));
  }

  /** Consumes what opens a sequence, and if nothing is in it what closes it. */
  #isEmpty(open: number, close: number): boolean {
    this.#expect(open);
    if (this.#peek() !== close) return false;
    this.#at++;
    return true;
  }

  /** Consumes the comma before another element, or what closes the sequence. */
  #goesOn(close: number): boolean {
    const next = this.#peek();
    this.#at++;
    if (next !== close && next !== comma) this.#fail("no comma");
    return next === comma;
  }

  /** Returns where the string's text starts; the reader then stands behind its closing quote. */
  #skipString(): number {
    this.#expect(quote);
    const start = this.#at;
    for (let byte = this.#bytes[this.#at]; byte !== quote; byte = this.#bytes[this.#at]) {
      if (byte === undefined) this.#fail("no end of string");
      this.#at += byte === backslash ? 2 : 1;
    }
    this.#at++;
    return start;
  }

  #skipNumber(): void {
    const start = this.#at;
    while (numberBytes.has(this.#bytes[this.#at] ?? 0)) this.#at++;
    if (this.#at === start) this.#fail("no value");
  }

  #literal(word: string): void {
    const end = this.#at + word.length;
    if (this.#bytes.toString("latin1", this.#at, end) !== word) this.#fail("no value");
    this.#at += word.length;
  }

  #hexByte(at: number): number {
    const high = hexValues[this.#bytes[at]!]!;
    const low = hexValues[this.#bytes[at + 1]!]!;
    if ((high | low) > 15) this.#fail("no id");
    return (high << 4) | low;
  }

  #expect(byte: number): void {
    if (this.#peek() !== byte) this.#fail(`no ${String.fromCharCode(byte)}`);
    this.#at++;
  }

  /** The next byte that is no white space, not consumed. */
  #peek(): number | undefined {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) return byte;
      this.#at++;
    }
  }

  #fail(what: string): never {
    throw new SyntaxError(`${what} at byte ${this.#at}`);
  }
}

/** Words remembered: an index has seven. */
const maxWords = 12;
const maxWordBytes = 24;

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const digitZero = 0x30;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const letterF = 0x66;
const letterN = 0x6e;
const letterT = 0x74;
const numberBytes = new Set(Buffer.from("+-.0123456789eE"));

/** The value of each hex digit's byte; of other bytes, something above 15. */
const hexValues = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(byte));
  return value < 0 ? 255 : value;
});
