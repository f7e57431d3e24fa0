import assert from "node:assert/strict";
import { StorageError } from "../../../../src/storage/errors.ts";
import { refusalOf } from "../../../../src/storage/providers/s3/errors.ts";

/** What the services answer → what it means: kind, reason, field, whether to send it again. */
const table: readonly (readonly [number, string, string])[] = [
  [403, "SignatureDoesNotMatch", "signed-out wrong-secret secretAccessKey"],
  [403, "InvalidAccessKeyId", "signed-out wrong-user accessKeyId"],
  [400, "ExpiredToken", "signed-out expired sessionToken"],
  [400, "InvalidToken", "signed-out sessionToken"],
  [403, "RequestTimeTooSkewed", "signed-out clock-skew"],
  [403, "AccessDenied", "denied"],
  [403, "", "denied"],
  [400, "PublicEndpointForbidden", "denied closed-address endpoint"],
  [404, "NoSuchBucket", "not-found no-container bucket"],
  [404, "NoSuchAccessPoint", "not-found no-container bucket"],
  [404, "NoSuchKey", "not-found"],
  [404, "", "not-found"],
  [400, "InvalidBucketName", "invalid invalid-name bucket"],
  [400, "KeyTooLongError", "invalid invalid-name"],
  [301, "PermanentRedirect", "invalid redirect endpoint"],
  [400, "AuthorizationHeaderMalformed", "invalid redirect endpoint"],
  [403, "PathStyleDomainForbidden", "invalid addressing"],
  [400, "KMS.NotFoundException", "invalid encryptionKeyId"],
  [400, "KMS.ThrottlingException", "throttled again"],
  [412, "PreconditionFailed", "conflict"],
  [409, "ConditionalRequestConflict", "conflict"],
  [416, "InvalidRange", "invalid"],
  [501, "NotImplemented", "unsupported"],
  [409, "InvalidBucketState", "unsupported"],
  [400, "MalformedXML", "unsupported"],
  [400, "InvalidStorageClass", "invalid storageClass"],
  [403, "InvalidObjectState", "unsupported archived"],
  [403, "ObjectNotInActiveTierError", "unsupported archived"],
  [503, "SlowDown", "throttled again"],
  [503, "ServiceUnavailable", "throttled again"],
  [429, "", "throttled again"],
  [500, "InternalError", "unreachable again"],
  [502, "", "unreachable again"],
  [400, "RequestTimeout", "unreachable timeout again"],
  [507, "InsufficientStorage", "full"],
  [403, "QuotaExceeded", "full"],
  [400, "BadDigest", "corrupt again"],
  [400, "SomethingNew", "invalid"],
];

function meaning(status: number, headers: Record<string, string>, body: string): string {
  const { error } = refusalOf(status, new Headers(headers), body);
  assert.ok(error instanceof StorageError);
  const { reason, field } = error.details;
  return [error.kind, reason, field, error.retryable && "again"].filter(Boolean).join(" ");
}

describe("A refusal of S3", () => {
  for (const [status, code, expected] of table)
    it(`with ${status} ${code || "and no code"} means ${expected}`, () => {
      const body = code && `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`;
      assert.equal(meaning(status, {}, body), expected);
    });

  it("tells the region, wherever it stands", () => {
    for (const [headers, body] of [
      [{ "x-amz-bucket-region": "eu-central-1" }, ""],
      [{}, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-central-1</Region></Error>"],
      [{ location: "https://bucket.s3-eu-central-1.amazonaws.com/key" }, ""],
      [
        {},
        "<Error><Code>PermanentRedirect</Code><Endpoint>bucket.s3.eu-central-1.amazonaws.com</Endpoint></Error>",
      ],
    ] as const) {
      assert.equal(meaning(301, headers, body), "invalid wrong-region region");
      assert.equal(refusalOf(301, new Headers(headers), body).hint.region, "eu-central-1");
    }
  });

  it("is believed nothing that could not be a region", () => {
    const { hint } = refusalOf(301, new Headers({ "x-amz-bucket-region": "evil.test/#" }), "");
    assert.equal(hint.region, undefined);
  });

  it("quotes neither secrets nor more than a line", () => {
    const body = `<Error><Code>SignatureDoesNotMatch</Code><Message>No\n${"x".repeat(900)}</Message>
      <AWSAccessKeyId>AKIASECRET</AWSAccessKeyId><StringToSign>AWS4</StringToSign></Error>`;
    const { error } = refusalOf(403, new Headers(), body);
    assert.ok(error instanceof StorageError);
    assert.ok(!error.message.includes("AKIASECRET") && !error.message.includes("\n"));
    assert.ok(error.message.length < 400);
  });

  it("of a key that encrypts is none of the key that signs", () => {
    for (const code of ["InvalidAccessKeyId", "InvalidArgument"]) {
      const said = "Failed to retrieve the actual key, kms-keyid: mine";
      const body = `<Error><Code>${code}</Code><Message>${said}</Message></Error>`;
      assert.equal(meaning(400, {}, body), "invalid encryptionKeyId");
    }
  });

  it("in HTML comes from something that is no S3", () => {
    const page = "\n<!DOCTYPE html><html><body>Sign in</body></html>";
    assert.equal(meaning(403, {}, page), "invalid not-this-protocol endpoint");
    // Any proxy may fail in HTML.
    assert.equal(meaning(502, {}, page), "unreachable again");
  });

  it("names the request for the service's support", () => {
    const { error } = refusalOf(403, new Headers({ "x-amz-request-id": "tx0001" }), "");
    assert.ok(error instanceof StorageError && error.details.requestId === "tx0001");
  });
});
