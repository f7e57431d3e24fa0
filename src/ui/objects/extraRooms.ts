import type { Location } from "../../app/location.ts";
import type { Browse } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import type { Panels } from "../panels/panel.ts";
import type { Chosen } from "../rows.ts";

/** What the commands for what only some storages can do stand on. */
export interface ExtraRooms {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly panels: Panels;
  readonly chosen: Chosen;
  readonly revealPlace: (at: Location) => Promise<void>;
}
