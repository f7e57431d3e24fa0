import type { ArrivingReply, HttpRequest } from "./messages.ts";
import type { HttpWatch } from "./watch.ts";

/** Sends by the global `fetch`. Nothing if that has unpacked what is stored packed; fails with what it says. */
export async function sendByFetch(
  { method, url, headers, body }: HttpRequest,
  watch: HttpWatch,
): Promise<ArrivingReply | undefined> {
  const controller = new AbortController();
  watch.onOver((reason) => controller.abort(reason));
  const response = await fetch(url, {
    method,
    headers: fetchHeaders(headers),
    signal: controller.signal,
    redirect: "manual",
    ...(body !== undefined && { body }),
  });
  const reply = { status: response.status, headers: response.headers };
  const arriving = response.body;
  if (!arriving || method === "HEAD") return reply;
  if (isDecoded(method, response)) {
    await arriving.cancel();
    return undefined;
  }
  return {
    ...reply,
    body: {
      pieces: arriving,
      async take(each) {
        for await (const piece of arriving) each(piece);
      },
    },
  };
}

function isDecoded(method: string, { ok, headers }: Response): boolean {
  const stored = headers.get("content-encoding");
  return method === "GET" && ok && stored !== null && stored !== "identity";
}

function fetchHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  // `fetch` knows host and length best itself; unasked for, it would accept compressed answers.
  const { host, "content-length": length, ...rest } = headers;
  void [host, length];
  return { ...rest, "accept-encoding": "identity" };
}
