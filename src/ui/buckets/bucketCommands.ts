import { deleteBucket } from "./deleteBucket.ts";
import type { ExtraRooms } from "../objects/extraRooms.ts";
import { newBucket } from "./newBucket.ts";
import { isPlaceRow } from "../rows.ts";
import { showUnfinishedUploads } from "./unfinishedUploads.ts";

/** What can be done with a whole bucket. */
export function bucketCommands(rooms: ExtraRooms) {
  return {
    newBucket: async (...given: readonly unknown[]) => {
      const row = rooms.chosen(given).find((one) => one.type === "connection");
      if (row) await newBucket(rooms, row);
    },
    deleteBucket: async (...given: readonly unknown[]) => {
      const row = rooms.chosen(given).find((one) => one.type === "container");
      if (row) await deleteBucket(rooms, row);
    },
    showBucketSettings: (...given: readonly unknown[]) => {
      const row = rooms.chosen(given).find(isPlaceRow);
      if (row) rooms.panels.show({ kind: "bucket", at: row.at });
    },
    showUnfinishedUploads: async (...given: readonly unknown[]) => {
      const row = rooms.chosen(given).find(isPlaceRow);
      if (row) await showUnfinishedUploads(rooms, row.at);
    },
  };
}
