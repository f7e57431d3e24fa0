import type { Credentials } from "./credentials.ts";
import { queryOf } from "./request.ts";
import { signedV2 } from "./signatureV2.ts";
import type { SdkRequest } from "./wire.ts";

/**
 * Lets the SDK, which knows one signature only, sign by version 2. A bucket's name that stands in the
 * host is signed as well, and so is `unnamed`, which stands nowhere because the endpoint is its own.
 */
export function sdkSignerV2(
  endpoint: string,
  credentials: Credentials,
  unnamed: string | undefined,
) {
  const suffix = `.${new URL(endpoint).hostname}`;
  return {
    // The SDK's type knows more kinds of requests than it sends.
    sign: async <R>(request: R, options: { readonly signingDate?: Date | string } = {}) => {
      const { method, hostname, port, path, query, headers } = request as SdkRequest;
      const host = port === undefined ? hostname : `${hostname}:${port}`;
      const inHost = hostname.endsWith(suffix) ? hostname.slice(0, -suffix.length) : unnamed;
      const told = Object.entries(query).map(([name, value]) => [name, [value].flat()[0] ?? ""]);
      const unsigned = {
        method,
        headers: lowerCase(headers),
        url: {
          host,
          path,
          query: queryOf(Object.fromEntries(told)),
          resource: inHost === undefined ? path : `/${inHost}${path}`,
        },
        // This signature is of no body and no region.
        bodyHash: "",
        region: "",
        at: new Date(options.signingDate ?? Date.now()),
      };
      Object.assign(headers, signedV2(unsigned, await credentials.key()));
      return request;
    },
  };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
