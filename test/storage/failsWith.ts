import assert from "node:assert/strict";
import { type ErrorDetails, type ErrorKind, StorageError } from "../../src/storage/errors.ts";

interface Expected extends Pick<ErrorDetails, "reason" | "field"> {
  readonly kind: ErrorKind;
  readonly message?: RegExp;
}

/** Asserts that `promise` fails with a `StorageError` of this kind, reason and field, and no other. */
export async function failsWith(expected: Expected, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof StorageError, `${String(error)} is no StorageError`);
    const { reason, field } = error.details;
    const told = { kind: error.kind, reason, field };
    const { kind, reason: because, field: where } = expected;
    assert.deepEqual(told, { kind, reason: because, field: where }, error.message);
    if (expected.message) assert.match(error.message, expected.message);
    return true;
  });
}

/** For `assert.rejects`: a `StorageError` of this kind, with these details and any others. */
export function toldAs(kind: ErrorKind, details: Partial<ErrorDetails> = {}) {
  return (error: unknown): true => {
    assert.ok(error instanceof StorageError, `${String(error)} is no StorageError`);
    const told = { ...error.details, cause: undefined, kind: error.kind };
    assert.deepEqual(told, { ...told, ...details, kind }, error.message);
    return true;
  };
}

/** Asserts that `promise` fails with a `StorageError` of this kind, whatever its details. */
export async function fails(kind: ErrorKind, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, toldAs(kind));
}
