/** Numbers, sizes and times as people read them. Pure: the language comes in as `t`. */

import type { SnapshotSummary } from "../engine/format/snapshot.ts";

/** `vscode.l10n.t` in the extension; plain substitution in tests. */
export type Translate = (message: string, ...values: (string | number | boolean)[]) => string;

/** A sentence as it begins. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What stands beside a headline: the sentence, without the words that the headline has said. */
export function besideHeadline(headline: string, sentence: string): string {
  return sentence.startsWith(headline) ? sentence.slice(headline.length).trimStart() : sentence;
}

/** "14 files", "1 file". */
export function files(t: Translate, count: number): string {
  return count === 1 ? t("1 file") : t("{0} files", grouped(count));
}

/** "3 files changed"; of a first snapshot, which has nothing to compare with, "11 files". */
export function changedFiles(
  t: Translate,
  summary: Pick<SnapshotSummary, "files_new" | "files_changed" | "files_unmodified">,
): string {
  const { files_new: added, files_changed: changed, files_unmodified: same } = summary;
  return changed + same === 0 ? files(t, added) : t("{0} changed", files(t, added + changed));
}

/** "1.2 GB": three digits at most, decimal units, as storage providers bill. */
export function size(t: Translate, bytes: number): string {
  if (bytes === 1) return t("1 byte");
  const units = [t("bytes"), t("KB"), t("MB"), t("GB"), t("TB"), t("PB")];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, "")} ${units[unit]}`;
}

/** The size, and what is charged for it if that is more: "9 KB, billed as 128 KB". */
export function sizeAsBilled(t: Translate, bytes: number, billedBytes: number): string {
  const [own, billed] = [size(t, bytes), size(t, billedBytes)];
  return billed === own ? own : t("{0}, billed as {1}", own, billed);
}

/** "14 objects"; "14 files" where the storage holds those. */
export function things(t: Translate, noun: "object" | "file", count: number): string {
  if (noun === "file") return files(t, count);
  return count === 1 ? t("1 object") : t("{0} objects", grouped(count));
}

/** "12,345". */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** What has no picture of its own: it controls text or its direction, or takes no room at all. */
const invisible =
  /[\p{Cc}\u{ad}\u{61c}\u{180e}\u{200b}\u{200e}\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{feff}\u{e0000}-\u{e007f}]|^ +| +$/gu;

/**
 * A name from outside as it is shown. Whatever could make it look like another stands there as a
 * sign or as its code: `gpj.exe` written backwards is no picture.
 */
export function visible(name: string): string {
  return inert(name.replace(invisible, (characters) => Array.from(characters, signOf).join("")));
}

/**
 * `text` in which VS Code finds no link and no icon. In messages and questions it makes a link of
 * `[text](command:…)`, which runs that command, and in lists and the status bar an icon of `$(name)`,
 * whoever has named something so. What comes in between takes no room.
 */
export function inert(text: string): string {
  return text.replace(/(?<=[\]$])\(/g, "\u{200c}(");
}

function signOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // Unicode has pictures of the oldest ones, and of a blank.
  if (code <= 0x20) return String.fromCodePoint(0x2400 + code);
  return `‹U+${code.toString(16).toUpperCase().padStart(4, "0")}›`;
}

/** "3 min ago"; the date itself once that is easier. */
export function ago(t: Translate, then: Date, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - then.getTime()) / 1000);
  if (seconds < 60) return t("just now");
  if (seconds < 3600) return t("{0} min ago", Math.floor(seconds / 60));
  if (seconds < 24 * 3600) return t("{0} h ago", Math.floor(seconds / 3600));
  const days = Math.floor(seconds / (24 * 3600));
  if (days < 14) return days === 1 ? t("1 day ago") : t("{0} days ago", days);
  return day(then);
}

/** "42 s", "3 min", "1 h 5 min". */
export function duration(t: Translate, ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 1) return t("under a second");
  if (seconds < 60) return t("{0} s", seconds);
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t("{0} min", minutes);
  return t("{0} h {1} min", Math.floor(minutes / 60), minutes % 60);
}

/** "2026-03-01 14:02:09", in this computer's zone. */
export function moment(time: Date): string {
  return `${day(time)} ${clock(time)}:${two(time.getSeconds())}`;
}

/** "2026-03-01", in this computer's zone. */
export function day(time: Date): string {
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** "14:02", in this computer's zone. */
export function clock(time: Date): string {
  return `${two(time.getHours())}:${two(time.getMinutes())}`;
}

const two = (value: number) => String(value).padStart(2, "0");
