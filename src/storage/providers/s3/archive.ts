import { isStorageError } from "../../errors.ts";
import type { Archive } from "../../extras.ts";
import { archiveOf } from "./details.ts";
import { headOf, type S3Bucket } from "./objects.ts";

const tiers = { fast: "Expedited", standard: "Standard", bulk: "Bulk" } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html */
export function s3Archive(bucket: S3Bucket): Archive {
  const { session, name } = bucket;
  return {
    async request({ key, days, tier, signal }) {
      const head = await headOf(bucket, { key, signal });
      const state = archiveOf(head);
      if (state === undefined || state === "restoring") return;
      // What Amazon has put away by itself comes back for good, and no days may be told.
      const isForGood = head.StorageClass === "INTELLIGENT_TIERING";
      const GlacierJobParameters = { Tier: tiers[tier] };
      const RestoreRequest = { ...(!isForGood && { Days: days }), GlacierJobParameters };
      try {
        await session.run(signal, (client, options, sdk) =>
          client.send(
            new sdk.RestoreObjectCommand({ Bucket: name, Key: key, RestoreRequest }),
            options,
          ),
        );
      } catch (error) {
        // Somebody has asked for it in between, which is what was wanted.
        const isUnderWay = isStorageError(error) && /RestoreAlreadyInProgress/.test(error.message);
        if (!isUnderWay) throw error;
      }
    },
  };
}
