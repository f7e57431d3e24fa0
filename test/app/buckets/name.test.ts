import assert from "node:assert/strict";
import { bucketNameProblem } from "../../../src/app/buckets/name.ts";

describe("the name of a bucket", () => {
  for (const name of ["abc", "my-photos", "photos.example.com", "2026", "a".repeat(63)])
    it(`may be ${name}`, () => assert.equal(bucketNameProblem(name), undefined));

  for (const [name, problem] of [
    ["ab", "length"],
    ["a".repeat(64), "length"],
    ["Photos", "characters"],
    ["my_photos", "characters"],
    ["fotos-äpfel", "characters"],
    ["-photos", "ends"],
    ["photos.", "ends"],
    ["my..photos", "dots"],
    ["my.-photos", "dots"],
    ["192.168.5.4", "address"],
    ["xn--photos", "reserved"],
    ["photos-s3alias", "reserved"],
  ] as const)
    it(`may not be ${name}: ${problem}`, () => assert.equal(bucketNameProblem(name), problem));
});
