/** How long a link works, and how it is used, in words. Pure. */
import { commandQuoted } from "../../base/shell.ts";
import type { LinkLifetime, UploadLink } from "../../storage/extras.ts";
import { durationText } from "./durations.ts";
import { moment, type Translate } from "../words.ts";

/** A time to choose. */
export interface LinkTime {
  readonly label: string;
  readonly description: string;
  /** 0 for another one, which has to be asked for. */
  readonly seconds: number;
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const offered: readonly number[] = [15 * minute, hour, day, 7 * day];

/** The times that a link can work, none longer than `lifetime` has it. */
export function linkTimes(t: Translate, { longestSeconds, keyEnds }: LinkLifetime, now: Date) {
  const until = (seconds: number) => t("until {0}", untilText(now, seconds));
  const usual = offered
    .filter((seconds) => seconds <= longestSeconds)
    .map((seconds) => ({
      label: durationText(t, seconds),
      description: until(seconds),
      seconds,
    }));
  const whole: LinkTime = {
    label: t("As long as the temporary key"),
    description: until(longestSeconds),
    seconds: longestSeconds,
  };
  const other: LinkTime = {
    label: t("Another time…"),
    description: t("at most {0}", durationText(t, longestSeconds)),
    seconds: 0,
  };
  return [...usual, ...(keyEnds instanceof Date && longestSeconds > 0 ? [whole] : []), other];
}

/** What has to be known of links that are signed with a temporary key; empty for another. */
export function keyRemark(t: Translate, { keyEnds }: LinkLifetime): string {
  if (keyEnds === undefined) return "";
  return keyEnds === "unknown"
    ? t("The key of this connection is a temporary one: if it ends sooner, the link does, too.")
    : t(
        "The key of this connection is a temporary one: it and its links end on {0}.",
        minuteText(keyEnds),
      );
}

/** What uploads a file from a shell, once its path stands for FILE. */
export function uploadCommand({ url, headers }: UploadLink): string {
  const options = Object.entries(headers).map(
    (header) => `-H ${commandQuoted(header.join(": "))} `,
  );
  return `curl --upload-file FILE ${options.join("")}${commandQuoted(url)}`;
}

/** "2026-03-01 14:02", in this computer's zone. */
export function untilText(now: Date, seconds: number): string {
  return minuteText(new Date(now.getTime() + seconds * 1000));
}

function minuteText(time: Date): string {
  return moment(time).slice(0, -3);
}
