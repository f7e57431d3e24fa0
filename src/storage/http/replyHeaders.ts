import type { HttpHeaders } from "./messages.ts";

/** Headers under names in lower case. To make `Headers` of them takes longer than all that is asked of them. */
export class ReplyHeaders implements HttpHeaders {
  readonly #headers: Readonly<Record<string, string | readonly string[] | undefined>>;

  constructor(headers: Readonly<Record<string, string | readonly string[] | undefined>>) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    const value = this.#headers[name.toLowerCase()];
    return typeof value === "object" ? value.join(", ") : (value ?? null);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  *[Symbol.iterator](): Generator<[string, string], undefined> {
    for (const name of Object.keys(this.#headers)) yield [name, this.get(name) ?? ""];
  }
}
