/** What becomes of a file whose name is taken. */
import type { Existing } from "./plan.ts";

/** One side of the question: what there is to choose between. */
export interface Side {
  readonly size: number;
  readonly modified?: Date;
}

export interface Question {
  readonly name: string;
  readonly source: Side;
  readonly there: Side;
}

export interface Answer {
  readonly choice: Exclude<Existing, "ask">;
  /** For all files of this transfer from now on. */
  readonly forAll: boolean;
}

/** Asks a person. Nothing means that the question was put aside: then the transfer pauses. */
export type Ask = (question: Question, signal: AbortSignal) => Promise<Answer | undefined>;

export type Decision = "skip" | "replace" | "rename";

/** The question was put aside. */
export class PutAsideError extends Error {
  override readonly name = "PutAsideError";
}

/** Decides for one transfer, asking one question at a time. */
export class TransferPolicy {
  readonly #ask: Ask;
  readonly #onAsking: (isAsking: boolean) => void;
  #existing: Existing;
  #last: Promise<unknown> = Promise.resolve();

  constructor(existing: Existing, ask: Ask, onAsking: (isAsking: boolean) => void) {
    this.#existing = existing;
    this.#ask = ask;
    this.#onAsking = onAsking;
  }

  /** The rule that holds by now. */
  get existing(): Existing {
    return this.#existing;
  }

  /** Fails with `PutAsideError` if a person was asked and did not answer. */
  async decide(question: Question, signal: AbortSignal): Promise<Decision> {
    const mine = this.#last.then(async () => await this.#decideNow(question, signal));
    this.#last = mine.catch(() => undefined);
    return await mine;
  }

  async #decideNow(question: Question, signal: AbortSignal): Promise<Decision> {
    signal.throwIfAborted();
    if (this.#existing !== "ask") return decision(this.#existing, question);
    this.#onAsking(true);
    try {
      const answer = await this.#ask(question, signal);
      if (!answer) throw new PutAsideError("put aside");
      if (answer.forAll) this.#existing = answer.choice;
      return decision(answer.choice, question);
    } finally {
      this.#onAsking(false);
    }
  }
}

function decision(choice: Answer["choice"], { source, there }: Question): Decision {
  if (choice !== "newer") return choice;
  // Where a time is not known, nobody can say that the source is newer.
  if (!source.modified || !there.modified) return "skip";
  // Storages keep whole seconds.
  return source.modified.getTime() >= there.modified.getTime() + 1000 ? "replace" : "skip";
}

/** "a (2).txt" for "a.txt": the `number`th file of one name. */
export function numbered(name: string, number: number): string {
  const at = name.lastIndexOf("/") + 1;
  const dot = name.lastIndexOf(".");
  // A leading dot begins a hidden name, not an ending.
  const end = dot > at ? dot : name.length;
  return `${name.slice(0, end)} (${number})${name.slice(end)}`;
}
