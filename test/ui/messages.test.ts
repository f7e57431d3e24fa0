import assert from "node:assert/strict";
import { RepositoryError, type RepositoryErrorDetails } from "../../src/engine/errors.ts";
import {
  StorageError,
  type ErrorDetails,
  type ErrorKind,
  type Operation,
} from "../../src/storage/errors.ts";
import { explain, explainFile, isCancel } from "../../src/ui/messages.ts";
import { visible } from "../../src/ui/words.ts";
import { plain } from "./translate.ts";

interface Row {
  readonly kind: ErrorKind;
  readonly details?: ErrorDetails;
  readonly operation?: Operation;
  readonly text: string;
  readonly button: string;
}

const table: readonly Row[] = [
  {
    kind: "corrupt",
    details: { reason: "damaged-removed" },
    text: "“a/b.txt” was damaged on its way, and was removed again. Try it once more.",
    button: "Retry",
  },
  {
    kind: "corrupt",
    details: { reason: "damaged-left" },
    text: "What lies at “a/b.txt” now was damaged on its way there. Transfer it once more and choose “Replace”.",
    button: "Retry",
  },
  {
    kind: "signed-out",
    details: { reason: "wrong-secret" },
    text: "“Photos” does not accept the secret. Check the secret key or password.",
    button: "Edit Connection",
  },
  {
    kind: "signed-out",
    details: { reason: "wrong-user" },
    text: "“Photos” does not know this user or access key. Check that it is complete.",
    button: "Edit Connection",
  },
  {
    kind: "signed-out",
    details: { reason: "expired" },
    text: "The access to “Photos” has expired. Enter a new key or session token.",
    button: "Edit Connection",
  },
  {
    kind: "signed-out",
    details: { reason: "clock-skew" },
    text: "“Photos” refused the request because this computer's clock is wrong. Set its date and time, then try again.",
    button: "Retry",
  },
  {
    kind: "signed-out",
    details: { reason: "clock-skew", clockOffsetMs: 3_600_000 },
    text: "“Photos” refused the request because this computer's clock is 1 h 0 min slow. Set its date and time, then try again.",
    button: "Retry",
  },
  {
    kind: "signed-out",
    details: { reason: "clock-skew", clockOffsetMs: -1_200_000 },
    text: "“Photos” refused the request because this computer's clock is 20 min fast. Set its date and time, then try again.",
    button: "Retry",
  },
  {
    kind: "not-found",
    details: { reason: "no-container", field: "bucket" },
    text: "“Photos” has no such bucket. Check the name, or create it first.",
    button: "Edit Connection",
  },
  {
    kind: "not-found",
    details: { reason: "no-container", field: "path" },
    text: "The folder of “Photos” is not there. Check that its disk or share is connected, then its path.",
    button: "Retry",
  },
  {
    kind: "not-found",
    details: { reason: "no-container", field: "url" },
    text: "“Photos” has no folder at this address. Check the path in it.",
    button: "Edit Connection",
  },
  {
    kind: "unreachable",
    details: { status: 500 },
    text: "“Photos” has trouble of its own at the moment (HTTP 500). Try again later.",
    button: "Retry",
  },
  {
    kind: "denied",
    details: { reason: "unlisted-container" },
    operation: "list",
    text: "The key may not list the buckets of “Photos”. Name one that it may use.",
    button: "Edit Connection",
  },
  {
    kind: "unreachable",
    details: { reason: "untrusted-certificate" },
    text: "The certificate of “Photos” is not trusted on this computer. Install the authority that signed it, or turn off the certificate check of the connection if you know the server.",
    button: "Edit Connection",
  },
  {
    kind: "unreachable",
    details: { reason: "unknown-host" },
    text: "The server of “Photos” cannot be found by its name. Check the address.",
    button: "Edit Connection",
  },
  {
    kind: "unreachable",
    details: { reason: "refused" },
    text: "Nothing answers at the address of “Photos”. Check the address and port, and that the server runs.",
    button: "Retry",
  },
  {
    kind: "denied",
    operation: "read",
    text: "“Photos” does not allow this key or user to read “a/b.txt”. Use another.",
    button: "Edit Connection",
  },
  {
    kind: "denied",
    operation: "write",
    text: "“Photos” does not allow this key or user to write. Use another, or mark the connection read-only.",
    button: "Edit Connection",
  },
  {
    kind: "denied",
    operation: "list",
    text: "“Photos” does not allow this key or user to list. Use another, or another folder.",
    button: "Edit Connection",
  },
  {
    kind: "denied",
    details: { reason: "read-only" },
    operation: "write",
    text: "“Photos” is marked read-only, so nothing was changed. Allow writing in the connection.",
    button: "Edit Connection",
  },
  {
    kind: "not-found",
    text: "“a/b.txt” is no longer there. Refresh to see what is.",
    button: "Refresh",
  },
  {
    kind: "conflict",
    text: "“a/b.txt” was changed by someone else meanwhile. Refresh, then try again.",
    button: "Refresh",
  },
  {
    kind: "throttled",
    text: "“Photos” asks us to slow down. Wait a little, then try again.",
    button: "Retry",
  },
  {
    kind: "unreachable",
    text: "“Photos” cannot be reached. Check the network and the address, then try again.",
    button: "Retry",
  },
  {
    kind: "full",
    text: "“Photos” is full. Delete something there, or get more space, then try again.",
    button: "Retry",
  },
  {
    kind: "invalid",
    text: "The connection to “Photos” cannot work: no.",
    button: "Edit Connection",
  },
  { kind: "unsupported", text: "“Photos” cannot do this: no.", button: "Show Log" },
  {
    kind: "corrupt",
    text: "“a/b.txt” arrived damaged. Try again; if that does not help, the stored copy is.",
    button: "Retry",
  },
  {
    kind: "corrupt",
    details: { status: 400 },
    text: "“a/b.txt” was damaged on its way and refused by “Photos”, so nothing was replaced. Try again; if that does not help, look at the network and the proxy.",
    button: "Retry",
  },
  {
    kind: "unexpected",
    text: "“Photos” gave an answer that Offsite does not understand. The log has it.",
    button: "Show Log",
  },
];

