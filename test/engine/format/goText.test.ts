import assert from "node:assert/strict";
import {
  goMode,
  goQuote,
  goString,
  goTime,
  goUnquote,
  permissions,
} from "../../../src/engine/format/goText.ts";
import { parseMoment } from "../../../src/engine/format/moment.ts";

// Each pair was written by restic itself, or by Go's strconv.Quote and json.Marshal.
const names: readonly (readonly [string | Buffer, string])[] = [
  ["plain.txt", "plain.txt"],
  ["with space", "with space"],
  ['quo"te', '"quo\\\\\\"te"'.slice(1, -1)],
  ["back\\slash", "back\\\\\\\\slash"],
  ["new\nline\ttab\r", "new\\\\nline\\\\ttab\\\\r"],
  ["bell\u0007\b\f\v", "bell\\\\a\\\\b\\\\f\\\\v"],
  ["nul\u0001\u001f\u007f", "nul\\\\x01\\\\x1f\\\\x7f"],
  ["<&>", "\\u003c\\u0026\\u003e"],
  ["grüße 漢字 😀", "grüße 漢字 😀"],
  ["\u00a0\u2028\u200b\ufeff", "\\\\u00a0\\\\u2028\\\\u200b\\\\ufeff"],
  ["\ue000\u{f0000}", "\\\\ue000\\\\U000f0000"],
  ["\ufffd", "\ufffd"],
  [Buffer.from("bad\xffname", "latin1"), "bad\\\\xffname"],
  [Buffer.from([0xe2, 0x82, 0x41, 0xc3, 0xbc, 0xc3]), "\\\\xe2\\\\x82Aü\\\\xc3"],
];

describe("Go's text", () => {
  it("writes names as strconv.Quote and then encoding/json do", () => {
    for (const [name, written] of names) assert.equal(goString(goQuote(name)), `"${written}"`);
  });

  it("reads back every name it writes", () => {
    for (const [name] of names) {
      const back = goUnquote(goQuote(name));
      assert.deepEqual(Buffer.from(back?.bytes ?? back?.text ?? ""), Buffer.from(name));
      assert.equal(back?.bytes !== undefined, typeof name !== "string");
    }
  });

  it("reads the escapes that Go reads and it does not write", () => {
    assert.equal(goUnquote("\\101\\u00fc\\U0001F600\\xc3\\xbc")?.text, "Aü😀ü");
  });

  it("refuses what Go cannot have written", () => {
    for (const text of ["\\", "\\q", "\\x4", "\\u12", "\\400", '"', "a\nb", "\\ud800", "\\'"])
      assert.equal(goUnquote(text), undefined, text);
  });

  it("writes bytes that are not UTF-8 as the replacement's escape in JSON", () => {
    assert.equal(goString(Buffer.from("bad\xfftarget", "latin1")), '"bad\\ufffdtarget"');
    assert.equal(goString("t\b\f\u0001<>"), '"t\\b\\f\\u0001\\u003c\\u003e"');
  });

  it("writes times with as many digits as they need", () => {
    const base = 1_763_711_259n * 1_000_000_000n;
    const clock = new Date(1_763_711_259_000);
    const minutes = -clock.getTimezoneOffset();
    const local = new Date(clock.getTime() + minutes * 60_000).toISOString().slice(0, 19);
    for (const [nanoseconds, digits] of [
      [0n, ""],
      [239n, ".000000239"],
      [500_000_000n, ".5"],
      [238_747_527n, ".238747527"],
    ] as const) {
      const text = goTime(base + nanoseconds);
      assert.ok(text.startsWith(local + digits), text);
      assert.equal(parseMoment(text)?.ns, base + nanoseconds);
    }
  });

  it("keeps years within what RFC 3339 can write", () => {
    assert.match(goTime(-(10n ** 20n)), /^(0000|-?000|0001)/);
    assert.match(goTime(10n ** 21n), /^(9999|\+?010000)/);
    assert.equal(parseMoment(goTime(-1n))?.ns, -1n);
  });

  it("moves a mode's bits to where Go has them, and back", () => {
    for (const [mode, go] of [
      [0o040755, 2147484141],
      [0o100644, 420],
      [0o120777, 134218239],
      [0o060644, 67109284],
      [0o020644, 69206436],
      [0o010644, 33554852],
      [0o104755, 8388608 + 0o755],
      [0o102755, 4194304 + 0o755],
      [0o041777, 2147483648 + 1048576 + 0o777],
    ] as const) {
      assert.equal(goMode(mode), go);
      assert.equal(permissions(go), mode & 0o7777);
    }
  });
});
