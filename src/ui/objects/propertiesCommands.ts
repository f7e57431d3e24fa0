import { l10n, window } from "vscode";
import type { Connections } from "../../app/connections/connections.ts";
import { extrasOf } from "../../storage/provider.ts";
import type { CommandTable } from "../commands.ts";
import type { Panels } from "../panels/panel.ts";
import { isStoredRow, type Chosen } from "../rows.ts";
import { selectionText } from "./selectionText.ts";

/** "Properties": a panel of what is known of an object beside its content; of several, a sentence. */
export function propertiesCommands(rooms: {
  readonly connections: Connections;
  readonly panels: Panels;
  readonly chosen: Chosen;
}): Pick<CommandTable, "showProperties"> {
  return {
    showProperties: (...given) => {
      // The key comes here from any row.
      const [row, ...others] = rooms.chosen(given).filter(isStoredRow);
      if (row && others.length > 0)
        void window.showInformationMessage(selectionText(l10n.t, [row, ...others]));
      else if (row?.type === "object" && hasDetails(rooms.connections, row.at.connection))
        rooms.panels.show({ kind: "properties", at: row.at });
    },
  };
}

function hasDetails(connections: Connections, id: string): boolean {
  const connection = connections.get(id);
  const provider = connection && connections.provider(connection);
  return provider ? extrasOf(provider, connection).includes("details") : false;
}
