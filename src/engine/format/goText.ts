/**
 * How Go writes strings, times and file modes. Restic's files are Go's JSON, and a folder's text is
 * named by its hash: one character written differently, and nothing is recognised any more.
 */

/** A string as `encoding/json` writes it, quotes included. Bytes that are not UTF-8 become `\ufffd`. */
export function goString(text: string | Uint8Array): string {
  if (typeof text !== "string") return `"${goStringBody(Buffer.from(text))}"`;
  if (simpleText.test(text)) return `"${text}"`;
  const json = JSON.stringify(text.toWellFormed());
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What needs no escape: nearly every name there is. */
const simpleText = /^[\x20\x21\x23-\x25\x27-\x3b\x3d\x3f-\x5b\x5d-\x7e]*$/;

function goStringBody(bytes: Buffer): string {
  return Array.from(characters(bytes), (piece) =>
    typeof piece === "number" ? "\\ufffd" : goString(piece).slice(1, -1),
  ).join("");
}

/** What `strconv.Quote` leaves as it is. */
const plainText = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;
const shortEscapes: Readonly<Record<number, string>> = {
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

/** A name as `strconv.Quote` writes it, without its quotes. Bytes that are not UTF-8 become `\xNN`. */
export function goQuote(name: string | Uint8Array): string {
  if (typeof name !== "string") return quoteBytes(Buffer.from(name));
  if (plainText.test(name)) return name;
  return Array.from(name.toWellFormed(), quoteCharacter).join("");
}

function quoteCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const short = shortEscapes[code];
  if (short !== undefined) return short;
  if (code === 0x20 || printable.test(character)) return character;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000
    ? `\\u${code.toString(16).padStart(4, "0")}`
    : `\\U${code.toString(16).padStart(8, "0")}`;
}

function quoteBytes(bytes: Buffer): string {
  return Array.from(characters(bytes), (piece) =>
    typeof piece === "number" ? `\\x${piece.toString(16)}` : goQuote(piece),
  ).join("");
}

/** The characters of a text, and as numbers the bytes that are none. */
function* characters(bytes: Buffer): Generator<string | number, void, void> {
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    yield length === 0 ? bytes[at]! : bytes.toString("utf8", at, at + length);
    at += length || 1;
  }
}

/** The bytes of the UTF-8 character at `at`, or 0 if there is none. */
function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at]!;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return isUtf8Character(bytes.subarray(at, at + length)) ? length : 0;
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function isUtf8Character(piece: Uint8Array): boolean {
  try {
    const character = strictDecoder.decode(piece);
    return Array.from(character).length === 1;
  } catch {
    return false;
  }
}

/** A name as text; its bytes too if they are not UTF-8. */
export interface UnquotedName {
  readonly text: string;
  readonly bytes?: Uint8Array;
}

const escape = /^\\(?:x([\da-fA-F]{2})|(u[\da-fA-F]{4}|U[\da-fA-F]{8})|([0-7]{3})|([abfnrtv\\"]))/;
const shortMeanings: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  "\\": 92,
};

/** Undoes `goQuote`; undefined if `quoted` is nothing `strconv.Unquote` would take. */
export function goUnquote(quoted: string): UnquotedName | undefined {
  if (!/["\\\n]/.test(quoted)) return { text: quoted };
  const parts: Buffer[] = [];
  for (let at = 0; at < quoted.length;) {
    const next = quoted.indexOf("\\", at);
    const plain = quoted.slice(at, next < 0 ? undefined : next);
    if (/["\n]/.test(plain)) return undefined;
    parts.push(Buffer.from(plain));
    if (next < 0) break;
    const meaning = unescape(quoted, next);
    if (!meaning) return undefined;
    parts.push(meaning.bytes);
    at = meaning.end;
  }
  const bytes = Buffer.concat(parts);
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? { text } : { text, bytes };
}

function unescape(
  quoted: string,
  at: number,
): { readonly bytes: Buffer; readonly end: number } | undefined {
  const match = escape.exec(quoted.slice(at, at + 10));
  if (!match) return undefined;
  const [whole, byteHex, wide = "", octal, letter] = match;
  const end = at + whole.length;
  if (byteHex !== undefined) return { bytes: Buffer.of(Number.parseInt(byteHex, 16)), end };
  if (octal !== undefined) {
    const byte = Number.parseInt(octal, 8);
    return byte > 255 ? undefined : { bytes: Buffer.of(byte), end };
  }
  if (letter !== undefined) {
    const byte = shortMeanings[letter];
    return byte === undefined ? undefined : { bytes: Buffer.of(byte), end };
  }
  const code = Number.parseInt(wide.slice(1), 16);
  const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? { bytes: Buffer.from(String.fromCodePoint(code)), end } : undefined;
}

const billion = 1_000_000_000n;
/** The ends of the years that RFC 3339 can write; restic moves times to them likewise. */
const earliest = -62_167_219_200n * billion;
const latest = 253_402_300_799n * billion + 999_999_999n;

/** Nanoseconds since 1970 as `time.RFC3339Nano` in this machine's zone. */
export function goTime(nanoseconds: bigint): string {
  const time = nanoseconds < earliest ? earliest : nanoseconds > latest ? latest : nanoseconds;
  let fraction = Number(time % billion);
  let seconds = Number(time / billion);
  if (fraction < 0) {
    fraction += 1e9;
    seconds--;
  }
  const offset = -Math.round(new Date(seconds * 1000).getTimezoneOffset());
  const clock = new Date((seconds + offset * 60) * 1000).toISOString().slice(0, 19);
  const digits = fraction === 0 ? "" : `.${String(fraction).padStart(9, "0")}`.replace(/0+$/, "");
  return clock + digits + zoneText(offset);
}

function zoneText(offset: number): string {
  if (offset === 0) return "Z";
  const minutes = Math.abs(offset);
  const part = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${part(minutes / 60)}:${part(minutes % 60)}`;
}

/** Go's `os.FileMode` of what `stat` calls the mode: types and special bits lie elsewhere. */
export function goMode(mode: number): number {
  let result = mode & 0o777;
  result += goTypes[mode & 0o170000] ?? 0;
  if (mode & 0o4000) result += goModeBits.setuid;
  if (mode & 0o2000) result += goModeBits.setgid;
  if (mode & 0o1000) result += goModeBits.sticky;
  return result;
}

/** The bits of `os.FileMode` above the permissions. The topmost exceeds what `|` can do. */
const goModeBits = {
  directory: 2 ** 31,
  symlink: 2 ** 27,
  device: 2 ** 26,
  fifo: 2 ** 25,
  socket: 2 ** 24,
  setuid: 2 ** 23,
  setgid: 2 ** 22,
  character: 2 ** 21,
  sticky: 2 ** 20,
} as const;

const goTypes: Readonly<Record<number, number>> = {
  0o040000: goModeBits.directory,
  0o120000: goModeBits.symlink,
  0o060000: goModeBits.device,
  0o020000: goModeBits.device + goModeBits.character,
  0o010000: goModeBits.fifo,
  0o140000: goModeBits.socket,
};

/** The permission and setuid, setgid and sticky bits of a Go mode, as `chmod` wants them. */
export function permissions(mode: number): number {
  let result = mode & 0o777;
  if (mode & goModeBits.setuid) result |= 0o4000;
  if (mode & goModeBits.setgid) result |= 0o2000;
  if (mode & goModeBits.sticky) result |= 0o1000;
  return result;
}
