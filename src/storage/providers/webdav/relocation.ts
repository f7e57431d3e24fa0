import type { Addresses } from "./addresses.ts";
import { completed, type Dav, hasStatus } from "./client.ts";

export interface Relocation {
  readonly method: "MOVE" | "COPY";
  readonly from: string;
  readonly to: string;
  /** Whether a file that is there already is replaced; if not, it fails with status 412. */
  readonly overwrite: boolean;
  /** The version that the file at `to` has to have, for servers that heed it; else status 412. */
  readonly ifMatch?: string | undefined;
  readonly signal: AbortSignal;
}

/** Moves or copies one file on the server. */
export type Relocate = (relocation: Relocation) => Promise<void>;

/**
 * A `Destination` is a whole address, and Apache behind a proxy that speaks TLS for it answers 502
 * to one that begins with https: it knows itself by http only. Others take a path alone. Which way
 * a server understands is found out by the first refusal, and kept.
 */
export function relocationOf(dav: Dav, addresses: Addresses): Relocate {
  let ways: readonly ((address: string) => string)[] = [
    (address) => address,
    (address) => address.replace(/^https:/, "http:"),
    (address) => new URL(address).pathname,
  ];

  async function send(relocation: Relocation, way: (address: string) => string): Promise<void> {
    const { method, from, to, overwrite, ifMatch, signal } = relocation;
    const destination = way(addresses.of(to));
    const headers = {
      destination,
      overwrite: overwrite ? "T" : "F",
      // `If-Match` would speak of the source; this one names what it is about (RFC 4918, 10.4).
      ...(ifMatch !== undefined && { if: `<${destination}> ([${quoted(ifMatch)}])` }),
    };
    await completed(await dav({ method, url: addresses.of(from), headers, signal }));
  }

  return async (relocation) => {
    let refusal: unknown;
    for (const way of ways) {
      try {
        await send(relocation, way);
        ways = [way];
        return;
      } catch (error) {
        // 412 is an answer to the question itself.
        if (hasStatus(error, 412)) ways = [way];
        const isMisunderstood =
          hasStatus(error, 502) || (refusal !== undefined && hasStatus(error, 400));
        if (!isMisunderstood) throw error;
        refusal ??= error;
      }
    }
    // No way is understood, so it is the gateway that does not work, or nothing helps.
    throw refusal;
  };
}

/** An entity tag always is; what some servers tell as one is not. */
function quoted(version: string): string {
  return /^".*"$/.test(version) ? version : `"${version}"`;
}
