import type { ArrivingReply, HttpRequest } from "./messages.ts";
import type { HttpWatch } from "./watch.ts";

/** Sends by the global `fetch`. Fails with what that says. */
export async function sendByFetch(
  { method, url, headers, body }: HttpRequest,
  watch: HttpWatch,
): Promise<ArrivingReply> {
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
  return {
    ...reply,
    body: {
      stream: () => arriving,
      async take(each) {
        for await (const piece of arriving) each(piece);
      },
    },
  };
}

function fetchHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  // `fetch` knows host and length best itself; unasked for, it would accept compressed answers.
  const { host, "content-length": length, ...rest } = headers;
  void [host, length];
  return { ...rest, "accept-encoding": "identity" };
}
