import { locationId } from "../app/location.ts";
import { bucketSettings } from "./bucketSettings.ts";
import type { ExtraRooms } from "./extraCommands.ts";
import { isPlaceRow } from "./rows.ts";
import { showUnfinishedUploads } from "./unfinishedUploads.ts";

/** What can be done with a whole bucket. */
export function bucketCommands(rooms: ExtraRooms) {
  return {
    showBucketSettings: (...given: readonly unknown[]) => {
      const row = rooms.chosen(given).find(isPlaceRow);
      if (row) rooms.panels.show(`settings ${locationId(row.at)}`, bucketSettings(rooms, row.at));
    },
    showUnfinishedUploads: async (...given: readonly unknown[]) => {
      const row = rooms.chosen(given).find(isPlaceRow);
      if (row) await showUnfinishedUploads(rooms, row.at);
    },
  };
}
