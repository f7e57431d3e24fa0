import { window } from "vscode";
import type { Elsewhere } from "../app/ports.ts";

/** Another window may have changed something while this one was not looked at. */
export const otherWindows: Elsewhere = {
  onDidChange: (listener) =>
    window.onDidChangeWindowState(({ focused }) => {
      if (focused) listener();
    }),
};
