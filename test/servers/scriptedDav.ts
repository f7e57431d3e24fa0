import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Scripted, startScripted } from "./scripted.ts";

export interface ScriptedDav extends Scripted {
  /** By path beneath the root. */
  readonly files: Map<string, Kept>;
  /** Unfinished uploads: their chunks by name. */
  readonly sessions: ReadonlyMap<string, ReadonlyMap<string, Buffer>>;
  readonly options: DavOptions;
}

export interface DavOptions {
  /** Where files are; ends in `/`. */
  root?: string;
  /** Where Nextcloud keeps unfinished uploads. */
  uploads?: string;
  /** So many names in one listing, as Jianguoyun. */
  pageEntries?: number;
  /** Answers so from then on. */
  blocked?: boolean;
  /** Chunks of this name are refused so often, with this status or 503, before they are taken. */
  failing?: { name: string; times: number; status?: number };
  /** Gives a checksum that is another than the file's. */
  lies?: boolean;
  /** Happens between keeping what was sent and saying so. */
  kept?: () => Promise<void>;
}

interface Kept {
  readonly body: Buffer;
  readonly modified: Date;
}

/** Chunks but for the last have at least this many bytes, says Nextcloud's documentation. */
const leastChunkBytes = 5_000_000;

/**
 * WebDAV in memory, with what only Nextcloud and Jianguoyun do, as they document it: neither can be
 * installed here.
 */
export async function startScriptedDav(options: DavOptions = {}): Promise<ScriptedDav> {
  const files = new Map<string, Kept>();
  const folders = new Set<string>([""]);
  const sessions = new Map<string, Map<string, Buffer>>();
  const server = await startScripted((request, response) => {
    void collected(request).then(
      (body) => new Answer({ options, files, folders, sessions, request, response, body }).give(),
      () => response.destroy(),
    );
  });
  return { ...server, files, sessions, options };
}

interface Asked {
  readonly options: DavOptions;
  readonly files: Map<string, Kept>;
  readonly folders: Set<string>;
  readonly sessions: Map<string, Map<string, Buffer>>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

class Answer {
  readonly #asked: Asked;
  readonly #root: string;

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#root = asked.options.root ?? "/";
  }

  give(): void {
    const { request, options } = this.#asked;
    const path = this.#path(request.url ?? "");
    if (options.blocked)
      return this.#say(
        503,
        "<d:error xmlns:d='DAV:' xmlns:s='http://ns'><s:exception>BlockedTemporarily</s:exception><s:message>Too many requests are received recently</s:message></d:error>",
      );
    if (options.uploads !== undefined && path.startsWith(options.uploads))
      return this.#session(path.slice(options.uploads.length).split("/"));
    if (!path.startsWith(this.#root) && `${path}/` !== this.#root) return this.#say(404);
    return this.#file(path.slice(this.#root.length).replace(/\/$/, ""));
  }

  #file(name: string): void {
    switch (this.#asked.request.method ?? "") {
      case "PROPFIND":
        return this.#propfind(name);
      case "MKCOL":
        return this.#mkcol(name);
      case "PUT":
        return this.#put(name);
      case "GET":
        return this.#get(name);
      case "DELETE":
        return this.#delete(name);
      case "MOVE":
      case "COPY":
        return this.#move(name);
      default:
        return this.#say(405);
    }
  }

