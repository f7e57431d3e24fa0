/**
 * A request whose answer was lost is sent again, and may then meet with nothing but its own work.
 * Each of these tells whether it has.
 */
import type { Body } from "../base/bytes.ts";
import { md5Of } from "../base/digest.ts";
import type { Driver } from "./driver.ts";
import { isStorageError, type StorageError } from "./errors.ts";
import { type ObjectInfo, isSameState, type ObjectState } from "./objects.ts";
import { pagesOf } from "./pages.ts";
import type { CopyRequest, MoveRequest, WriteRequest } from "./requests.ts";

/** Whether the failure is one of a request that was sent more than once. */
export function mayBeOurs(error: unknown): error is StorageError {
  return isStorageError(error) && error.details.resent === true;
}

/** What is stored under the request's key, if it is byte for byte what was to be written. */
export async function written(
  driver: Driver,
  { key, body, signal }: WriteRequest,
): Promise<ObjectInfo | undefined> {
  return await unlessMissing(
    driver.read({ key, signal }, async (reply) =>
      reply.info.size === body.size && (await equals(reply.body, body)) ? reply.info : undefined,
    ),
  );
}

/** What is stored under the copy's key, if it is byte for byte what was to be copied. */
export async function copied(
  driver: Driver,
  { from, to, signal }: CopyRequest,
): Promise<ObjectInfo | undefined> {
  const read = async (key: string) =>
    await driver.read({ key, signal }, async ({ info, body }) => ({
      info,
      md5: await md5Of(body),
    }));
  const target = await unlessMissing(read(to));
  return target && target.md5 === (await read(from)).md5 ? target.info : undefined;
}

/** Whether nothing is at the source any more, and the target is what was there. */
export async function moved(
  driver: Driver,
  { from, to, signal }: MoveRequest,
  source: ObjectState | undefined,
): Promise<boolean> {
  if (from.endsWith("/"))
    return !(await isFolder(driver, from, signal)) && (await isFolder(driver, to, signal));
  if (!source || (await unlessMissing(driver.stat({ key: from, signal })))) return false;
  const target = await unlessMissing(driver.stat({ key: to, signal }));
  if (!target) return false;
  // Under another name it may be told another version; then its time is the same.
  return isSameState(source, target) || isSameState(unversioned(source), unversioned(target));
}

function unversioned({ size, modified }: ObjectState): ObjectState {
  return { size, ...(modified && { modified }) };
}

/** A real folder shows from outside, also if nothing is in it. */
async function isFolder(driver: Driver, key: string, signal: AbortSignal): Promise<boolean> {
  const prefix = key.slice(0, -1);
  const pages = pagesOf((from) => driver.list({ prefix, shallow: true, signal, ...from }));
  for await (const { entries } of pages)
    if (entries.some((entry) => entry.key === key)) return true;
  return false;
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isStorageError(error, "not-found")) return undefined;
    throw error;
  }
}

async function equals(body: Body, blob: Blob): Promise<boolean> {
  let at = 0;
  for await (const chunk of body) {
    const expected = await blob.slice(at, at + chunk.length).arrayBuffer();
    if (!Buffer.from(expected).equals(chunk)) return false;
    at += chunk.length;
  }
  return at === blob.size;
}
