import type { Bytes } from "../base/bytes.ts";

export interface HttpRequest {
  readonly method: string;
  /** Sent exactly as it is, dot segments included. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Blob | Bytes | string;
  readonly signal: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  /** Has to be read to its end or cancelled. A body that breaks off fails with `unreachable`. */
  readonly body?: ReadableStream<Bytes>;
}
