import dns from "node:dns";

/**
 * Makes this process find every name below `localhost` on this computer, as browsers do and
 * RFC 6761 wants; the C library's resolver asks the network instead, and finds nothing.
 */
export function resolveBelowLocalhost(): void {
  const original = dns.lookup;
  const lookup = (hostname: string, ...rest: unknown[]) =>
    Reflect.apply(original, dns, [
      hostname.endsWith(".localhost") ? "127.0.0.1" : hostname,
      ...rest,
    ]);
  // `net.connect` looks the function up each time it needs it.
  dns.lookup = Object.assign(lookup, original) as typeof dns.lookup;
}
