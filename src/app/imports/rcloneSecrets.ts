/** How rclone hides single passwords, and how it encrypts its whole configuration. */
import { text, utf8, type Bytes } from "../../base/bytes.ts";
import { MalformedText } from "./found.ts";

/**
 * The password that rclone has obscured, which keeps it from a glance and from nobody else: the key
 * is public. Undefined if it is not one.
 * https://github.com/rclone/rclone/blob/master/fs/config/obscure/obscure.go
 */
export async function revealed(obscured: string): Promise<string | undefined> {
  const bytes = fromBase64(obscured.replaceAll("-", "+").replaceAll("_", "/"));
  if (!bytes || bytes.length <= counterBytes) return undefined;
  const key = await crypto.subtle.importKey("raw", publicKey, "AES-CTR", false, ["decrypt"]);
  const counter = bytes.slice(0, counterBytes);
  const hidden = bytes.slice(counterBytes);
  const plain = await crypto.subtle.decrypt({ name: "AES-CTR", counter, length: 128 }, key, hidden);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch {
    return undefined;
  }
}

const counterBytes = 16;
const publicKey = Uint8Array.from(
  "9c935b48730a554d6bfd7c63c886a92bd390198eb8128afbf4de162b8b95f638".match(/../g) ?? [],
  (byte) => Number.parseInt(byte, 16),
);

/** Whether the whole configuration is encrypted. */
export function isEncrypted(configuration: string): boolean {
  return markedLine(configuration) !== undefined;
}

/**
 * The configuration in plain; undefined if the password is not the one. Fails with `MalformedText`
 * if what is encrypted is not complete.
 * https://github.com/rclone/rclone/blob/master/fs/config/crypt.go
 */
export async function decrypted(
  configuration: string,
  password: string,
): Promise<string | undefined> {
  const line = markedLine(configuration) ?? 0;
  // There has been no other way of encrypting so far.
  if (!/^RCLONE_ENCRYPT_V0:/m.test(configuration)) throw new MalformedText(line);
  const sealed = configuration.split(/\r?\n/).slice(line).join("");
  const bytes = fromBase64(sealed.replaceAll(/\s/g, ""));
  if (!bytes || bytes.length < nonceBytes + tagBytes) throw new MalformedText(line + 1);
  const { xsalsa20poly1305 } = await import("@noble/ciphers/salsa.js");
  const digest = await crypto.subtle.digest("SHA-256", utf8(`[${password}][rclone-config]`));
  const box = xsalsa20poly1305(new Uint8Array(digest), bytes.subarray(0, nonceBytes));
  try {
    return text(box.decrypt(bytes.subarray(nonceBytes)));
  } catch {
    // The tag does not match: the library has no other reason to fail.
    return undefined;
  }
}

const nonceBytes = 24;
const tagBytes = 16;

/** The number of the line that says so, if the first line that says anything does. */
function markedLine(configuration: string): number | undefined {
  const lines = configuration.split(/\r?\n/);
  const first = lines.findIndex((line) => !/^\s*([#;]|$)/.test(line));
  return /^RCLONE_ENCRYPT_V\d+:\s*$/.test(lines[first] ?? "") ? first + 1 : undefined;
}

function fromBase64(given: string): Bytes | undefined {
  try {
    return Uint8Array.from(atob(given), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
