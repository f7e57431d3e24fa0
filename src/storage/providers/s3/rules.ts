import type { TransitionDefaultMinimumObjectSize } from "@aws-sdk/client-s3";
import { isStorageError } from "../../errors.ts";
import type { ContainerRules } from "../../extras.ts";
import { withAnswer, withBody } from "./commands.ts";
import { corsConfiguration, corsXml } from "./cors.ts";
import { lifecycleRules, lifecycleXml } from "./lifecycle.ts";
import type { S3Bucket } from "./objects.ts";

/** Versioning, CORS and lifecycle of a bucket, by the S3 operations of these names. */
export function s3Rules({ session, name }: S3Bucket): ContainerRules {
  const { run } = session;
  const bucket = { Bucket: name };
  /** Stands beside a lifecycle, in a header; one that is set without it loses it. */
  let smallest: TransitionDefaultMinimumObjectSize | undefined;
  /** Stands beside the rules for websites; those that are set without it lose it. */
  let beside = "";
  return {
    async versioning({ signal }) {
      const { Status } = await run(signal, (client, options, sdk) =>
        client.send(new sdk.GetBucketVersioningCommand(bucket), options),
      );
      if (Status === "Enabled") return "on";
      return Status === "Suspended" ? "suspended" : "off";
    },

    async setVersioning({ on, signal }) {
      const VersioningConfiguration = { Status: on ? "Enabled" : "Suspended" } as const;
      await run(signal, (client, options, sdk) =>
        client.send(
          new sdk.PutBucketVersioningCommand({ ...bucket, VersioningConfiguration }),
          options,
        ),
      );
    },

    async cors({ signal }) {
      const found = await unlessNone({ rules: [], beside: "" }, async () => {
        let answer = "";
        await run(signal, async (client, options, sdk) => {
          const get = withAnswer(new sdk.GetBucketCorsCommand(bucket), (text) => (answer = text));
          await client.send(get, options);
        });
        return corsConfiguration(answer);
      });
      ({ beside } = found);
      return found.rules;
    },

    async setCors({ rules, signal }) {
      await run(signal, async (client, options, sdk) => {
        if (rules.length === 0)
          return void (await client.send(new sdk.DeleteBucketCorsCommand(bucket), options));
        const CORSConfiguration = { CORSRules: [] };
        const put = new sdk.PutBucketCorsCommand({ ...bucket, CORSConfiguration });
        return void (await client.send(withBody(put, corsXml({ rules, beside })), options));
      });
    },

    async lifecycle({ signal }) {
      return await unlessNone([], async () => {
        let answer = "";
        await run(signal, async (client, options, sdk) => {
          const get = withAnswer(
            new sdk.GetBucketLifecycleConfigurationCommand(bucket),
            (text) => (answer = text),
          );
          const reply = await client.send(get, options);
          smallest = reply.TransitionDefaultMinimumObjectSize;
        });
        return lifecycleRules(answer);
      });
    },

    async setLifecycle({ rules, signal }) {
      await run(signal, async (client, options, sdk) => {
        if (rules.length === 0)
          return void (await client.send(new sdk.DeleteBucketLifecycleCommand(bucket), options));
        const put = new sdk.PutBucketLifecycleConfigurationCommand({
          ...bucket,
          LifecycleConfiguration: { Rules: [] },
          TransitionDefaultMinimumObjectSize: smallest,
        });
        return void (await client.send(withBody(put, lifecycleXml(rules)), options));
      });
    },
  };
}

/** A bucket without any such rules answers that there is no such thing. */
async function unlessNone<T>(none: T, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (isStorageError(error, "not-found") && error.details.reason === undefined) return none;
    throw error;
  }
}
