/** What a WebDAV server makes of what the standard leaves to it. */
import { isStorageError } from "../../errors.ts";
import { type Examination, ignored, no, type Verdict, yes } from "../../examination.ts";
import type { Addresses } from "./addresses.ts";
import { type Dav, dropped } from "./client.ts";

/** Asks for the server's classes and, where it may write, for conditions and times of its own. */
export async function examineWebdav(
  dav: Dav,
  addresses: Addresses,
  { prefix, place, signal, check }: Examination,
): Promise<void> {
  await check("davClasses", async () => {
    const { headers, body } = await dav({ method: "OPTIONS", url: addresses.root, signal });
    body?.cancel();
    const classes = headers.get("dav")?.slice(0, 80);
    return classes === undefined ? no : { outcome: "yes", detail: classes };
  });
  if (!place || prefix === undefined) return;
  await dav({ method: "MKCOL", url: addresses.of(prefix), signal }).then(dropped, () => {
    signal.throwIfAborted();
  });
  const url = addresses.of(place("conditions"));
  const put = async (headers: Readonly<Record<string, string>>) =>
    await dav({ method: "PUT", url, headers, body: new Blob(["content"]), signal });
  const condition = async (headers: Readonly<Record<string, string>>): Promise<Verdict> => {
    try {
      await dropped(await put(headers));
      return ignored;
    } catch (error) {
      if (isStorageError(error, "conflict")) return yes;
      throw error;
    }
  };
  await check("httpMtime", async () => {
    const { headers, body } = await put({ "x-oc-mtime": "1000000000" });
    body?.cancel();
    return headers.get("x-oc-mtime") === "accepted" ? yes : no;
  });
  await check("httpIfNoneMatch", () => condition({ "if-none-match": "*" }));
  await check("httpIfMatch", () => condition({ "if-match": '"offsite-none"' }));
}
