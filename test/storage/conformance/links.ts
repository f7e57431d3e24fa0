import assert from "node:assert/strict";
import { never, pause } from "../../../src/base/abort.ts";
import { text, utf8 } from "../../../src/base/bytes.ts";
import type { Links } from "../../../src/storage/extras.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import type { Each } from "./test.ts";
import { fails } from "../failsWith.ts";

const signal = never;

/** What `Links` promises, proved by whoever has nothing but the link. */
export function linksConformance(each: Each): void {
  each("gives links that read without a key", async (storage) => {
    for (const key of ["plain", "a//b", "odd/ü %+#?&=;@:!$'()*,~ 日本.txt"]) {
      await storage.write(key, utf8(`content of ${key}`));
      const link = await linksOf(storage).get({ key, seconds: 600, signal });
      const answer = await fetch(link);
      assert.equal(answer.status, 200, await answer.clone().text());
      assert.equal(await answer.text(), `content of ${key}`);
    }
  });

  each("gives links that upload without a key", async (storage) => {
    const key = "sent/ü %+#?&.txt";
    const { url, headers } = await linksOf(storage).put({ key, seconds: 600, signal });
    assert.deepEqual(headers, {}, "nothing has to be known but the link");
    // A blob of no type: a text would be sent as one, which new Ceph refuses if it is not signed.
    const answer = await fetch(url, { method: "PUT", body: new Blob(["uploaded by a link"]) });
    assert.equal(answer.status, 200, await answer.text());
    assert.equal(text(await storage.bytes(key)), "uploaded by a link");
  });

  each("gives links that upload an object of a kind", async (storage) => {
    const contentType = "text/html; charset=utf-8";
    const asked = { key: "page", seconds: 600, contentType, signal };
    const { url, headers } = await linksOf(storage).put(asked);
    const answer = await fetch(url, { method: "PUT", body: new Blob(["<p>"]), headers });
    assert.equal(answer.status, 200, await answer.text());
    const read = await fetch(await linksOf(storage).get({ key: "page", seconds: 60, signal }));
    assert.equal(read.headers.get("content-type"), contentType);
    assert.equal(await read.text(), "<p>");
  });

  each("gives links that do nothing else", async (storage) => {
    const links = linksOf(storage);
    const key = "odd/ü %+#?&=;@:!$'()*,~ 日本.txt";
    await storage.write(key, utf8("x"));
    const reading = await links.get({ key, seconds: 600, signal });
    await isRefused(fetch(reading, { method: "PUT", body: "x" }));
    await isRefused(fetch(reading.replace(/\?.*/, "")));
    const { url } = await links.put({ key, seconds: 600, signal });
    await isRefused(fetch(url));
    const contentType = "text/html; charset=utf-8";
    const page = await links.put({ key, seconds: 600, contentType, signal });
    const headers = { ...page.headers, "content-type": "text/plain" };
    await isRefused(fetch(page.url, { method: "PUT", body: new Blob(["<p>"]), headers }));
    assert.equal(text(await storage.bytes(key)), "x");
  });

  each("gives links that save under a name", async (storage) => {
    await storage.write("saved", utf8("x"));
    const downloadAs = 'bericht "ü".txt';
    const link = await linksOf(storage).get({ key: "saved", seconds: 60, downloadAs, signal });
    const disposition = (await fetch(link)).headers.get("content-disposition") ?? "";
    assert.ok(disposition.startsWith("attachment;"), disposition);
    assert.ok(disposition.includes("%C3%BC"), disposition);
  });

  each("gives links to one version", async (storage) => {
    const { versions, rules } = storage.extras;
    if (!versions || !rules) return;
    await rules.setVersioning({ on: true, signal });
    await storage.write("versioned", utf8("old"));
    await storage.write("versioned", utf8("new"));
    const page = await versions.list({ prefix: "versioned", signal });
    const version = page.versions[1]?.id ?? "";
    const link = await linksOf(storage).get({ key: "versioned", seconds: 60, version, signal });
    assert.equal(await (await fetch(link)).text(), "old");
  });

  each("gives links that end", async (storage) => {
    await storage.write("short", utf8("x"));
    const link = await linksOf(storage).get({ key: "short", seconds: 1, signal });
    await pause(2500, signal);
    await isRefused(fetch(link));
  });

  each("refuses links that cannot be", async (storage) => {
    const links = linksOf(storage);
    const { longestSeconds } = await links.lifetime({ signal });
    assert.ok(longestSeconds > 0 && longestSeconds <= 7 * 86_400);
    for (const seconds of [0, -1, 1.5, longestSeconds + 1])
      await fails("invalid", links.get({ key: "k", seconds, signal }));
    await fails("unsupported", links.get({ key: "a/../b", seconds: 60, signal }));
  });
}

async function isRefused(answer: Promise<Response>): Promise<void> {
  const { status } = await answer;
  assert.ok([400, 401, 403].includes(status), `answered with ${status}`);
}

function linksOf({ extras: { links } }: Storage): Links {
  assert.ok(links);
  return links;
}
