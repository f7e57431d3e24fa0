import type * as Sdk from "@aws-sdk/client-s3";
import { orAbort } from "../../../base/abort.ts";
import { isStorageError } from "../../errors.ts";
import { type BeforeRequest, type Http, openHttp } from "../../http/http.ts";
import { type Hint, Refusal } from "./errors.ts";
import type { S3Options } from "./options.ts";
import { type S3Address, type S3Answer, type S3Request, send } from "./request.ts";
import type { S3Service } from "./service.ts";
import {
  type CredentialAnswers,
  type Credentials,
  credentialsOf,
  type HeldKey,
} from "./credentials.ts";
import { presigned, type Presigned } from "./presign.ts";
import { signer } from "./signature.ts";
import { signedV2 } from "./signatureV2.ts";
import { sdkSignerV2 } from "./sdkSigner.ts";
import { adapt, failureOfSdk, requestHandler } from "./wire.ts";

/** The provider's answers, as the driver wants them. */
export interface S3Config extends S3Options, CredentialAnswers {
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly bucket: string | undefined;
  readonly signature: "v4" | "v2";
  /** `domain`: the endpoint is the bucket's own, which is named nowhere in an address. */
  readonly addressing: "auto" | "virtual" | "path" | "domain";
  readonly verifyTls: boolean;
  readonly timeout: number;
  readonly concurrency: number;
  readonly maxUploadParts: number;
  /** The ARN of the access point by which the bucket is reached. */
  readonly accessPoint?: string | undefined;
  /** What the service does otherwise than Amazon. */
  readonly service?: S3Service;
}

/**
 * Where the service says how to ask better (another region, another addressing, another time) and
 * the answers leave that open, it is asked again, and all later requests ask that way. Requests
 * fail with a `StorageError` or the signal's own reason.
 */
export interface S3Session {
  /** Sends a request of our own to a bucket: for all that is asked often. */
  ask(bucket: string, request: S3Request): Promise<S3Answer>;
  /** An address of a bucket's that works without a key, for as long as the key it is signed with. */
  presign(bucket: string, request: Omit<Presigned, "version">): Promise<string>;
  /** When the key that is used now ends; undefined for one that is not temporary. */
  keyEnds(): Promise<Date | "unknown" | undefined>;
  /** Sends what `send` asks the SDK's client for. The SDK is loaded when it is first needed. */
  run<T>(
    signal: AbortSignal,
    send: (
      client: Sdk.S3Client,
      options: { abortSignal: AbortSignal },
      sdk: typeof Sdk,
    ) => Promise<T>,
  ): Promise<T>;
}

/** What is learned from the service; replaced, never edited. */
interface Manner {
  readonly region: string;
  readonly virtualHosted: boolean;
  readonly clockOffsetMs: number;
  readonly bodyDigest: S3Address["bodyDigest"];
}

/** Sends nothing. */
export async function openSession(
  config: S3Config,
  beforeRequest?: BeforeRequest,
): Promise<S3Session> {
  const http = openHttp({
    verifyTls: config.verifyTls,
    timeoutMs: config.timeout * 1000,
    addressField: "endpoint",
    ...(beforeRequest && { beforeRequest }),
  });
  const credentials = credentialsOf(config, http);
  const sign = config.signature === "v2" ? signedV2 : signer();
  let manner: Manner = {
    region: config.region ?? regionOf(config.endpoint) ?? "us-east-1",
    virtualHosted:
      config.addressing === "virtual" || (config.addressing === "auto" && isAws(config.endpoint)),
    clockOffsetMs: 0,
    // The old signature leaves the body out.
    bodyDigest: config.signature === "v2" ? "md5" : (config.service?.bodyDigest ?? "sha256"),
  };

  const learn = (hint: Hint): boolean => {
    const better = {
      region: config.region === undefined ? (hint.region ?? manner.region) : manner.region,
      virtualHosted:
        manner.virtualHosted || (config.addressing === "auto" && hint.virtualHosted === true),
      clockOffsetMs: hint.clockOffsetMs ?? manner.clockOffsetMs,
      bodyDigest: hint.wantsMd5 ? "md5" : manner.bodyDigest,
    } as const;
    const isNews =
      better.region !== manner.region ||
      better.virtualHosted !== manner.virtualHosted ||
      better.bodyDigest !== manner.bodyDigest ||
      Math.abs(better.clockOffsetMs - manner.clockOffsetMs) > 60_000;
    if (isNews) manner = better;
    return isNews;
  };

  const learning = async <T>(
    signal: AbortSignal,
    attempt: (used: Manner, key: HeldKey) => Promise<T>,
  ): Promise<T> => {
    for (let lessons = 0; ; lessons++) {
      const held = credentials.key();
      const key = held instanceof Promise ? await orAbort(held, signal) : held;
      const used = manner;
      try {
        return await attempt(used, key);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Refusal)) throw error;
        // Another request may have learned it meanwhile.
        const isWiser = used !== manner || learn(error.hint);
        if (lessons >= 3 || !(isWiser || (await isRenewed(error, key)))) throw error.error;
      }
    }
  };

  const isRenewed = async ({ error }: Refusal, key: HeldKey): Promise<boolean> =>
    isStorageError(error, "signed-out") &&
    // A key that was exchanged for another in the files is unknown from then on.
    (error.details.reason === "expired" || error.details.reason === "wrong-user") &&
    (await credentials.renew(key));

  // Mostly one bucket is asked in one manner, again and again.
  let known: { readonly used: Manner; readonly address: S3Address } | undefined;
  const addressed = (used: Manner, bucket: string): S3Address => {
    if (known?.used !== used || known.address.bucket !== bucket)
      known = { used, address: newAddress(used, bucket) };
    return known.address;
  };
  const newAddress = (used: Manner, bucket: string): S3Address => ({
    ...used,
    bucket,
    isBucketsHost: config.addressing === "domain",
    endpoint: new URL(endpointOf(config, used.region)),
  });

  // A client is for one manner. It and the SDK take a tenth of a second and 30 MB, which who only
  // looks around is spared.
  let latest: { readonly manner: Manner; readonly client: Sdk.S3Client } | undefined;
  const clientFor = (sdk: typeof Sdk, wanted: Manner): Sdk.S3Client => {
    if (latest?.manner !== wanted)
      latest = { manner: wanted, client: newClient(sdk, http, config, credentials, wanted) };
    return latest.client;
  };

  return {
    ask: async (bucket, request) =>
      await learning(request.signal, async (used, key) => {
        const address = addressed(used, bucket);
        return await send(http, (unsigned) => sign(unsigned, key), config, address, request);
      }),
    presign: async (bucket, request) => {
      const { signature: version } = config;
      const key = await credentials.key();
      return presigned(addressed(manner, bucket), { ...request, version }, key);
    },
    keyEnds: async () => {
      const { expiration, sessionToken } = await credentials.key();
      return expiration ?? (sessionToken === undefined ? undefined : "unknown");
    },
    run: async (signal, command) =>
      await learning(signal, async (used) => {
        const sdk = await import("@aws-sdk/client-s3");
        try {
          return await command(clientFor(sdk, used), { abortSignal: signal }, sdk);
        } catch (error) {
          throw error instanceof Refusal || signal.aborted ? error : failureOfSdk(error);
        }
      }),
  };
}

