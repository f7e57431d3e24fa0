/** What was done last and can be taken back: with the button under its message, or with a key. */
import { l10n, window } from "vscode";
import { setOffer } from "../offers.ts";

/** Further back nobody remembers what it was. */
const mostKept = 20;

type Undo = () => Promise<void>;

export class LastDone {
  /** The last one last. */
  #undos: readonly Undo[] = [];

  /** Says what was done, and takes it back with `undo` if that is asked for; at most once. */
  async offer(text: string, undo: Undo): Promise<void> {
    this.#keep([...this.#undos, undo].slice(-mostKept));
    const title = l10n.t("Undo");
    if ((await window.showInformationMessage(text, title)) === title) await this.#run(undo);
  }

  /** Takes back the last of it. */
  async undo(): Promise<void> {
    const last = this.#undos.at(-1);
    if (last) await this.#run(last);
  }

  async #run(undo: Undo): Promise<void> {
    if (!this.#undos.includes(undo)) return;
    this.#keep(this.#undos.filter((other) => other !== undo));
    await undo();
  }

  #keep(undos: readonly Undo[]): void {
    this.#undos = undos;
    void setOffer("canUndo", undos.length > 0);
  }
}
