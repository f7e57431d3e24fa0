import { createHash } from "node:crypto";
import type * as Sdk from "@aws-sdk/client-s3";
import { isStorageError } from "../../errors.ts";
import { ignored, no, type Verdict, yes } from "../../examination.ts";
import { send, type Subject } from "./subject.ts";
import { s3Uploads } from "./uploads.ts";

/** Uploads in parts: whether conditions hold when they are completed, and what they make. */
export async function examineUploads(
  subject: Subject,
  place: (name: string) => string,
): Promise<void> {
  const { examination } = subject;
  await examineConditions(subject, place("conditional"));
  await examineNumbers(subject, place("numbered"));
  if (examination.mayBeLarge)
    await examination.check("multipart", () => inParts(subject, place("parts")));
}

async function examineConditions(subject: Subject, key: string): Promise<void> {
  const { bucket, session, examination } = subject;
  const { signal } = examination;
  const itself = { ...subject.config, session, name: bucket, conditionalParts: true };
  const uploads = s3Uploads(itself);
  const body = new Blob(["content"]);
  const { size } = body;
  const { outcome } = await examination.check("conditionalParts", async () => {
    await send(subject, (sdk, client, options) =>
      client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: "." }), options),
    );
    const { id } = await uploads.begin({ key, size, signal });
    try {
      const part = await uploads.part({ key, id, number: 1, body, signal });
      const whole = { key, id, size, parts: [part], signal };
      for (const condition of [{ ifAbsent: true }, { ifMatch: "0".repeat(32) }]) {
        const made = uploads.complete({ ...whole, ...condition });
        if (!(await refusesAsConflict(made))) return ignored;
      }
      return yes;
    } finally {
      await abandon(subject, { Bucket: bucket, Key: key, UploadId: id });
    }
  });
  if (outcome !== "unknown")
    examination.learn({ service: { conditionalParts: outcome === "yes" } });
}

/** Amazon's most, and what some services have in its place. */
const usualMosts: readonly number[] = [10_000, 1000, 100];

/** How high the parts of an upload may be numbered. */
async function examineNumbers(subject: Subject, key: string): Promise<void> {
  const { bucket, session, examination } = subject;
  const { signal } = examination;
  const { maxUploadParts } = subject.config;
  const uploads = s3Uploads({ session, name: bucket, maxUploadParts, conditionalParts: false });
  const body = new Blob(["."]);
  await examination.check("maxParts", async () => {
    const { id } = await uploads.begin({ key, size: body.size, signal });
    try {
      const most = await highest(async (number) => {
        await uploads.part({ key, id, number, body, signal });
      });
      if (most === undefined) return { outcome: "unknown" };
      examination.learn({ service: { maxParts: most } });
      return { outcome: "yes", detail: String(most) };
    } finally {
      await abandon(subject, { Bucket: bucket, Key: key, UploadId: id });
    }
  });
}

async function highest(send: (number: number) => Promise<void>): Promise<number | undefined> {
  for (const number of usualMosts) {
    try {
      await send(number);
      return number;
    } catch (error) {
      if (!isStorageError(error, "invalid")) throw error;
    }
  }
  return undefined;
}

async function refusesAsConflict(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    if (isStorageError(error, "conflict")) return true;
    throw error;
  }
}

/** No service takes a smaller part but the last. */
const partBytes = 5 * 1024 * 1024;

async function inParts(subject: Subject, key: string): Promise<Verdict> {
  const { bucket, examination } = subject;
  const target = { Bucket: bucket, Key: key };
  const bodies = [new Uint8Array(partBytes), new Uint8Array([1])];
  const { UploadId } = await send(subject, (sdk, client, options) =>
    client.send(new sdk.CreateMultipartUploadCommand(target), options),
  );
  try {
    const Parts: Sdk.CompletedPart[] = [];
    for (const [index, body] of bodies.entries()) {
      const { ETag } = await send(subject, (sdk, client, options) =>
        client.send(
          new sdk.UploadPartCommand({
            ...target,
            UploadId,
            PartNumber: index + 1,
            Body: new Blob([body]),
          }),
          options,
        ),
      );
      Parts.push({ PartNumber: index + 1, ...(ETag !== undefined && { ETag }) });
    }
    await send(subject, (sdk, client, options) =>
      client.send(
        new sdk.CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }),
        options,
      ),
    );
  } catch (error) {
    await abandon(subject, { ...target, UploadId });
    throw error;
  }
  const { ContentLength, ETag = "" } = await send(subject, (sdk, client, options) =>
    client.send(new sdk.HeadObjectCommand(target), options),
  );
  const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest();
  const usual = `${md5(Buffer.concat(bodies.map(md5))).toString("hex")}-2`;
  const etag = await examination.check("multipartEtag", async () =>
    ETag.replaceAll('"', "") === usual ? yes : no,
  );
  examination.learn({ service: { partsEtag: etag.outcome === "yes" } });
  return ContentLength === partBytes + 1
    ? yes
    : { outcome: "no", detail: `${ContentLength} bytes` };
}

async function abandon(
  { session }: Subject,
  upload: Sdk.AbortMultipartUploadCommandInput,
): Promise<void> {
  // The user's signal may have fired already.
  await session
    .run(AbortSignal.timeout(10_000), (client, options, sdk) =>
      client.send(new sdk.AbortMultipartUploadCommand(upload), options),
    )
    .catch(() => {});
}
