/** VS Code's own measure: further on it does not look. */
const lookedAtBytes = 512;

/**
 * Whether a text editor has something to show of `content`, as VS Code decides it: bytes of zero are
 * found in UTF-16, where every other one may be, and else in nothing that is text.
 */
export function looksLikeText(content: Uint8Array): boolean {
  // A PDF may begin without zeros; VS Code shows its bytes as if they were letters.
  if (startsWith(content, [0x25, 0x50, 0x44, 0x46, 0x2d])) return false;
  if (startsWith(content, [0xfe, 0xff]) || startsWith(content, [0xff, 0xfe])) return true;
  const start = content.subarray(0, lookedAtBytes);
  if (!start.includes(0)) return true;
  const zerosAt = (parity: number) =>
    start.every((byte, at) => (byte === 0) === (at % 2 === parity));
  return zerosAt(0) || zerosAt(1);
}

function startsWith(content: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, at) => content[at] === byte);
}
