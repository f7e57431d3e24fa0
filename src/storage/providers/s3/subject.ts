import type * as Sdk from "@aws-sdk/client-s3";
import type { Examination } from "../../examination.ts";
import type { S3Config, S3Session } from "./client.ts";

/** What is examined. */
export interface Subject {
  readonly config: S3Config;
  readonly bucket: string;
  readonly session: S3Session;
  readonly examination: Examination;
}

/** Sends what `request` asks the SDK's client for. */
export async function send<T>(
  { session, examination }: Subject,
  request: (
    sdk: typeof Sdk,
    client: Sdk.S3Client,
    options: { abortSignal: AbortSignal },
  ) => Promise<T>,
): Promise<T> {
  return await session.run(examination.signal, (client, options, sdk) =>
    request(sdk, client, options),
  );
}
