import { l10n } from "vscode";
import { addressesAt } from "../../app/browsing/addresses.ts";
import { nameOf, parentOf, type Location } from "../../app/location.ts";
import { readProperties, saveProperties } from "../../app/objects/properties.ts";
import { requestFromArchive } from "./archiveCommands.ts";
import type { ExtraRooms } from "./extraRooms.ts";
import type { Loaded, PanelSource } from "../panels/panel.ts";
import {
  editedProperties,
  propertiesContent,
  propertiesDraft,
  propertiesProblems,
  requestAct,
} from "./propertiesContent.ts";
import { visible } from "../words.ts";

/** "Properties": headers, metadata, tags and storage class of one object, as a panel. */
export function properties(
  { browse, connections }: Pick<ExtraRooms, "browse" | "connections">,
  at: Location,
): PanelSource {
  const name = visible(nameOf(at.key));
  const connection = connections.get(at.connection);
  return {
    title: l10n.t("{0}: Properties", name),
    load: async (signal): Promise<Loaded> => {
      const storage = await browse.open(at);
      let stored = await readProperties(storage, at.key, { signal });
      return {
        draft: propertiesDraft(stored),
        render: () =>
          propertiesContent({
            name,
            address: addressesAt(connections, at).uri,
            properties: stored,
            isReadOnly: connections.get(at.connection)?.readOnly === true,
            storageClasses: connection ? connections.storageClasses(connection) : {},
            now: new Date(),
            t: l10n.t,
          }),
        problems: (draft) => propertiesProblems(draft, l10n.t),
        act: async (button) => {
          if (button !== requestAct) return undefined;
          await requestFromArchive(browse, [{ at, name: nameOf(at.key) }]);
          stored = await readProperties(storage, at.key, { signal });
          return undefined;
        },
        save: async (draft, saving) => {
          const edited = editedProperties(stored, draft);
          await saveProperties(storage, stored, edited, { signal: saving });
          browse.refresh(parentOf(at));
        },
      };
    },
  };
}
