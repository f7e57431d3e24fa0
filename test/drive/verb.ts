import { parseArgs, type ParseArgsConfig } from "node:util";
import type { Session } from "./session.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Values<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true; strict: true }>
>["values"];

/** What a verb has to say: as data, and as text for people. */
export interface Outcome {
  readonly json: unknown;
  readonly text: string;
  /** 0 if absent. */
  readonly exitCode?: number;
}

export interface Verb {
  /** After its name, e.g. "DIR... [--tag TAG]". */
  readonly usage: string;
  readonly summary: string;
  /** One line for each option. */
  readonly details?: readonly string[];
  run(args: readonly string[], session: Session): Promise<Outcome>;
}

/** The command line cannot be understood. */
export class UsageError extends Error {}

/** A verb whose options are parsed, and typed, by their declaration. */
export function defineVerb<const O extends Options>(verb: {
  readonly usage: string;
  readonly summary: string;
  readonly details?: readonly string[];
  readonly options: O;
  run(values: Values<O>, words: readonly string[], session: Session): Promise<Outcome>;
}): Verb {
  const { usage, summary, details, options } = verb;
  return {
    usage,
    summary,
    ...(details && { details }),
    run: async (args, session) => {
      const { values, positionals } = parsed(args, options);
      return await verb.run(values, positionals, session);
    },
  };
}

function parsed<O extends Options>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The word at `place`, which must be there. */
export function word(words: readonly string[], place: number, name: string): string {
  const found = words[place];
  if (found === undefined) throw new UsageError(`${name} is missing`);
  return found;
}

/** `text` as a whole number from 0 on. */
export function count(text: string, name: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${name} is a number, not "${text}"`);
  return Number(text);
}

/** One of `choices`. */
export function choice<const C extends string>(
  text: string,
  choices: readonly C[],
  name: string,
): C {
  const found = choices.find((each) => each === text);
  if (found === undefined) throw new UsageError(`${name} is one of ${choices.join(", ")}`);
  return found;
}
