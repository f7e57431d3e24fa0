/** From an editor to its row. */
import { Uri, window } from "vscode";
import { type Location, locationAt } from "../../app/location.ts";
import type { CommandTable } from "../commands.ts";
import { isRemote } from "../remoteUri.ts";

/** `show` shows the row of an object, with the focus. */
export function editorCommands(
  show: (at: Location) => Promise<void>,
): Pick<CommandTable, "revealInConnections"> {
  return {
    revealInConnections: async (given) => {
      const uri = given instanceof Uri ? given : window.activeTextEditor?.document.uri;
      if (uri && isRemote(uri)) await show(locationAt(uri.authority, uri.path));
    },
  };
}
