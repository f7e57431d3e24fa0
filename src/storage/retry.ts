import { pause } from "../base/abort.ts";
import { StorageError } from "./errors.ts";

export interface RetryOptions {
  /** How often a request is sent at most, the first time included. */
  readonly attempts: number;
  /** The first pause; each further one is twice as long. */
  readonly baseMs: number;
  /** No pause is longer; a server that asks for more has its refusal passed on. */
  readonly longestMs: number;
}

const usual: RetryOptions = { attempts: 5, baseMs: 250, longestMs: 60_000 };

/**
 * Calls `send` until it succeeds, fails for good, or `attempts` are used up; pauses grow and are
 * jittered, and a server's `Retry-After` is honoured. An aborted signal ends it at once, with the
 * signal's own reason.
 */
export async function retrying<T>(
  signal: AbortSignal,
  send: () => Promise<T>,
  options: Partial<RetryOptions> = {},
): Promise<T> {
  const { attempts, baseMs, longestMs } = { ...usual, ...options };
  let perhapsDone = false;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await send();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof StorageError)) throw error;
      const askedMs = error.details.retryAfterMs ?? 0;
      if (!error.retryable || attempt >= attempts || askedMs > longestMs)
        throw perhapsDone ? markedAsResent(error) : error;
      // A connection that broke says nothing about whether the server did what it was told.
      perhapsDone ||= error.kind === "unreachable";
      const backoffMs = baseMs * 2 ** (attempt - 1) * (0.5 + Math.random());
      await pause(Math.max(Math.min(backoffMs, longestMs), askedMs), signal);
    }
  }
}

function markedAsResent(error: StorageError): StorageError {
  const { kind, message, retryable, details } = error;
  return new StorageError(kind, message, { ...details, retryable, resent: true });
}
