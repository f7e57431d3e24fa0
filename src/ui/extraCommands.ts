/** The commands for what only some storages can do. */
import type { Row } from "../app/browse.ts";
import { addressCommands } from "./addressCommands.ts";
import { archiveCommands } from "./archiveCommands.ts";
import { bucketCommands } from "./bucketCommands.ts";
import type { ExtraRooms } from "./extraRooms.ts";
import { linkCommands } from "./linkCommands.ts";
import { policyCommands } from "./policyCommands.ts";
import { propertiesCommands } from "./propertiesCommands.ts";
import { chosenFrom } from "./rows.ts";
import { versionCommands } from "./versionCommands.ts";

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
