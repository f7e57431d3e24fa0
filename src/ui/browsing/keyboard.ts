/** Which rows a key is about. VS Code tells an extension what is selected in a tree, not what has the focus. */
import { commands, type TreeView } from "vscode";

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

async function rowsInFocus<T>(view: TreeView<T>): Promise<readonly T[]> {
  const before = [...view.selection];
  // The row whose selection it changes is the focused one; nothing else says which that is.
  await commands.executeCommand("list.toggleSelection");
  const after = [...view.selection];
  const focused = after.find((row) => !before.includes(row));
  if (focused === undefined) {
    await commands.executeCommand("list.toggleSelection");
    return before;
  }
  await view.reveal(focused, { select: true, focus: true });
  return [focused];
}
