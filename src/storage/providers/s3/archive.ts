import { isStorageError } from "../../errors.ts";
import type { Archive } from "../../extras.ts";
import type { S3Bucket } from "./objects.ts";

const tiers = { fast: "Expedited", standard: "Standard", bulk: "Bulk" } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html */
export function s3Archive({ session, name }: S3Bucket): Archive {
  return {
    async request({ key, days, tier, signal }) {
      const RestoreRequest = { Days: days, GlacierJobParameters: { Tier: tiers[tier] } };
      try {
        await session.run(signal, (client, options, sdk) =>
          client.send(
            new sdk.RestoreObjectCommand({ Bucket: name, Key: key, RestoreRequest }),
            options,
          ),
        );
      } catch (error) {
        // It has been asked for already, which is what was wanted.
        const isUnderWay = isStorageError(error) && /RestoreAlreadyInProgress/.test(error.message);
        if (!isUnderWay) throw error;
      }
    },
  };
}
