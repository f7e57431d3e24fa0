import type { RequestOptions, Response, WebDAVClient } from "webdav";
import { isStorageError, StorageError } from "../../errors.ts";
import type { Http } from "../../http/http.ts";
import { detailsOf, kindOfStatus, redacted, textOf } from "../../http/answers.ts";
import type { HttpReply, HttpRequest, HttpHeaders } from "../../http/messages.ts";

export interface Account {
  /** Ends in `/`. */
  readonly root: string;
  readonly auth: "basic" | "digest" | "bearer";
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
}

/** Sends a request as the account's user. Fails with what the status means unless it is a 2xx. */
export type Dav = (request: Omit<HttpRequest, "headers"> & DavHeaders) => Promise<HttpReply>;
interface DavHeaders {
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The `webdav` package, which signs the requests, over our own transport. Its own way of reading
 * a listing takes 150 ms for 1000 entries and loses names with two backslashes, so every request
 * is made by its `customRequest`.
 */
export async function openDav(http: Http, account: Account): Promise<Dav> {
  const { createClient, getPatcher } = await import("webdav");
  getPatcher().patch("request", sendExchange);

  // A digest counts its requests, so each client sends one at a time.
  const idle: WebDAVClient[] = [];

  async function newClient(signal: AbortSignal): Promise<WebDAVClient> {
    const client = createClient(account.root, credentials(account));
    if (account.auth !== "digest") return client;
    // Its first request is refused, to learn the server's challenge. That must not be an upload.
    const first = { method: "PROPFIND", url: account.root, headers: { depth: "0" }, signal };
    await exchanged(client, first).then(dropped, (error: unknown) => {
      if (!isStorageError(error) || error.kind === "signed-out") throw error;
    });
    return client;
  }

  async function exchanged(client: WebDAVClient, request: HttpRequest): Promise<HttpReply> {
    const { method, url, headers, signal } = request;
    const exchange: Exchange = {
      send: async (signed) => {
        const refused = exchange.reply;
        exchange.reply = undefined;
        await dropped(refused);
        exchange.reply = await http({ ...request, headers: signed });
        return exchange.reply;
      },
    };
    // A status from 400 on makes it throw. What the status means is told by us, and better.
    await client
      .customRequest("", { method, url, headers: { ...headers }, signal, data: exchange })
      .catch((error: unknown) => {
        if (exchange.reply === undefined) throw error;
      });
    if (exchange.reply === undefined) throw new StorageError("unexpected", "nothing was sent");
    if (exchange.reply.status >= 300 || exchange.reply.status < 200)
      throw await refusal(exchange.reply, request, account);
    return exchange.reply;
  }

  return async ({ headers = {}, ...request }) => {
    const client = idle.pop() ?? (await newClient(request.signal));
    const reply = await exchanged(client, { ...request, headers }).catch((error: unknown) => {
      // A client whose request broke off does not know whether the server has counted it.
      if (isStorageError(error) && error.details.status !== undefined) idle.push(client);
      throw error;
    });
    idle.push(client);
    return reply;
  };
}

/** What every request of ours carries as its data: how it is sent, and what came back. */
interface Exchange {
  send(headers: Readonly<Record<string, string>>): Promise<HttpReply>;
  reply?: HttpReply | undefined;
}

async function sendExchange(options: unknown): Promise<Response> {
  // The package calls its transport with its request options; nobody but `exchanged` uses the
  // package, and so their data is always an `Exchange`.
  const { data, headers = {} } = options as RequestOptions & { data: Exchange };
  const signed = Object.entries(headers).map(([name, value]) => [name, utf8AsLatin1(value)]);
  const reply = await data.send(Object.fromEntries(signed));
  const { status } = reply;
  const isOk = status >= 200 && status < 300;
  // The package reads the status and the headers. The body is ours.
  const unread = () => Promise.reject(new Error("the body is read elsewhere"));
  return {
    status,
    statusText: "",
    ok: isOk,
    url: "",
    headers: new Headers([...reply.headers]),
    arrayBuffer: unread,
    json: unread,
    text: unread,
  };
}

function credentials({ auth, user = "", password = "", token = "" }: Account): object {
  switch (auth) {
    case "basic":
      // The package turns each character into one byte, and servers expect UTF-8.
      return user === ""
        ? {}
        : {
            authType: "password",
            username: utf8AsLatin1(user),
            password: utf8AsLatin1(password),
          };
    case "digest":
      return { authType: "digest", username: user, password };
    case "bearer":
      return { authType: "token", token: { token_type: "Bearer", access_token: token } };
  }
}

/** The UTF-8 bytes of `text`, each as one character: so a header carries them. */
function utf8AsLatin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Whether the server refused with one of `statuses`. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): error is StorageError {
  return isStorageError(error) && statuses.includes(error.details.status ?? 0);
}

