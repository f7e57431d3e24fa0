import assert from "node:assert/strict";
import {
  addedText,
  remarks,
  unreadableText,
  unusableText,
} from "../../../src/ui/connections/importWords.ts";
import { plain as t } from "../translate.ts";

describe("words about imports", () => {
  it("name the line of a damaged file", () => {
    const damaged = { type: "unreadable", source: "aws", file: "/home/ada/.aws/config" } as const;
    assert.equal(
      unreadableText({ ...damaged, reason: "malformed", line: 12 }, t),
      "Line 12 cannot be understood. Correct it there, then import again.",
    );
  });

  it("name the protocol that is not spoken, as what it is", () => {
    const other = { reason: "other-protocol" } as const;
    assert.equal(
      unusableText({ ...other, protocol: "dropbox" }, t),
      "Uses dropbox. Offsite knows S3, WebDAV and folders.",
    );
    assert.equal(
      unusableText({ ...other, protocol: "sftp" }, t),
      "Uses SFTP. Add its WebDAV instead, or its folder if it is mounted here.",
    );
    assert.equal(unusableText(other, t), "Is neither S3 nor WebDAV nor a folder.");
    const disguised = unusableText({ ...other, protocol: "$(check) ok" }, t);
    assert.ok(!disguised.includes(" $("), disguised);
  });

  it("say what is added, and what still needs a secret", () => {
    assert.equal(addedText(["a"], [], t), "“a” is added.");
    assert.equal(addedText(["a"], ["a"], t), "“a” is added. “a” still needs its secret.");
    assert.equal(
      addedText(["a", "b", "c"], ["a", "b"], t),
      "3 connections are added. 2 of them still need their secret.",
    );
    const link = "[a](command:workbench.action.quit)";
    assert.ok(!addedText([link], [link], t).includes("]("));
  });

  it("say what a connection lacks or repeats", () => {
    assert.deepEqual(remarks({ temporary: false }, t), []);
    assert.deepEqual(remarks({ saved: "Home", missing: "Password", temporary: true }, t), [
      "added already as “Home”",
      "without its secret",
      "a temporary key, which will expire",
    ]);
  });
});
