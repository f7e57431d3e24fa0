/** How long something lasts, as people write it. Pure. */
import type { Translate } from "../words.ts";

const units: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 };

/** The seconds of "15 min", "1 h", "2.5 days", "1 week"; undefined if it is none of these. */
export function parseDuration(text: string): number | undefined {
  const pattern = /^(\d+(?:[.,]\d+)?)\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)$/i;
  const [, number = "", unit = ""] = pattern.exec(text.trim()) ?? [];
  const seconds = units[unit.charAt(0).toLowerCase()];
  if (seconds === undefined) return undefined;
  const total = Math.round(Number(number.replace(",", ".")) * seconds);
  return total > 0 ? total : undefined;
}

/** "15 minutes", "1 hour", "7 days": the largest unit it is a whole number of. */
export function durationText(t: Translate, seconds: number): string {
  const days = seconds / 86_400;
  if (Number.isInteger(days)) return days === 1 ? t("1 day") : t("{0} days", days);
  const hours = seconds / 3600;
  if (Number.isInteger(hours)) return hours === 1 ? t("1 hour") : t("{0} hours", hours);
  const minutes = Math.round(seconds / 60);
  return minutes === 1 ? t("1 minute") : t("{0} minutes", minutes);
}
