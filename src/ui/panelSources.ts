/** Where the panels come from: one for each kind of subject. */
import { bucketSettings } from "./buckets/bucketSettings.ts";
import type { ExtraRooms } from "./objects/extraRooms.ts";
import type { PanelSource } from "./panels/panel.ts";
import type { PanelSubject } from "./panels/panelState.ts";
import { properties } from "./objects/properties.ts";

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
