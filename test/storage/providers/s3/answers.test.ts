import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { never as signal } from "../../../../src/base/abort.ts";
import type { Driver } from "../../../../src/storage/driver.ts";
import { s3 } from "../../../../src/storage/providers/s3/s3.ts";
import { type Scripted, startScripted } from "../../../servers/scripted.ts";
import { failsWith } from "../../failsWith.ts";

describe("an answer of S3", () => {
  let server: Scripted;
  let answer: (request: IncomingMessage) => string;

  before(async () => {
    server = await startScripted((request, response) => {
      request.resume();
      response.end(answer(request));
    });
  });
  after(async () => await server.stop());

  const open = async (preset?: string): Promise<Driver> => {
    const key = { accessKeyId: "a", secretAccessKey: "b", region: "r", addressing: "path" };
    return await s3.open({ ...key, endpoint: server.url, bucket: "b" }, preset);
  };

  it("is not all there is where more objects follow, though it does not say where", async () => {
    const page = (name: string, more = "") =>
      `<${name}><Name>b</Name><IsTruncated>true</IsTruncated>${more}</${name}>`;
    const { list, extras } = await open();
    const unclear = { kind: "unexpected", message: /where it goes on/ } as const;
    const all = { prefix: "", shallow: false, signal };
    answer = () => page("ListBucketResult", "<Contents><Key>a</Key><Size>1</Size></Contents>");
    await failsWith(unclear, list(all));
    answer = () => page("ListBucketResult", "<NextContinuationToken></NextContinuationToken>");
    await failsWith(unclear, list(all));
    answer = () => page("ListVersionsResult", "<Version><Key>a</Key><Size>1</Size></Version>");
    await failsWith(unclear, extras!.versions!.list(all));
    answer = () => page("ListMultipartUploadsResult");
    await failsWith(unclear, extras!.uploads!.list(all));
  });

  it("has done nothing if it is a page of somebody in between", async () => {
    answer = () => "<!DOCTYPE html><html><body>Sign in to the network</body></html>";
    const notS3 = { kind: "invalid", reason: "not-this-protocol", field: "endpoint" } as const;
    const { write, copy, delete: remove } = await open();
    await failsWith(notS3, remove({ keys: ["a", "b"], signal }));
    await failsWith(notS3, remove({ keys: ["a"], signal }));
    for (const body of [new Blob(["x"]), new Blob([new Uint8Array(65 * 1024 * 1024)])])
      await failsWith(notS3, write({ key: "a", body, signal }));
    await failsWith(notS3, copy!({ from: "a", to: "b", signal }));
  });

  it("is not read if it holds more than was asked for, which would hold up everything else", async () => {
    const { list, extras } = await open();
    const all = { prefix: "", shallow: false, signal };
    const page = (name: string, content: string) =>
      `<${name}><Name>b</Name><IsTruncated>false</IsTruncated>${content}</${name}>`;
    const object = (key: string) =>
      `<Contents><Key>${key}</Key><Size>1</Size><ETag>&quot;e&quot;</ETag></Contents>`;
    const tooMuch = { kind: "unexpected" } as const;
    for (const content of [object("a").repeat(100_000), object("&amp;".repeat(1_000_000))]) {
      answer = () => page("ListBucketResult", content);
      await failsWith(tooMuch, list(all));
    }
    answer = () =>
      page("ListMultipartUploadsResult", "<Upload><Key>a</Key></Upload>".repeat(50_000));
    await failsWith(tooMuch, extras!.uploads!.list(all));
    answer = () => page("ListBucketResult", object("a".repeat(9_000_000)));
    await failsWith({ ...tooMuch, message: /endless/ }, list(all));
    // As much as there may be.
    answer = () =>
      page(
        "ListBucketResult",
        `<EncodingType>url</EncodingType>${object("%2F".repeat(1024)).repeat(1000)}`,
      );
    const { entries } = await list(all);
    assert.deepEqual([entries.length, entries[0]?.key.length], [1000, 1024]);
  });

  it("tells keys that are no text as far as they are, and all others", async () => {
    answer = () =>
      "<ListBucketResult><Name>b</Name><EncodingType>url</EncodingType>" +
      ["f%2Fcaf%E9+%C3%BC", "f%2F%E9", "f%2F%C3%BC+%2B"]
        .map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`)
        .join("") +
      "</ListBucketResult>";
    const { entries } = await (await open()).list({ prefix: "f/", shallow: true, signal });
    assert.deepEqual(
      entries.map(({ key }) => key),
      ["f/caf%E9 ü", "f/%E9", "f/ü +"],
    );
  });
});
