import { StorageError } from "../errors.ts";
import { hostOf } from "./failures.ts";
import type { HttpRequest } from "./messages.ts";

/** A slower upload than this has stalled. Many run side by side, so each may be slow. */
const slowestBytesPerMs = 8;
/** Made once: it would bring the way here with it each time. */
const unwanted = new DOMException("the rest is not wanted", "AbortError");
/** A timer for longer fires at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Ends a request whose server has stayed silent too long, or whose caller has lost interest. There
 * is one for each request, so it makes do without an `AbortController`.
 */
export class HttpWatch {
  readonly #request: HttpRequest;
  readonly #timeoutMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isPaused = false;
  #stop: ((reason: unknown) => void) | undefined;
  #over: { readonly reason: unknown } | undefined;

  /** Throws the signal's own reason if it has fired. */
  constructor(request: HttpRequest, timeoutMs: number) {
    const { body, signal } = request;
    signal.throwIfAborted();
    this.#request = request;
    this.#timeoutMs = timeoutMs;
    const bytes = body instanceof Blob ? body.size : (body?.length ?? 0);
    const longMs = Math.min(timeoutMs + bytes / slowestBytesPerMs, longestTimerMs);
    this.#timer = setTimeout(this.#giveUp, longMs);
    signal.addEventListener("abort", this.#leave);
  }

  /** Why it has ended the request, if it has. */
  get over(): { readonly reason: unknown } | undefined {
    return this.#over;
  }

  /** Calls `stop` instead of an earlier one when the request is to end; at once if it was to already. */
  onOver(stop: (reason: unknown) => void): void {
    this.#stop = stop;
    if (this.#over) stop(this.#over.reason);
  }

  /** The caller has what there is: nobody waits for the server. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Somebody waits for the server's next bytes. */
  wait(): void {
    this.#isPaused = false;
    if (this.#timer && this.#request.body === undefined) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#giveUp, this.#timeoutMs);
  }

  /** Ends the request, if it has not ended: nobody wants the rest. */
  stop(): void {
    this.#finish(unwanted);
    this.end();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#request.signal.removeEventListener("abort", this.#leave);
    this.#stop = undefined;
  }

  readonly #leave = () => this.#finish(this.#request.signal.reason);

  readonly #giveUp = () => {
    this.#timer = undefined;
    if (this.#isPaused) return;
    const message = `${hostOf(this.#request.url)} has not answered for ${this.#timeoutMs / 1000} s`;
    this.#finish(new StorageError("unreachable", message, { reason: "timeout" }));
  };

  #finish(reason: unknown): void {
    this.#over ??= { reason };
    this.#stop?.(this.#over.reason);
  }
}
