import type { Connections } from "../app/connections.ts";
import type { CommandTable } from "./commands.ts";
import { extrasOf } from "../storage/provider.ts";
import type { Panels } from "./panel.ts";
import type { Chosen } from "./rows.ts";

/** "Properties": a panel of what is known of an object beside its content. */
export function propertiesCommands(rooms: {
  readonly connections: Connections;
  readonly panels: Panels;
  readonly chosen: Chosen;
}): Pick<CommandTable, "showProperties"> {
  return {
    showProperties: (...given) => {
      // The key comes here from any row.
      const objects = rooms.chosen(given).filter((one) => one.type === "object");
      for (const { at } of objects.filter(({ at }) => hasDetails(rooms.connections, at.connection)))
        rooms.panels.show({ kind: "properties", at });
    },
  };
}

function hasDetails(connections: Connections, id: string): boolean {
  const connection = connections.get(id);
  const provider = connection && connections.provider(connection);
  return provider ? extrasOf(provider, connection).includes("details") : false;
}
