import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import type { Body, Bytes } from "../../base/bytes.ts";
import type { ArrivingBody, ArrivingReply, HttpRequest } from "./messages.ts";
import { ReplyHeaders } from "./replyHeaders.ts";
import { brokenOff, type ReplyHead, type ReplyListener, ReplyReader } from "./replyReader.ts";
import { countedBody, wholeBody } from "./requestBody.ts";
import type { HttpWatch } from "./watch.ts";

/**
 * A connection that stays open, for one request after the other. Node's client makes a request, an
 * answer, a parser and a dozen listeners each time, which with thousands of small ones is what takes
 * the time: 280 ms of processor for the first 2,000, 65 ms so.
 */
export class KeptConnection {
  readonly #socket: Socket;
  readonly #onFree: (connection: KeptConnection) => void;
  #exchange: Exchange | undefined;

  /** Takes the socket over. Closes it when nothing was asked for `restMs`. */
  constructor(socket: Socket, restMs: number, onFree: (connection: KeptConnection) => void) {
    this.#socket = socket;
    this.#onFree = onFree;
    socket
      .setTimeout(restMs)
      .on("timeout", () => {
        if (!this.#exchange) socket.destroy();
      })
      .on("data", (bytes: Buffer) => this.#read(bytes))
      .on("error", (error) => {
        if (this.#exchange) this.#fail(this.#exchange, error);
      })
      .on("end", () => this.#closed())
      .on("close", () => this.#closed());
    this.#rest();
  }

  /** Whether a request may be sent; the server may yet have closed it without our knowing. */
  get isOpen(): boolean {
    return this.#socket.readable && this.#socket.writable;
  }

  /** Sends `head` and the request's body. Fails with what Node says, or where the answer is none. */
  async send(
    { method, body }: HttpRequest,
    head: string,
    watch: HttpWatch,
  ): Promise<ArrivingReply> {
    const exchange = new Exchange(method, this.#socket);
    this.#exchange = exchange;
    this.#socket.ref();
    watch.onOver(() => this.#fail(exchange, brokenOff()));
    this.#write(head, body).then(
      () => (exchange.isSent = true),
      (error: unknown) => this.#fail(exchange, error),
    );
    return await exchange.reply;
  }

  async #write(head: string, body: HttpRequest["body"]): Promise<void> {
    const whole = await wholeBody(body);
    this.#socket.cork();
    this.#socket.write(head, "latin1");
    if (whole !== undefined) this.#socket.write(whole);
    this.#socket.uncork();
    if (whole === undefined && body instanceof Blob)
      await pipeline(countedBody(body), this.#socket, { end: false });
  }

  #read(bytes: Buffer): void {
    const exchange = this.#exchange;
    // Nobody has asked.
    if (!exchange) return void this.#socket.destroy();
    try {
      exchange.reader.read(bytes);
    } catch (error) {
      return this.#fail(exchange, error);
    }
    if (exchange.reader.hasEnded) this.#finish(exchange);
  }

  #closed(): void {
    const exchange = this.#exchange;
    if (!exchange) return void this.#socket.destroy();
    try {
      exchange.reader.close();
      this.#finish(exchange);
    } catch (error) {
      this.#fail(exchange, error);
    }
  }

  #finish({ isSent, reader }: Exchange): void {
    this.#exchange = undefined;
    // Who has answered before having heard all reads no more.
    if (isSent && reader.keepsConnection && this.isOpen) this.#rest();
    else this.#socket.destroy();
  }

  #rest(): void {
    this.#socket.resume().unref();
    this.#onFree(this);
  }

  #fail(exchange: Exchange, error: unknown): void {
    exchange.fail(error);
    if (this.#exchange !== exchange) return;
    this.#exchange = undefined;
    this.#socket.destroy();
  }
}

/** One request and its answer. */
class Exchange implements ReplyListener {
  readonly reader: ReplyReader;
  readonly reply: Promise<ArrivingReply>;
  isSent = false;
  readonly #body: IncomingBody;
  readonly #answer: (reply: ArrivingReply) => void;
  readonly #refuse: (error: unknown) => void;

  constructor(method: string, socket: Socket) {
    this.reader = new ReplyReader(method, this);
    this.#body = new IncomingBody(socket);
    const { promise, resolve, reject } = Promise.withResolvers<ArrivingReply>();
    this.reply = promise;
    this.#answer = resolve;
    this.#refuse = reject;
  }

  onHead({ status, headers, hasBody }: ReplyHead): void {
    const head = { status, headers: new ReplyHeaders(headers) };
    this.#answer(hasBody ? { ...head, body: this.#body } : head);
  }

  onPiece(piece: Bytes): void {
    this.#body.add(piece);
  }

  onEnd(): void {
    this.#body.end();
  }

  fail(error: unknown): void {
    this.#refuse(error);
    this.#body.fail(error);
  }
}

/** So many pieces wait for their reader before the server has to. */
const mostPieces = 4;

class IncomingBody implements ArrivingBody {
  readonly #socket: Socket;
  #waiting: Bytes[] = [];
  #over: { readonly error?: unknown } | undefined;
  #taker: ((piece: Bytes) => void) | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  add(piece: Bytes): void {
    if (this.#taker) return this.#taker(piece);
    if (this.#waiting.push(piece) >= mostPieces) this.#socket.pause();
    this.#wake?.();
  }

  end(): void {
    this.#over ??= {};
    this.#wake?.();
  }

  fail(error: unknown): void {
    if (this.#over) return;
    this.#over = { error };
    this.#waiting = [];
    this.#wake?.();
  }

  async take(each: (piece: Bytes) => void): Promise<void> {
    for (const piece of this.#waiting.splice(0)) each(piece);
    this.#taker = each;
    await this.#next();
    if (this.#over && "error" in this.#over) throw this.#over.error;
  }

  get pieces(): Body {
    return this.#pieces();
  }

  async *#pieces(): AsyncGenerator<Bytes, void, void> {
    try {
      for (;;) {
        const piece = this.#waiting.shift();
        if (piece) yield piece;
        else if (!this.#over) await this.#next();
        else if ("error" in this.#over) throw this.#over.error;
        else return;
      }
    } finally {
      // Nobody wants the rest.
      if (!this.#over) this.#socket.destroy();
    }
  }

  /** Resolves when something has come, the end at the latest. */
  async #next(): Promise<void> {
    if (this.#over) return;
    this.#socket.resume();
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
