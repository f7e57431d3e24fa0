import type { Bytes } from "../../base/bytes.ts";

/** The first line and the headers of an answer, the names in lower case. */
export interface ReplyHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly hasBody: boolean;
}

/** Called in this order, as soon as the bytes have been read that tell it. */
export interface ReplyListener {
  onHead(head: ReplyHead): void;
  onPiece(piece: Bytes): void;
  onEnd(): void;
}

const mostHeadBytes = 64 * 1024;
const mostLineBytes = 1024;
const lineEnd = "\r\n";

/**
 * Reads one answer of HTTP/1.1 as its bytes come (RFC 9112), and nothing that can be read in two ways:
 * folded headers, two lengths and bare line feeds fail. Its memory is bounded.
 */
export class ReplyReader {
  readonly #mayHaveBody: boolean;
  readonly #listener: ReplyListener;
  /** Reads what it can of the bytes, and gives back the rest. */
  #read: (bytes: Buffer) => Buffer = this.#readHead;
  /** What has come of a head or a line that is not here whole. */
  #unread: Buffer | undefined;
  #bytesLeft = 0;
  #afterBytes: () => void = this.#end;
  #isLast = false;
  #hasEnded = false;

  /** `method` is the request's. */
  constructor(method: string, listener: ReplyListener) {
    this.#mayHaveBody = method !== "HEAD";
    this.#listener = listener;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether another request may be sent on the connection; known once the answer has ended. */
  get keepsConnection(): boolean {
    return this.#hasEnded && !this.#isLast;
  }

  /** Throws if it is no such answer, with a code as of Node's own reader. */
  read(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0 && !this.#hasEnded) rest = this.#read(rest);
    // Nobody has asked for these.
    if (rest.length > 0) this.#isLast = true;
  }

  /** The server has closed the connection. Throws if the answer does not end by that. */
  close(): void {
    if (this.#hasEnded) return;
    if (this.#read !== this.#readUntilClosed) throw brokenOff();
    this.#end();
  }

  #readHead(bytes: Buffer): Buffer {
    const { found, rest } = this.#upTo("\r\n\r\n", bytes, mostHeadBytes);
    if (found === undefined) return rest;
    const { version, status, headers } = parsedHead(found);
    if (status === 101) throw malformed("CONSTANT");
    // Only an interim one: the answer follows.
    if (status < 200) return rest;
    this.#isLast = version === "0" || /\bclose\b/i.test(headers["connection"] ?? "");
    const hasBody = this.#mayHaveBody && status !== 204 && status !== 304;
    this.#listener.onHead({ status, headers, hasBody });
    this.#expectBody(headers, hasBody);
    return rest;
  }

  #expectBody(headers: ReplyHead["headers"], hasBody: boolean): void {
    const { "content-length": length, "transfer-encoding": coding } = headers;
    if (coding !== undefined && (length !== undefined || coding.toLowerCase() !== "chunked"))
      throw malformed("TRANSFER_ENCODING");
    if (length !== undefined && !/^\d{1,15}$/.test(length)) throw malformed("CONTENT_LENGTH");
    if (!hasBody) this.#end();
    else if (coding !== undefined) this.#read = this.#readChunkSize;
    else if (length !== undefined) this.#expect(Number(length), this.#end);
    else this.#expectAllThatComes();
  }

  #expectAllThatComes(): void {
    this.#isLast = true;
    this.#read = this.#readUntilClosed;
  }

  /** Reads so many bytes of the body; `then` is called behind them. */
  #expect(bytes: number, then: () => void): void {
    this.#bytesLeft = bytes;
    this.#afterBytes = then;
    this.#read = this.#readBytes;
    if (bytes === 0) this.#afterBytes();
  }

  #readBytes(bytes: Buffer): Buffer {
    const piece = bytes.subarray(0, this.#bytesLeft);
    this.#bytesLeft -= piece.length;
    this.#listener.onPiece(owned(piece));
    if (this.#bytesLeft === 0) this.#afterBytes();
    return bytes.subarray(piece.length);
  }

  #readUntilClosed(bytes: Buffer): Buffer {
    this.#listener.onPiece(owned(bytes));
    return bytes.subarray(bytes.length);
  }

  #readChunkSize(bytes: Buffer): Buffer {
    const { found, rest } = this.#upTo(lineEnd, bytes, mostLineBytes);
    if (found === undefined) return rest;
    const size = /^([\da-f]{1,12})[ \t]*(?:;|$)/i.exec(found)?.[1];
    if (size === undefined) throw malformed("CHUNK_SIZE");
    if (Number.parseInt(size, 16) === 0) this.#read = this.#readTrailer;
    else this.#expect(Number.parseInt(size, 16), this.#expectChunkEnd);
    return rest;
  }

  #expectChunkEnd(): void {
    this.#read = this.#readChunkEnd;
  }

  #readChunkEnd(bytes: Buffer): Buffer {
    const { found, rest } = this.#upTo(lineEnd, bytes, lineEnd.length);
    if (found !== undefined) this.#read = this.#readChunkSize;
    return rest;
  }

  /** Nothing of it is of use here. */
  #readTrailer(bytes: Buffer): Buffer {
    const { found, rest } = this.#upTo(lineEnd, bytes, mostLineBytes);
    if (found === "") this.#end();
    return rest;
  }

  /** What stands before `end`, once that is here: within `most` bytes, or it throws. */
  #upTo(end: string, bytes: Buffer, most: number): { readonly found?: string; rest: Buffer } {
    const all = this.#unread ? Buffer.concat([this.#unread, bytes]) : bytes;
    const at = all.indexOf(end);
    if ((at === -1 ? all.length : at + end.length) > most) throw malformed("LENGTH");
    this.#unread = at === -1 ? all : undefined;
    if (at === -1) return { rest: all.subarray(all.length) };
    return { found: all.toString("latin1", 0, at), rest: all.subarray(at + end.length) };
  }

  #end(): void {
    this.#hasEnded = true;
    this.#listener.onEnd();
  }
}

function parsedHead(text: string): Omit<ReplyHead, "hasBody"> & { readonly version?: string } {
  const [first = "", ...lines] = text.split(lineEnd);
  const [, version, status] = /^HTTP\/1\.(\d) ([1-9]\d\d)(?: |$)/.exec(first) ?? [];
  if (status === undefined) throw malformed("CONSTANT");
  // Without a prototype: a name may be any, `__proto__` too.
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!isName.test(name) || hasControls.test(line)) throw malformed("HEADER_TOKEN");
    const value = line.slice(colon + 1).trim();
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return { status: Number(status), headers, ...(version !== undefined && { version }) };
}

const isName = /^[!#$%&'*+.^_`|~\w-]+$/;
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const hasControls = /[\0\r\n]/;

/** What a socket has read is in memory of its own, never in a shared one. */
function owned(bytes: Buffer): Bytes {
  return bytes as Buffer<ArrayBuffer>;
}

function malformed(what: string): Error {
  return Object.assign(new Error("an answer that is not HTTP/1.1"), {
    code: `HPE_INVALID_${what}`,
  });
}

/** As Node tells of a connection that was closed too early. */
export function brokenOff(): Error {
  return Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
}
