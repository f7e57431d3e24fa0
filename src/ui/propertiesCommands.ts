import { l10n } from "vscode";
import { addressesAt } from "../app/addresses.ts";
import type { Browse, ObjectRow } from "../app/browse.ts";
import type { Connections } from "../app/connections.ts";
import { locationId, parentOf } from "../app/location.ts";
import { readProperties, saveProperties } from "../app/properties.ts";
import { extrasOf } from "../storage/provider.ts";
import type { CommandTable } from "./commands.ts";
import type { Loaded, Panels, PanelSource } from "./panel.ts";
import {
  editedProperties,
  propertiesContent,
  propertiesDraft,
  propertiesProblems,
} from "./propertiesContent.ts";
import type { Chosen } from "./rows.ts";

/** "Properties": a panel of what is known of an object beside its content. */
export function propertiesCommands(rooms: {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly panels: Panels;
  readonly chosen: Chosen;
}): Pick<CommandTable, "showProperties"> {
  return {
    showProperties: (...given) => {
      // The key comes here from any row.
      const objects = rooms.chosen(given).filter((one) => one.type === "object");
      for (const row of objects.filter(({ at }) => hasDetails(rooms.connections, at.connection)))
        rooms.panels.show(`properties ${locationId(row.at)}`, sourceOf(rooms, row));
    },
  };
}

function hasDetails(connections: Connections, id: string): boolean {
  const connection = connections.get(id);
  const provider = connection && connections.provider(connection);
  return provider !== undefined && extrasOf(provider, connection?.preset).includes("details");
}

function sourceOf(
  rooms: { readonly browse: Browse; readonly connections: Connections },
  { at, name }: ObjectRow,
): PanelSource {
  return {
    title: l10n.t("{0}: Properties", name),
    load: async (signal): Promise<Loaded> => {
      const storage = await rooms.browse.open(at);
      const properties = await readProperties(storage, at.key, { signal });
      return {
        draft: propertiesDraft(properties),
        render: () =>
          propertiesContent({
            name,
            address: addressesAt(rooms.connections, at).uri,
            properties,
            isReadOnly: rooms.connections.get(at.connection)?.readOnly === true,
            now: new Date(),
            t: l10n.t,
          }),
        problems: (draft) => propertiesProblems(draft, l10n.t),
        save: async (draft, saving) => {
          const edited = editedProperties(properties, draft);
          await saveProperties(storage, properties, edited, { signal: saving });
          rooms.browse.refresh(parentOf(at));
        },
      };
    },
  };
}
