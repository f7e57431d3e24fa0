import type { Body, Bytes } from "../../base/bytes.ts";

export interface HttpRequest {
  readonly method: string;
  /** Sent exactly as it is, dot segments included. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Blob | Bytes | string;
  readonly signal: AbortSignal;
}

/** What is asked of an answer's headers; names in any case. */
export interface HttpHeaders extends Iterable<[string, string]> {
  get(name: string): string | null;
  has(name: string): boolean;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** Has to be read to its end or cancelled. A body that breaks off fails with `unreachable`. */
  readonly body?: HttpBody;
}

export interface HttpBody extends Body {
  /** Ends it, also while somebody reads it; nothing if it has ended. */
  cancel(): void;
}

/** A reply whose head is here. */
export interface ArrivingReply {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body?: ArrivingBody;
}

/** To be had once, in one of two ways. Both fail with what the network says. */
export interface ArrivingBody {
  readonly pieces: Body;
  /** Hands out each piece as it comes; resolves behind the last one. */
  take(each: (piece: Bytes) => void): Promise<void>;
}
