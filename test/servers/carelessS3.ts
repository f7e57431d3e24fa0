import type { IncomingMessage, ServerResponse } from "node:http";
import { createHash, hash } from "node:crypto";
import { type Scripted, startScripted } from "./scripted.ts";

export interface CarelessS3 extends Scripted {
  readonly objects: ReadonlyMap<string, Buffer>;
}

/**
 * An S3 that says yes to everything: it heeds no condition and no checksum (but those of a body's own
 * headers where it `heedsDigests`), knows the first version of listings only, and encodes no keys. There are such
 * services; none of them runs here.
 */
export async function startCarelessS3({ heedsDigests = false } = {}): Promise<CarelessS3> {
  const objects = new Map<string, Buffer>();
  const server = await startScripted((request, response) => {
    void collected(request).then((body) => {
      const isDamaged = [
        ["content-md5", "md5"],
        ["x-amz-checksum-sha256", "sha256"],
      ].some(([header = "", algorithm = ""]) => {
        const told = request.headers[header];
        return told !== undefined && told !== hash(algorithm, body, "base64");
      });
      if (heedsDigests && isDamaged)
        response.writeHead(400).end("<Error><Code>BadDigest</Code></Error>");
      else answer(objects, request, body, response);
    });
  });
  return { ...server, objects };
}

function answer(
  objects: Map<string, Buffer>,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? "", "http://x");
  const key = decodeURIComponent(url.pathname.replace(/^\/[^/]*\/?/, ""));
  const say = (status: number, text = "", headers = {}) =>
    void response.writeHead(status, { date: new Date().toUTCString(), ...headers }).end(text);
  const etag = (bytes: Buffer) => `"${createHash("md5").update(bytes).digest("hex")}"`;
  const source = request.headers["x-amz-copy-source"];
  const found = objects.get(key);
  if (url.searchParams.has("versioning")) say(200, "<VersioningConfiguration/>");
  else if (url.searchParams.has("cors"))
    say(404, "<Error><Code>NoSuchCORSConfiguration</Code></Error>");
  else if (url.searchParams.get("list-type") === "2")
    say(501, "<Error><Code>NotImplemented</Code></Error>");
  else if (request.method === "POST") {
    for (const [, name = ""] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g))
      objects.delete(unescaped(name));
    say(200, "<DeleteResult/>");
  } else if (request.method === "DELETE") {
    objects.delete(key);
    say(204);
  } else if (request.method === "PUT") {
    const from =
      typeof source === "string" ? decodeURIComponent(source).replace(/^\/?[^/]*\//, "") : "";
    const content = source === undefined ? body : (objects.get(from) ?? Buffer.alloc(0));
    objects.set(key, content);
    if (source === undefined) say(200, "", { etag: etag(content) });
    else say(200, `<CopyObjectResult><ETag>${etag(content)}</ETag></CopyObjectResult>`);
  } else if (key === "") say(200, listing(objects, url.searchParams));
  else if (!found)
    say(404, request.method === "HEAD" ? "" : "<Error><Code>NoSuchKey</Code></Error>");
  else {
    const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "");
    const part = range ? found.subarray(Number(range[1]), Number(range[2]) + 1) : found;
    response.writeHead(range ? 206 : 200, {
      etag: etag(found),
      "content-length": part.length,
      ...(range && { "content-range": `bytes ${range[1]}-${range[2]}/${found.length}` }),
    });
    response.end(request.method === "HEAD" ? undefined : part);
  }
}

function listing(objects: ReadonlyMap<string, Buffer>, query: URLSearchParams): string {
  const prefix = query.get("prefix") ?? "";
  const marker = query.get("marker") ?? "";
  const most = Number(query.get("max-keys") ?? 1000);
  const keys = [...objects.keys()]
    .filter((key) => key.startsWith(prefix) && key > marker)
    .toSorted();
  const contents = keys
    .slice(0, most)
    .map(
      (key) =>
        `<Contents><Key>${escaped(key)}</Key><Size>${objects.get(key)?.length}</Size></Contents>`,
    );
  return `<ListBucketResult><Name>b</Name><MaxKeys>${most}</MaxKeys><IsTruncated>${keys.length > most}</IsTruncated>${contents.join("")}</ListBucketResult>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

async function collected(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
