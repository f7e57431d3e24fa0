/** Passphrases: making a good one, and judging one a person has typed. */

const consonants = "bdfghjklmnprstvz";
const vowels = "aiou";
const words = 8;

/**
 * Eight made-up words of five letters, each carrying 16 random bits: 128 bits that can be read out
 * over the phone, without characters that look alike and without a list of words to ship.
 */
export function generatePassphrase(
  random: (bytes: Uint8Array<ArrayBuffer>) => void = fillRandomly,
): string {
  const bytes = new Uint8Array(words * 2);
  random(bytes);
  const view = new DataView(bytes.buffer);
  return Array.from({ length: words }, (_, index) => word(view.getUint16(index * 2))).join("-");
}

export type Weakness = "empty" | "short" | "common" | "repeated" | "sequence";

export interface Strength {
  readonly level: "weak" | "fair" | "strong";
  /** A careful guess of how many yes-or-no questions the passphrase is worth. */
  readonly bits: number;
  readonly weakness?: Weakness;
}

/**
 * Judges without a dictionary, and rather too strictly: the repository's scrypt makes each guess
 * slow, but whoever holds a copy may guess for years.
 */
export function strength(passphrase: string): Strength {
  if (passphrase === "") return { level: "weak", bits: 0, weakness: "empty" };
  const characters = Array.from(passphrase);
  const worth = characters.filter((_, index) => surprising(characters, index));
  const bits = Math.round(worth.length * Math.log2(alphabetSize(worth)) * naturalness(passphrase));
  const weakness = weaknessOf(passphrase, worth.length / characters.length);
  if (weakness || bits < 45)
    return { level: "weak", bits: Math.min(bits, 44), weakness: weakness ?? "short" };
  return { level: bits < 70 ? "fair" : "strong", bits };
}

function word(bits: number): string {
  const consonant = (shift: number) => consonants.charAt((bits >> shift) & 15);
  const vowel = (shift: number) => vowels.charAt((bits >> shift) & 3);
  return consonant(12) + vowel(10) + consonant(6) + vowel(4) + consonant(0);
}

function fillRandomly(bytes: Uint8Array<ArrayBuffer>): void {
  crypto.getRandomValues(bytes);
}

const common = [
  "password",
  "passphrase",
  "passwort",
  "qwerty",
  "qwertz",
  "azerty",
  "letmein",
  "welcome",
  "admin",
  "secret",
  "iloveyou",
  "dragon",
  "monkey",
  "offsite",
  "backup",
  "restic",
  "changeme",
];

function weaknessOf(passphrase: string, surprisingShare: number): Weakness | undefined {
  const letters = passphrase.toLowerCase().replace(/[^a-z]/g, "");
  if (common.some((known) => letters.startsWith(known) && letters.length <= known.length + 3))
    return "common";
  if (new Set(passphrase).size <= 3) return "repeated";
  if (surprisingShare < 0.5) return "sequence";
  return undefined;
}

/** Whether the character follows from those before it less than obviously. */
function surprising(characters: readonly string[], index: number): boolean {
  const at = (back: number) => characters[index - back]?.codePointAt(0) ?? Number.NaN;
  const step = at(0) - at(1);
  if (step === 0) return false;
  if (Math.abs(step) === 1 && step === at(1) - at(2)) return false;
  // "abcabcabc": what repeats the three before it says nothing new.
  const three = characters.slice(index - 2, index + 1).join("");
  return index < 5 || !characters.slice(0, index).join("").includes(three);
}

function alphabetSize(characters: readonly string[]): number {
  const text = characters.join("");
  let size = 0;
  if (/[a-z]/.test(text)) size += 26;
  if (/[A-Z]/.test(text)) size += 26;
  if (/[0-9]/.test(text)) size += 10;
  if (/[^\p{L}\p{N}]/u.test(text)) size += 12;
  if (/[^\x20-\x7e]/.test(text)) size += 50;
  return Math.max(size, 10);
}

/** Letters in words people use are worth less than letters drawn at random. */
function naturalness(passphrase: string): number {
  const letters = passphrase.replace(/[^\p{L}]/gu, "").length;
  return letters / passphrase.length > 0.7 ? 0.45 : 0.8;
}
