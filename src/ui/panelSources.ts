/** Where the panels come from: one for each kind of subject. */
import { bucketSettings } from "./bucketSettings.ts";
import type { ExtraRooms } from "./extraRooms.ts";
import type { PanelSource } from "./panel.ts";
import type { PanelSubject } from "./panelState.ts";
import { properties } from "./properties.ts";

/** How the panel of `subject` is called, loaded, drawn and saved. Asks nothing yet. */
export function panelSource(
  rooms: Pick<ExtraRooms, "browse" | "connections">,
  { kind, at }: PanelSubject,
): PanelSource {
  switch (kind) {
    case "properties":
      return properties(rooms, at);
    case "bucket":
      return bucketSettings(rooms, at);
  }
}
