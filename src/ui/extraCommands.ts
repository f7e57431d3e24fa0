/** The commands for what only some storages can do. */
import type { Browse, Row } from "../app/browse.ts";
import type { Connections } from "../app/connections.ts";
import { addressCommands } from "./addressCommands.ts";
import { archiveCommands } from "./archiveCommands.ts";
import { bucketCommands } from "./bucketCommands.ts";
import { linkCommands } from "./linkCommands.ts";
import type { Panels } from "./panel.ts";
import { policyCommands } from "./policyCommands.ts";
import { propertiesCommands } from "./propertiesCommands.ts";
import { chosenFrom, type Chosen } from "./rows.ts";
import { versionCommands } from "./versionCommands.ts";

export interface ExtraRooms {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly panels: Panels;
  readonly chosen: Chosen;
}

export type ExtraCommands = ReturnType<typeof extraCommands>;

export function extraCommands({
  selected,
  ...rooms
}: Omit<ExtraRooms, "chosen"> & { readonly selected: () => readonly Row[] }) {
  const all: ExtraRooms = { ...rooms, chosen: chosenFrom(selected) };
  return {
    ...propertiesCommands(all),
    ...versionCommands(all),
    ...addressCommands(all),
    ...linkCommands(all),
    ...bucketCommands(all),
    ...archiveCommands(all),
    ...policyCommands(all),
  };
}