/**
 * Ends a request that changes something. A server that could do a part of it only says so with
 * 207, in the words of each part.
 */
export async function completed(reply: HttpReply): Promise<void> {
  const said = await textOf(reply.body).catch(() => "");
  if (reply.status !== 207) return;
  const details = detailsOf(207, reply.headers);
  throw new StorageError("conflict", `a part of it failed: ${redacted(said)}`, details);
}

/** Lets go of a reply nobody needs, so that its connection can be used again. */
export async function dropped(reply: HttpReply | undefined): Promise<void> {
  if (reply?.body) await textOf(reply.body).catch(() => {});
}

async function refusal(
  reply: HttpReply,
  { method, url }: HttpRequest,
  account: Account,
): Promise<StorageError> {
  const { status, headers } = reply;
  const said = withoutTags(redacted(await textOf(reply.body).catch(() => "")));
  const message = `${method} ${new URL(url).pathname} answered ${status} ${said}`;
  const details = detailsOf(status, headers);
  // Jianguoyun says so, with one status or another, when the requests it allows are used up.
  if (said.includes("BlockedTemporarily")) return new StorageError("throttled", message, details);
  if (status === 401) return notSignedIn(message, reply, account);
  if (status >= 300 && status < 400)
    return new StorageError("invalid", moved(message, headers), { ...details, field: "url" });
  // Nextcloud locks a file while it works on it, which passes.
  if (status === 423) return new StorageError("conflict", message, { ...details, retryable: true });
  if (status === 507) return new StorageError("full", message, { ...details, reason: "disk-full" });
  return new StorageError(kindOfStatus(status), message, details);
}

/** What a page or an XML document says to people; redacted before, which needs the tags. */
function withoutTags(page: string): string {
  return page
    .replace(/<[^>]*(?:>|$)/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

function moved(message: string, headers: HttpHeaders): string {
  const to = headers.get("location");
  return to === null ? message : `${message}, see ${redacted(to)}`;
}

function notSignedIn(
  message: string,
  { status, headers }: HttpReply,
  { auth, user = "" }: Account,
): StorageError {
  const details = detailsOf(status, headers);
  const challenge = headers.get("www-authenticate") ?? "";
  const offered = [...challenge.matchAll(/(?:^|,\s*)(\w+)\s+\w+=/g)].map(([, way]) => way);
  const text = `${message}, offering ${redacted(offered.join(", "))}`;
  if (offered.length > 0 && !offered.some((way) => way?.toLowerCase() === auth))
    return new StorageError("signed-out", text, { ...details, field: "auth" });
  // The package knows no other digest than MD5.
  if (
    auth === "digest" &&
    /algorithm="?sha/i.test(challenge) &&
    !/algorithm="?md5/i.test(challenge)
  )
    return new StorageError("unsupported", `${text} by SHA`, { ...details, field: "auth" });
  if (auth === "bearer")
    return new StorageError("signed-out", text, { ...details, field: "token" });
  if (user === "") return new StorageError("signed-out", text, { ...details, field: "user" });
  return new StorageError("signed-out", text, {
    ...details,
    field: "password",
    reason: "wrong-secret",
  });
}