  #session([id = "", chunk]: readonly string[]): void {
    const { sessions, request, body, options } = this.#asked;
    const { destination } = request.headers;
    const session = sessions.get(id);
    if (request.method === "MKCOL") {
      if (typeof destination !== "string") return this.#say(400);
      sessions.set(id, new Map());
      return this.#say(201);
    }
    if (!session) return this.#say(404);
    if (request.method === "DELETE") {
      sessions.delete(id);
      return this.#say(204);
    }
    if (typeof destination !== "string" || !request.headers["oc-total-length"])
      return this.#say(400);
    if (request.method === "PUT") {
      if (!/^\d{1,5}$/.test(chunk ?? "") || !(Number(chunk) >= 1 && Number(chunk) <= 10_000))
        return this.#say(400);
      const { failing } = options;
      if (failing && failing.name === chunk && failing.times-- > 0)
        return this.#say(failing.status ?? 503);
      session.set(chunk ?? "", body);
      return this.#say(201);
    }
    if (request.method !== "MOVE" || chunk !== ".file") return this.#say(405);
    const chunks = [...session]
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([, bytes]) => bytes);
    const whole = Buffer.concat(chunks);
    if (chunks.slice(0, -1).some(({ length }) => length < leastChunkBytes)) return this.#say(400);
    if (whole.length !== Number(request.headers["oc-total-length"])) return this.#say(400);
    const target = this.#path(new URL(destination).pathname).slice(this.#root.length);
    if (!this.#asked.folders.has(parent(target))) return this.#say(409);
    sessions.delete(id);
    this.#keep(target, whole);
    this.#say(201);
  }

  #propfind(name: string): void {
    const { files, folders, request, options } = this.#asked;
    if (!files.has(name) && !folders.has(name)) return this.#say(404);
    const children =
      request.headers["depth"] === "1" && folders.has(name)
        ? [...folders, ...files.keys()]
            .filter((each) => each !== "" && parent(each) === name)
            .toSorted()
        : [];
    const url = new URL(request.url ?? "", "http://x");
    const from = Number(url.searchParams.get("mk") ?? 0);
    const to = from + (options.pageEntries ?? Infinity);
    const next = to < children.length ? `<${url.pathname}?mk=${to}>; rel="next"` : undefined;
    const shown = [name, ...children.slice(from, to)].map((each) => this.#resource(each));
    this.#say(207, `<d:multistatus xmlns:d="DAV:">${shown.join("")}</d:multistatus>`, {
      "content-type": "application/xml",
      ...(next !== undefined && { link: next }),
    });
  }

  #resource(name: string): string {
    const file = this.#asked.files.get(name);
    const href = encodeURI(this.#root + name + (file || name === "" ? "" : "/"));
    const found = file
      ? `<d:resourcetype/><d:getcontentlength>${file.body.length}</d:getcontentlength><d:getetag>"${md5(file.body)}"</d:getetag><d:getlastmodified>${file.modified.toUTCString()}</d:getlastmodified>`
      : "<d:resourcetype><d:collection/></d:resourcetype>";
    return `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${found}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;
  }

  #mkcol(name: string): void {
    const { files, folders } = this.#asked;
    if (files.has(name) || folders.has(name)) return this.#say(405);
    if (!folders.has(parent(name))) return this.#say(409);
    folders.add(name);
    this.#say(201);
  }

  #put(name: string): void {
    const { folders, request, body } = this.#asked;
    if (folders.has(name) || !folders.has(parent(name))) return this.#say(409);
    const sum = /SHA1:(\w+)/.exec(String(request.headers["oc-checksum"]))?.[1];
    if (sum !== undefined && sum !== sha1(body)) return this.#say(400);
    this.#keep(name, body);
    const { kept } = this.#asked.options;
    if (kept) return void kept().finally(() => this.#say(201));
    this.#say(201, "", request.headers["x-oc-mtime"] ? { "x-oc-mtime": "accepted" } : {});
  }

  #keep(name: string, body: Buffer): void {
    const seconds = Number(this.#asked.request.headers["x-oc-mtime"] ?? Number.NaN);
    const modified = Number.isNaN(seconds) ? new Date() : new Date(seconds * 1000);
    this.#asked.files.set(name, { body, modified });
  }

  #get(name: string): void {
    const file = this.#asked.files.get(name);
    if (!file) return this.#say(404);
    const { response, options } = this.#asked;
    const sum = options.lies ? "0".repeat(40) : sha1(file.body);
    response.writeHead(200, {
      "content-length": file.body.length,
      etag: `"${md5(file.body)}"`,
      "oc-checksum": `SHA1:${sum} ADLER32:1234`,
    });
    response.end(file.body);
  }

  #delete(name: string): void {
    const { files, folders } = this.#asked;
    if (!files.has(name) && !folders.has(name)) return this.#say(404);
    for (const each of [...files.keys(), ...folders])
      if (each === name || each.startsWith(`${name}/`)) {
        files.delete(each);
        folders.delete(each);
      }
    this.#say(204);
  }

  #move(name: string): void {
    const { files, folders, request } = this.#asked;
    const file = files.get(name);
    const target = this.#path(new URL(String(request.headers["destination"])).pathname).slice(
      this.#root.length,
    );
    if (!file) return this.#say(404);
    if (!folders.has(parent(target))) return this.#say(409);
    if (request.headers["overwrite"] === "F" && (files.has(target) || folders.has(target)))
      return this.#say(412);
    if (request.method === "MOVE") files.delete(name);
    files.set(target, file);
    this.#say(201);
  }

  #path(url: string): string {
    return decodeURIComponent(new URL(url, "http://x").pathname);
  }

  #say(status: number, text = "", headers: Readonly<Record<string, string>> = {}): void {
    this.#asked.response
      .writeHead(status, { date: new Date().toUTCString(), ...headers })
      .end(text);
  }
}

function parent(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf("/")));
}

function md5(body: Buffer): string {
  return createHash("md5").update(body).digest("hex");
}

function sha1(body: Buffer): string {
  return createHash("sha1").update(body).digest("hex");
}

async function collected(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
