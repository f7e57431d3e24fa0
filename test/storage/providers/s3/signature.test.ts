import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { sdkSignerV2 } from "../../../../src/storage/providers/s3/sdkSigner.ts";
import { signer, type Unsigned } from "../../../../src/storage/providers/s3/signature.ts";
import { signedV2 } from "../../../../src/storage/providers/s3/signatureV2.ts";

/** Amazon's own examples: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
const examples: readonly (readonly [
  string,
  Pick<Unsigned, "method" | "headers"> & { path: string; query: string; body: string },
])[] = [
  [
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    { method: "GET", path: "/test.txt", query: "", headers: { range: "bytes=0-9" }, body: "" },
  ],
  [
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    {
      method: "PUT",
      path: "/test%24file.text",
      query: "",
      headers: {
        date: "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
      },
      body: "Welcome to Amazon S3.",
    },
  ],
  [
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    { method: "GET", path: "/", query: "lifecycle=", headers: {}, body: "" },
  ],
  [
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    { method: "GET", path: "/", query: "max-keys=2&prefix=J", headers: {}, body: "" },
  ],
];

describe("The signature of S3", () => {
  const keys = {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    sessionToken: undefined,
  };
  const unsigned = ({ path, query, body, ...rest }: (typeof examples)[number][1]): Unsigned => ({
    ...rest,
    url: { host: "examplebucket.s3.amazonaws.com", path, query, resource: path },
    bodyHash: hash("sha256", body),
    region: "us-east-1",
    at: new Date("2013-05-24T00:00:00Z"),
  });

  it("is Amazon's, for each of their examples", () => {
    const sign = signer();
    for (const [signature, example] of examples) {
      const { authorization } = sign(unsigned(example), keys);
      assert.equal(/Signature=(.*)$/.exec(authorization ?? "")?.[1], signature, example.path);
    }
  });

  it("is another on another day and in another region, from the same signer", () => {
    const sign = signer();
    const first = unsigned(examples[0]![1]);
    const others = [
      first,
      { ...first, at: new Date("2013-05-25T00:00:00Z") },
      { ...first, region: "eu-west-1" },
      first,
    ].map((request) => sign(request, keys)["authorization"]);
    assert.equal(new Set(others).size, 3);
    assert.equal(others[0], others[3]);
  });

  it("covers a session token", () => {
    const headers = signer()(unsigned(examples[0]![1]), { ...keys, sessionToken: "temporary" });
    assert.equal(headers["x-amz-security-token"], "temporary");
    assert.match(headers["authorization"] ?? "", /;x-amz-security-token,/);
  });

  it("of the old version covers the bucket's name where it stands, and no part of another host", async () => {
    const resources: readonly (readonly [hostname: string, path: string, resource: string])[] = [
      ["photos.example.com", "/photos/a", "/photos/a"],
      ["photos.photos.example.com", "/a", "/photos/a"],
      ["other.photos.example.com", "/", "/other/"],
    ];
    const held = { key: () => keys, renew: async () => false };
    const { sign } = sdkSignerV2("https://photos.example.com", held, undefined);
    for (const [hostname, path, resource] of resources) {
      const signingDate = new Date("2026-01-01T00:00:00Z");
      const headers: Record<string, string> = {};
      await sign({ method: "GET", hostname, path, query: {}, headers }, { signingDate });
      const url = { host: hostname, path, query: "", resource };
      const asked = { method: "GET", url, headers: {}, bodyHash: "", region: "", at: signingDate };
      assert.equal(headers["authorization"], signedV2(asked, keys)["authorization"], hostname);
    }
  });
});
