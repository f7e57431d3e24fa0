/** Keeps "3 min ago" true for whoever looks at it. */
import { Disposable, type TreeView } from "vscode";
import type { Row } from "../../app/browsing/browse.ts";
import type { Clock } from "../../app/ports.ts";
import type { ConnectionsTree } from "./tree.ts";

const everyMs = 60_000;

export function keepAgesTrue(view: TreeView<Row>, tree: ConnectionsTree, clock: Clock): Disposable {
  let drawnAt = clock.now();
  const redraw = () => {
    if (!view.visible) return;
    const now = clock.now();
    tree.redrawAges(drawnAt, now);
    drawnAt = now;
  };
  const timer = setInterval(redraw, everyMs);
  return Disposable.from(
    view.onDidChangeVisibility(redraw),
    new Disposable(() => clearInterval(timer)),
  );
}
