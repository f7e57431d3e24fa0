import { l10n, window } from "vscode";
import type { Connections } from "../app/connections/connections.ts";
import type { Log } from "../app/ports.ts";
import { isStorageError } from "../storage/errors.ts";
import { explain, type Message } from "./messages.ts";
import type { Remedy } from "./storageMessages.ts";

/** Who tries again later than this is told again: the message may lie behind the bell by then. */
const shownMs = 10_000;

/** What the buttons under a message do. One that is absent leaves its button out. */
export type Remedies = Partial<Readonly<Record<Remedy, () => unknown>>>;

export interface ReportingRooms {
  readonly connections: Connections;
  readonly log: Log & { show(): void };
  editConnection(id: string): unknown;
}

/** Says why something failed, in one notification per incident, and offers the one likely fix. */
export class Reporter {
  readonly #rooms: ReportingRooms;
  /** What is on the screen now, and since when: repeats do not stack. */
  readonly #showing = new Map<string, number>();

  constructor(rooms: ReportingRooms) {
    this.#rooms = rooms;
  }

  /**
   * Logs the error and tells the user; a cancel is neither. `aftermath` is a sentence that says in
   * what state things are now. Does not wait for the answer.
   */
  report(error: unknown, remedies: Remedies = {}, aftermath?: string): void {
    const message = explain(error, l10n.t);
    if (!message) return;
    this.#rooms.log.error(logLine(error, message));
    const text = aftermath === undefined ? message.text : `${message.text} ${aftermath}`;
    void this.#show({ ...message, text }, { ...this.#defaults(error), ...remedies });
  }

  async #show({ text, buttons }: Message, remedies: Remedies): Promise<void> {
    const now = Date.now();
    if (now - (this.#showing.get(text) ?? Number.NEGATIVE_INFINITY) < shownMs) return;
    this.#showing.set(text, now);
    try {
      const offered = buttons.filter(({ remedy }) => remedies[remedy]);
      const chosen = await window.showErrorMessage(text, ...offered.map(({ title }) => title));
      const button = offered.find(({ title }) => title === chosen);
      if (button) await remedies[button.remedy]?.();
    } finally {
      // Said again since then, it is another one that has gone.
      if (this.#showing.get(text) === now) this.#showing.delete(text);
    }
  }

  #defaults(error: unknown): Remedies {
    const name = isStorageError(error) ? error.place?.connection : undefined;
    const named = this.#rooms.connections.list().filter((one) => one.name === name);
    // Of two with one name, nobody can say which it was.
    const connection = named.length === 1 ? named[0] : undefined;
    return {
      "show-log": () => this.#rooms.log.show(),
      ...(connection && {
        "edit-connection": () => this.#rooms.editConnection(connection.id),
      }),
    };
  }
}

/** The log has the service's own words; a stack only where nobody foresaw the error. */
function logLine(error: unknown, { text, detail }: Message): string {
  const place = isStorageError(error) ? error.place : undefined;
  const at = place ? ` (${[place.operation, place.key, place.connection].join(" ")})` : "";
  const stack = !isStorageError(error) && error instanceof Error ? `\n${error.stack ?? ""}` : "";
  return `${text} ${detail ?? ""}${at}${stack}`;
}
