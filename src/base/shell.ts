/** Text in commands that people run: a shell takes it literally, whoever has thought it out. */

/** `text` for the shells of Unix. */
export function shellQuoted(text: string): string {
  if (/^[\w@%+:,./-][\w@%+=:,./-]*$/.test(text)) return text;
  // A terminal acts upon control characters as they are pasted, before any shell sees quotes.
  if (hasControl.test(text))
    return `$'${text.replace(/['\\]/g, "\\$&").replace(control, inOctal)}'`;
  // To fish, a backslash means something between quotes too.
  return `'${text.replace(/['\\]/g, "'\\$&'")}'`;
}

/** `text` for the shell that people use on `platform`: PowerShell on Windows. */
export function commandQuoted(text: string, platform: NodeJS.Platform = process.platform): string {
  return platform === "win32" ? quotedForPowerShell(text) : shellQuoted(text);
}

function quotedForPowerShell(text: string): string {
  if (/^[\w:./-]+$/.test(text)) return text;
  if (hasControl.test(text))
    return `"${text.replace(/[`$"\u201c-\u201e]/g, "`$&").replace(control, asPowerShellCharacter)}"`;
  // Typographic quotes end its strings, too.
  return `'${text.replace(/['\u2018-\u201b]/g, "$&$&")}'`;
}

const control = /\p{Cc}/gu;
const hasControl = /\p{Cc}/u;

function inOctal(character: string): string {
  return [...Buffer.from(character)]
    .map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
    .join("");
}

function asPowerShellCharacter(character: string): string {
  return `$([char]${character.charCodeAt(0)})`;
}