/** Whether the endpoint is Amazon's own. */
export function isAws(endpoint: string | undefined): boolean {
  return endpoint === undefined || /(^|\.)amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
}

/** The region many services name in their host: `s3.eu-central-003.backblazeb2.com`. */
function regionOf(endpoint: string | undefined): string | undefined {
  if (endpoint === undefined) return undefined;
  return /^s3[.-]([a-z]+(?:-[a-z0-9]+)+)\./.exec(new URL(endpoint).hostname)?.[1];
}

function endpointOf({ endpoint }: S3Config, region: string): string {
  // The SDK is never left to find an endpoint itself: it would look into the environment and the
  // files of Amazon's own tools, which are no part of a connection.
  const isRegional = endpoint !== undefined && regionOf(endpoint) === region;
  if (endpoint !== undefined && (isRegional || !isGlobalAws(endpoint))) return endpoint;
  return `https://s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

/** Amazon's endpoints that are the same but for the region. */
function isGlobalAws(endpoint: string): boolean {
  return /^s3([.-][a-z]{2}(-[a-z]+)+-\d)?\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
}

function newClient(
  sdk: typeof Sdk,
  http: Http,
  config: S3Config,
  credentials: Credentials,
  { region, virtualHosted, clockOffsetMs }: Manner,
): Sdk.S3Client {
  const unnamed = config.addressing === "domain" ? config.bucket : undefined;
  const endpoint = endpointOf(config, region);
  const client = new sdk.S3Client({
    region,
    endpoint,
    forcePathStyle: !virtualHosted,
    // Renewed in one place: what seems to end at once is asked for each time.
    credentials: async () => {
      const { accessKeyId, secretAccessKey, sessionToken } = await credentials.key();
      const token = sessionToken === undefined ? {} : { sessionToken };
      return { accessKeyId, secretAccessKey, ...token, expiration: new Date() };
    },
    ...(config.signature === "v2" && {
      signer: sdkSignerV2(endpoint, credentials, unnamed),
    }),
    systemClockOffset: clockOffsetMs,
    requestHandler: requestHandler(http),
    // The layers send again, and count what they send.
    maxAttempts: 1,
    retryMode: "standard",
    // Checksums of the SDK's own go out as trailers that older and smaller services refuse or,
    // worse, store (tried: Ceph 16, Swift).
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    expectContinueHeader: false,
    // Bodies stay the plain web streams they are; `never` is every type the SDK might expect.
    sdkStreamMixin: (stream: unknown) => stream as never,
    // Everything the SDK would otherwise look for in the environment and in Amazon's files.
    authSchemePreference: async () => [],
    defaultsMode: "standard",
    disableMultiregionAccessPoints: true,
    disableS3ExpressSessionAuth: true,
    sigv4aSigningRegionSet: async () => [],
    useArnRegion: false,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: async () => undefined,
  });
  adapt(client, config, unnamed);
  return client;
}
