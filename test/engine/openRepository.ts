import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildKernels } from "../../src/engine/format/buildKernels.mjs";
import { Kernels } from "../../src/engine/threads/kernels.ts";
import { usualLockTimes, type LockTimes } from "../../src/engine/repository/lockFiles.ts";
import { Repository, type RepositoryOptions } from "../../src/engine/repository/repository.ts";
import { openStorage } from "../../src/storage/open.ts";
import { folder } from "../../src/storage/providers/folder/folder.ts";
import { withLayers, type Layer } from "../../src/storage/layers.ts";
import { memoryDriver, memoryProvider } from "../../src/storage/providers/memory.ts";
import { Storage } from "../../src/storage/storage.ts";

export const passphrase = "a passphrase for tests";

/** What opening a passphrase costs in tests: next to nothing. */
export const cheapCost = { N: 16, r: 8, p: 1 } as const;

const wasm = new URL("../../dist/kernels.wasm", import.meta.url);
await buildKernels(fileURLToPath(wasm));

/** Worker threads for all tests of a process: they start when first needed, and keep no process alive. */
export const kernels = ownKernels();

/** Worker threads for one test, run from the sources. End them with `dispose`. */
export function ownKernels(workers?: number): Kernels {
  return new Kernels({
    files: { worker: new URL("../../src/engine/threads/worker.ts", import.meta.url), wasm },
    ...(workers !== undefined && { workers }),
  });
}

/** Nobody but us uses the repository, on a storage that answers at once. */
const quickLockTimes: LockTimes = {
  ...usualLockTimes,
  settleMs: 4,
  retryMs: { first: 10, most: 200 },
};

/** Options for a repository at `storage` that no other program uses, for a machine called "desk". */
export function testOptions(
  storage: Storage,
  more: Partial<RepositoryOptions> = {},
): RepositoryOptions {
  const writer = { hostname: "desk", username: "ann", program: "Offsite test" };
  return { storage, kernels, writer, keyCost: cheapCost, lockTimes: quickLockTimes, ...more };
}

/** Makes a repository at `storage`. */
export async function initRepository(
  storage: Storage,
  more: Partial<RepositoryOptions> = {},
): Promise<Repository> {
  return await Repository.init(testOptions(storage, more), passphrase);
}

/** Opens the repository at `storage` as a window does that knows nothing of it yet. */
export async function openRepository(
  storage: Storage,
  more: Partial<RepositoryOptions> = {},
): Promise<Repository> {
  return await Repository.open(testOptions(storage, more), passphrase);
}

/** A storage in memory that nobody else has. */
export async function memoryStorage(): Promise<Storage> {
  return await openStorage({ provider: memoryProvider(), answers: {} }, () => {});
}

/** The directory `path` as a storage. */
export async function folderStorage(path: string): Promise<Storage> {
  return await openStorage({ provider: folder, answers: { path } }, () => {});
}

/** Gives `use` an empty directory, and removes it afterwards. */
export async function withTemporaryFolder<T>(use: (path: string) => Promise<T>): Promise<T> {
  const path = await mkdtemp(join(tmpdir(), "offsite-test-"));
  try {
    return await use(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** A storage in memory, and the requests sent to it, as "operation key". */
export function countedStorage(): { readonly storage: Storage; readonly requests: string[] } {
  const requests: string[] = [];
  const counting: Layer = async ({ operation, request, send }) => {
    const place = "prefix" in request ? request.prefix : "key" in request ? request.key : "";
    requests.push(`${operation} ${String(place).replace(/[0-9a-f]{64}/, "ID")}`);
    return await send();
  };
  return { storage: new Storage(withLayers(memoryDriver(), counting)), requests };
}
