/**
 * Large files of Nextcloud go in chunks, which the server puts together at the end:
 * https://docs.nextcloud.com/server/latest/developer_manual/client_apis/WebDAV/chunking.html
 */
import { randomUUID } from "node:crypto";
import { tiedTo } from "../../../base/abort.ts";
import { forEachPooled } from "../../../base/pool.ts";
import { retrying } from "../../retry.ts";
import { completed, type Dav, dropped, hasStatus } from "./client.ts";

const mebibyte = 1024 * 1024;
/** Up to here one request carries a file; web servers before Nextcloud often take little more. */
export const wholeBytes = 50 * mebibyte;
/** At least 5 MB but for the last, and at most 10,000 of them. */
const usualChunkBytes = 16 * mebibyte;
const mostChunks = 10_000;
/** Chunks of one file under way at once. */
const chunksAtOnce = 3;

export interface ChunkedUpload {
  readonly body: Blob;
  /** The address it gets in the end. */
  readonly target: string;
  /** What else the last request says, such as the file's time. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Where the user's unfinished uploads lie; undefined for an address that does not name the user. */
export function uploadsOf(root: string): string | undefined {
  const found = /^(.*\/remote\.php\/dav\/)files\/([^/]+)\//.exec(root);
  return found ? `${found[1]}uploads/${found[2]}/` : undefined;
}

/**
 * Sends `body` in chunks and has them put together at `target`, whose folder has to exist. Gives
 * false, with nothing sent, where the server does not know of chunks. If anything fails, or the signal fires, the server is told to forget what has arrived; it does so by
 * itself after a day.
 */
export async function uploadInChunks(
  dav: Dav,
  uploads: string,
  { body, target, headers, signal }: ChunkedUpload,
): Promise<boolean> {
  const session = `${uploads}offsite-${randomUUID()}`;
  const destination = { destination: target };
  try {
    await completed(await dav({ method: "MKCOL", url: session, headers: destination, signal }));
  } catch (error) {
    if (hasStatus(error, 404, 405, 409, 501)) return false;
    throw error;
  }
  try {
    await sendChunks(dav, session, { body, target, headers, signal });
    await completed(
      await dav({
        method: "MOVE",
        url: `${session}/.file`,
        headers: { ...headers, ...destination, "oc-total-length": String(body.size) },
        signal,
      }),
    );
    return true;
  } catch (error) {
    // The caller's signal may have fired already.
    const later = AbortSignal.timeout(10_000);
    await dav({ method: "DELETE", url: session, signal: later }).then(dropped, () => {});
    throw error;
  }
}

async function sendChunks(
  dav: Dav,
  session: string,
  { body, target, signal }: ChunkedUpload,
): Promise<void> {
  const needed = Math.ceil(body.size / mostChunks / mebibyte) * mebibyte;
  const chunkBytes = Math.max(usualChunkBytes, needed);
  const starts = Array.from(
    { length: Math.ceil(body.size / chunkBytes) },
    (_, i) => i * chunkBytes,
  );
  const tie = tiedTo(signal);
  try {
    await forEachPooled(starts, chunksAtOnce, async (start) => {
      // Put together in the order of their names.
      const name = String(start / chunkBytes + 1).padStart(5, "0");
      const headers = {
        destination: target,
        "oc-total-length": String(body.size),
        "content-type": "application/octet-stream",
      };
      const chunk = body.slice(start, start + chunkBytes);
      await retrying(tie.signal, async () =>
        completed(
          await dav({
            method: "PUT",
            url: `${session}/${name}`,
            headers,
            body: chunk,
            signal: tie.signal,
          }),
        ),
      );
    });
  } finally {
    // The first failure ends the others.
    tie.cut();
  }
}