function error({ kind, details, operation = "read" }: Omit<Row, "text" | "button">): StorageError {
  const made = new StorageError(kind, "no", details);
  made.place = { operation, key: "a/b.txt", connection: "Photos" };
  return made;
}

describe("messages", () => {
  for (const row of table)
    it(`says: ${row.text}`, () => {
      const message = explain(error(row), plain);
      assert.equal(message?.text, row.text);
      assert.equal(message?.buttons[0]?.title, row.button);
      assert.ok(message?.headline && message.headline.length <= 32, "fits into a row of a tree");
      assert.ok(message?.buttons.some(({ remedy }) => remedy === "show-log"));
    });

  it("begins with a capital where no connection is known", () => {
    const message = explain(new StorageError("throttled", "no"), plain);
    assert.equal(message?.text, "The storage asks us to slow down. Wait a little, then try again.");
  });

  it("has a sentence for everything a repository can say", () => {
    const holder = { hostname: "studio-pc", username: "ann", since: new Date(0) };
    const rows: readonly (readonly [RepositoryError["kind"], RepositoryErrorDetails, RegExp])[] = [
      ["locked", { holder }, /in use by ann on studio-pc/],
      ["locked", {}, /someone else/],
      ["wrong-passphrase", {}, /passphrase/],
      ["not-a-repository", {}, /no repository in this folder/],
      ["exists", {}, /already/],
      ["too-new", {}, /newer program/],
      ["damaged", { file: "data/12" }, /damaged: data\/12\. .* can still be restored/],
      ["damaged", { file: `snapshots/${"ab".repeat(32)}` }, /: snapshots\/abababab\. /],
      ["damaged", { file: "config" }, /config, without which it cannot be opened/],
      ["damaged", {}, /damaged/],
      ["read-only", {}, /read-only/],
      ["lost-lock", {}, /lock/],
      ["unsettled", {}, /list/],
    ];
    for (const [kind, details, text] of rows)
      assert.match(explain(new RepositoryError(kind, "no", details), plain)?.text ?? "", text);
  });

  it("says nothing about a cancel", () => {
    const cancel = new DOMException("stopped", "AbortError");
    assert.ok(isCancel(cancel));
    assert.equal(explain(cancel, plain), undefined);
  });

  it("is no link, whatever a name or a server says", () => {
    // As VS Code finds links in its messages.
    const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)\)/i;
    const name = "[Retry](command:workbench.action.quit)";
    const error = new StorageError("denied", `403: [Sign in](https://example.com)`);
    error.place = { operation: "read", key: name, connection: name };
    const local = Object.assign(new Error("no"), { code: "ENOENT", path: name });
    const corrupt = new StorageError("unexpected", name);
    for (const one of [error, corrupt, local])
      assert.doesNotMatch(explain(one, plain)?.text ?? "", link);
    assert.doesNotMatch(explainFile(name, plain), link);
    assert.doesNotMatch(visible(name), link);
    assert.equal(visible(visible(name)), visible(name));
  });

  it("explains what the system said of one file among many", () => {
    const open = "EACCES: permission denied, open '/w/it's.txt'";
    assert.equal(explainFile(open, plain), "You may not read or write “/w/it's.txt”.");
    assert.equal(
      explainFile("ENOENT: no such file or directory, lstat '/x'", plain),
      "“/x” is not there.",
    );
    assert.equal(explainFile("it was left out", plain), "it was left out");
  });

  it("explains files of this computer, and admits what it does not know", () => {
    for (const code of ["ENOSPC", "EDQUOT"]) {
      const full = Object.assign(new Error(code), { code });
      assert.equal(explain(full, plain)?.text, "The disk is full. Make room, then try again.");
    }
    const mine = Object.assign(new Error("EACCES"), { code: "EACCES", path: "/x" });
    assert.equal(explain(mine, plain)?.text, "You may not read or write “/x”.");
    const path = "/disk/.offsite-83dc0b81-c30c-4942-961e-340f3aa2c3c9.part";
    const locked = Object.assign(new Error("EROFS"), { code: "EROFS", path });
    assert.match(explain(locked, plain)?.text ?? "", /^“\/disk” lies on a disk/);
    const restored = new StorageError("full", "ENOSPC", { reason: "disk-full" });
    assert.match(explain(restored, plain)?.text ?? "", /^A disk of this computer is full\./);
    const odd = explain(new TypeError("x is not a function"), plain);
    assert.match(odd?.text ?? "", /unexpected/);
    assert.ok(!odd?.text.includes("function"));
  });
});
