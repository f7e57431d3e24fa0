/** The commands for what only some storages can do. */
import type { Row } from "../app/browsing/browse.ts";
import { addressCommands } from "./objects/addressCommands.ts";
import { archiveCommands } from "./objects/archiveCommands.ts";
import { bucketCommands } from "./buckets/bucketCommands.ts";
import type { ExtraRooms } from "./objects/extraRooms.ts";
import { linkCommands } from "./objects/linkCommands.ts";
import { policyCommands } from "./buckets/policyCommands.ts";
import { propertiesCommands } from "./objects/propertiesCommands.ts";
import { chosenFrom } from "./rows.ts";
import { versionCommands } from "./objects/versionCommands.ts";

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
