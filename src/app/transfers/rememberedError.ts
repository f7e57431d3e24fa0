/** Errors as the next window finds them: it has to say what had happened in the same words. */
import { isObject } from "../../base/json.ts";
import {
  errorCauses,
  type ErrorKind,
  type ErrorPlace,
  isStorageError,
  operations,
  StorageError,
} from "../../storage/errors.ts";

/** What of an error is kept: what sentences are made of. */
export function rememberedError(error: unknown): Readonly<Record<string, unknown>> {
  const message = error instanceof Error ? error.message : String(error);
  if (!isStorageError(error)) return { message };
  const { kind, place, details } = error;
  return { kind, message, place, reason: details.reason };
}

/** Reads it back; anyone may have edited it. */
export function errorFrom(value: unknown): Error | undefined {
  if (!isObject(value) || typeof value["message"] !== "string") return undefined;
  const kind = kinds.find((one) => one === value["kind"]);
  if (!kind) return new Error(value["message"]);
  const reason = errorCauses.find((one) => one === value["reason"]);
  const error = new StorageError(kind, value["message"], { ...(reason && { reason }) });
  const place = placeFrom(value["place"]);
  if (place) error.place = place;
  return error;
}

function placeFrom(value: unknown): ErrorPlace | undefined {
  if (!isObject(value)) return undefined;
  const { key, connection } = value;
  const operation = operations.find((one) => one === value["operation"]);
  return (
    operation && {
      operation,
      ...(typeof key === "string" && { key }),
      ...(typeof connection === "string" && { connection }),
    }
  );
}

const kinds: readonly ErrorKind[] = [
  "not-found",
  "conflict",
  "signed-out",
  "denied",
  "invalid",
  "unsupported",
  "throttled",
  "full",
  "unreachable",
  "corrupt",
  "unexpected",
];
