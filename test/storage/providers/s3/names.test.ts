import assert from "node:assert/strict";
import { s3AddressesOf } from "../../../../src/storage/providers/s3/names.ts";
import { s3 } from "../../../../src/storage/providers/s3/s3.ts";

const amazon = {
  endpoint: undefined,
  region: "eu-west-1",
  bucket: undefined,
  addressing: "auto",
} as const;
const home = { ...amazon, endpoint: "http://127.0.0.1:9000/", region: undefined } as const;
const at = { container: "photos", key: "2026/leaf 1+ü.svg" };

describe("what other programs call an object of S3", () => {
  it("is Amazon's address, with the bucket in the host", () => {
    const { url } = s3AddressesOf(amazon, at);
    assert.equal(url, "https://photos.s3.eu-west-1.amazonaws.com/2026/leaf%201%2B%C3%BC.svg");
  });

  it("has the bucket in the path where its name has a dot, and on servers of one's own", () => {
    const dotted = s3AddressesOf(amazon, { container: "my.photos", key: "a" }).url;
    assert.equal(dotted, "https://s3.eu-west-1.amazonaws.com/my.photos/a");
    assert.equal(
      s3AddressesOf(home, { container: "photos", key: "a//b" }).url,
      "http://127.0.0.1:9000/photos/a//b",
    );
  });

  it("has no bucket where the host is the bucket's own, which no other program can be told", () => {
    const own = { ...home, endpoint: "https://files.example.com", addressing: "domain" } as const;
    const { url, awsCommand, rcloneCommand } = s3AddressesOf(own, at);
    assert.equal(url, "https://files.example.com/2026/leaf%201%2B%C3%BC.svg");
    assert.deepEqual([awsCommand, rcloneCommand], [undefined, undefined]);
  });

  it("has the public address the connection says, for one bucket or with its name in it", () => {
    const cdn = { ...home, publicUrl: "https://cdn.example.com/{bucket}/" };
    assert.equal(
      s3AddressesOf(cdn, { container: "photos", key: "a b" }).publicUrl,
      "https://cdn.example.com/photos/a%20b",
    );
    const own = { ...home, bucket: "photos", publicUrl: "https://photos.example.com" };
    assert.equal(s3AddressesOf(own, { key: "a" }).publicUrl, "https://photos.example.com/a");
    const all = { ...home, publicUrl: "https://files.example.com" };
    assert.equal(
      s3AddressesOf(all, at).publicUrl?.startsWith("https://files.example.com/photos/"),
      true,
    );
    assert.equal(s3AddressesOf(home, at).publicUrl, undefined);
  });

  it("has an ARN of its part of the world", () => {
    assert.equal(s3AddressesOf(amazon, at).arn, "arn:aws:s3:::photos/2026/leaf 1+ü.svg");
    const china = { ...amazon, region: "cn-north-1" };
    assert.equal(s3AddressesOf(china, { container: "b", key: "" }).arn, "arn:aws-cn:s3:::b");
  });

  it("is one of an access point's, as the programs and policies know those", () => {
    const arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/photos";
    const answers = { bucket: arn, accessKeyId: "a" };
    assert.deepEqual(s3.addresses?.(answers, { key: "a b/c" }, "aws"), {
      url: "https://photos-123456789012.s3-accesspoint.eu-west-1.amazonaws.com/a%20b/c",
      arn: `${arn}/object/a b/c`,
      awsCommand: `aws s3 cp --region eu-west-1 's3://${arn}/a b/c' .`,
      rcloneCommand:
        `rclone copy ':s3,provider=AWS,env_auth=true,endpoint="https://s3-accesspoint.eu-west-1.amazonaws.com",` +
        "region=eu-west-1,force_path_style=false:photos-123456789012/a b/c' .",
    });
    assert.equal(s3.addresses?.(answers, { key: "" }, "aws").arn, arn);
    assert.equal(
      s3.place(answers, "aws"),
      "s3-accesspoint.eu-west-1.amazonaws.com/photos-123456789012",
    );
    const alias = { bucket: "photos-abc123-s3alias", accessKeyId: "a" };
    assert.equal(s3.addresses?.(alias, { key: "a" }, "aws").arn, undefined);
  });

  it("is fetched by commands that a shell takes as they are", () => {
    const key = "it's here/$(rm).txt";
    const { awsCommand, rcloneCommand } = s3AddressesOf(home, { container: "photos", key });
    assert.equal(
      awsCommand,
      "aws s3 cp --endpoint-url http://127.0.0.1:9000/ 's3://photos/it'\\''s here/$(rm).txt' .",
    );
    assert.equal(
      rcloneCommand,
      `rclone copy ':s3,provider=Other,env_auth=true,endpoint="http://127.0.0.1:9000/":photos/it'\\''s here/$(rm).txt' .`,
    );
  });

  it("is fetched with the profile of the connection, by whoever pays for it", () => {
    const config = { ...amazon, profile: "my work", requesterPays: true };
    const { awsCommand, rcloneCommand } = s3AddressesOf(config, { container: "b", key: "a" });
    const aws =
      "aws s3 cp --region eu-west-1 --profile 'my work' --request-payer requester s3://b/a .";
    assert.equal(awsCommand, aws);
    const rclone =
      "rclone copy ':s3,provider=AWS,env_auth=true,region=eu-west-1,profile=my work,requester_pays=true:b/a' .";
    assert.equal(rcloneCommand, rclone);
  });

  it("fetches a folder into one of its name", () => {
    const { awsCommand, rcloneCommand } = s3AddressesOf(amazon, {
      container: "b",
      key: "a/leaves/",
    });
    assert.equal(awsCommand, "aws s3 cp --region eu-west-1 --recursive s3://b/a/leaves/ ./leaves");
    assert.match(rcloneCommand ?? "", /:b\/a\/leaves\/ \.\/leaves$/);
  });
});
