/** Shows a row of the tree, with the rows it lies in. */
import type { TreeView } from "vscode";
import type { Row } from "../../app/browsing/browse.ts";
import { never, pause } from "../../base/abort.ts";

export type Reveal = (row: Row, options: Parameters<TreeView<Row>["reveal"]>[1]) => Promise<void>;

const triesAtMost = 5;
const betweenTriesMs = 300;

/** VS Code loses track of rows while it draws their place anew; they are there again soon. */
export function revealIn(view: TreeView<Row>): Reveal {
  return async (row, options) => {
    for (let tries = 1; ; tries++)
      try {
        return await view.reveal(row, options);
      } catch (error) {
        if (tries === triesAtMost) throw error;
        await pause(betweenTriesMs, never);
      }
  };
}
