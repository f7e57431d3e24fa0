/** Which rows a key is about. VS Code tells an extension what is selected in a tree, not what has the focus. */
import { commands, type TreeView } from "vscode";
import { never, pause } from "../../base/abort.ts";

/** So long a key waits for rows that are being drawn; who is still there then has pressed it again. */
const patienceMs = 3000;
const betweenLooksMs = 100;

/**
 * Tells which rows of `view` a key is about, as in the Explorer: those selected if the focused row is one
 * of them, else the focused row, which is selected from then on. The view must have the focus. Keys
 * are answered in the order in which they were pressed.
 */
export function rowsOfKeyboard<T>(view: TreeView<T>): () => Promise<readonly T[]> {
  let earlier: Promise<unknown> = Promise.resolve();
  return async () => {
    // Two that change the selection at the same time would each see what the other has done.
    const rows = earlier.then(async () => await rowsInFocus(view));
    earlier = rows.catch(() => {});
    return await rows;
  };
}

/**
 * While VS Code draws a place anew it shows the rows that were in it, and knows none of them here: they
 * count neither as selected nor as focused. A key that is pressed then waits until they are there.
 */
async function rowsInFocus<T>(view: TreeView<T>): Promise<readonly T[]> {
  const untilMs = Date.now() + patienceMs;
  for (;;) {
    const rows = await lookForFocus(view);
    if (rows) return rows;
    if (Date.now() >= untilMs) return [...view.selection];
    await pause(betweenLooksMs, never);
  }
}

/** Undefined if it cannot be told now. */
async function lookForFocus<T>(view: TreeView<T>): Promise<readonly T[] | undefined> {
  const before = [...view.selection];
  // The row whose selection it changes is the focused one; nothing else says which that is.
  await commands.executeCommand("list.toggleSelection");
  const toggled = [...view.selection];
  await commands.executeCommand("list.toggleSelection");
  const [focused, ...others] = differences(before, toggled);
  // What differs for another reason has come or gone with a drawing.
  const isCertain = others.length === 0 && differences(before, view.selection).length === 0;
  if (focused === undefined || !isCertain) return undefined;
  if (before.includes(focused)) return before;
  await view.reveal(focused, { select: true, focus: true });
  return [focused];
}

function differences<T>(some: readonly T[], others: readonly T[]): readonly T[] {
  return [
    ...some.filter((one) => !others.includes(one)),
    ...others.filter((one) => !some.includes(one)),
  ];
}
