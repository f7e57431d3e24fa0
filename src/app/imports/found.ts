/** What other programs' settings hold of connections, before anything of it is saved. */
import type { Answers } from "../../storage/provider.ts";

/** Where something was found. */
export type Source =
  | "aws"
  | "environment"
  | "rclone"
  | "s3cmd"
  | "minio-client"
  | "cyberduck"
  | "netrc"
  | "workspace"
  | "offsite";

interface Named {
  readonly source: Source;
  /** What the other program calls it. */
  readonly name: string;
}

/** Can be saved as it is. */
export interface FoundConnection extends Named {
  readonly type: "connection";
  readonly provider: string;
  readonly preset?: string;
  /** With secrets, as far as they were there. */
  readonly answers: Answers;
  /** Of a connection of Offsite's own on another computer; workspace settings refer to it. */
  readonly id?: string;
  readonly readOnly?: boolean;
  readonly containers?: readonly string[];
}

/** Known to the other program, but nothing that would work here. */
export interface UnusableConnection extends Named {
  readonly type: "unusable";
  readonly reason: UnusableReason;
  /** The one it speaks, in the other program's word, if that is the reason. */
  readonly protocol?: string;
}

export type UnusableReason =
  | "needs-sign-in" // a second factor, an account without a key
  | "no-key"
  | "master-key" // opens the whole account, and only by the service's own protocol
  | "other-protocol"
  | "own-form" // what lies there, only the other program can read
  | "several" // joins other entries
  | "own-headers" // signs in by headers that nobody here would send
  | "own-encryption" // each request has to bring the key (SSE-C)
  | "whole-computer" // no folder is named
  | "elsewhere" // stands for another entry, which is not there or has no such folder here
  | "bad-address"
  | "newer-provider";

export type Found = FoundConnection | UnusableConnection;

/** A text that is not what its name says. Carries the line, never what stands there. */
export class MalformedText extends Error {
  override readonly name = "MalformedText";
  readonly line: number;

  constructor(line: number) {
    super(`line ${line} cannot be understood`);
    this.line = line;
  }
}

/** `given` as a web address without a slash at its end; undefined if it is none. */
export function webAddress(given: string, scheme = "https"): string | undefined {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `${scheme}://${given}`;
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username || parsed.password)
    return undefined;
  return url.replace(/\/+$/, "");
}

/** Without the answers that say nothing. */
export function stated(answers: Answers): Answers {
  return Object.fromEntries(
    Object.entries(answers).filter(([, answer]) => answer !== undefined && answer !== ""),
  );
}

/** Where JSON stops making sense. The parser's message quotes the text around, so only its number is taken. */
export function brokenLine(text: string): number {
  try {
    JSON.parse(text);
  } catch (error) {
    const [, position] = /at position (\d+)/.exec(String(error)) ?? [];
    if (position !== undefined) return text.slice(0, Number(position)).split("\n").length;
  }
  return text.split("\n").length;
}
