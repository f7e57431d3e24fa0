import { never } from "../../base/abort.ts";
import { utf8 } from "../../base/bytes.ts";
import { sha256Hex } from "../format/crypto.ts";
import { isRepositoryError, RepositoryError } from "../errors.ts";
import { keyFileText, openKeyFile, parseKeyFile, usualCost } from "./keys.ts";
import { fileKey, listFiles } from "../format/layout.ts";
import type { Repository } from "./repository.ts";
import { fetchFile } from "./repositoryFiles.ts";

/** A key file: one of the passphrases that open a repository. */
export interface KeyEntry {
  readonly id: string;
  /** Whether the repository was opened with it. */
  readonly isCurrent: boolean;
  /** RFC 3339, as its writer claims. */
  readonly created?: string;
  readonly username?: string;
  readonly hostname?: string;
  /** It is there, but cannot be read. */
  readonly isDamaged: boolean;
}

/** The keys that open the repository, the oldest first. */
export async function listKeys(
  repository: Repository,
  signal: AbortSignal = never,
): Promise<readonly KeyEntry[]> {
  const { storage } = repository.options;
  const entries: KeyEntry[] = [];
  for (const id of (await listFiles(storage, "keys", signal)).keys()) {
    const isCurrent = id === repository.keyId;
    try {
      const file = parseKeyFile(await fetchFile(storage, "keys", id, signal), id);
      const { created, username, hostname } = file;
      entries.push({
        id,
        isCurrent,
        isDamaged: false,
        ...(created !== undefined && { created }),
        ...(username !== undefined && { username }),
        ...(hostname !== undefined && { hostname }),
      });
    } catch (error) {
      if (!isRepositoryError(error, "damaged")) throw error;
      entries.push({ id, isCurrent, isDamaged: true });
    }
  }
  return entries.toSorted((a, b) => Date.parse(a.created ?? "") - Date.parse(b.created ?? ""));
}

/** Makes another passphrase open the repository too. Returns the new key's id. */
export async function addKey(
  repository: Repository,
  passphrase: string,
  signal: AbortSignal = never,
): Promise<string> {
  return await repository.withLock(
    "shared",
    async (lock) => await writeKey(repository, passphrase, lock.signal),
    signal,
  );
}

/**
 * Takes a passphrase its power. The key the repository was opened with stays: a repository without a
 * key is lost. What somebody who knew the passphrase has copied remains open to them.
 */
export async function removeKey(
  repository: Repository,
  id: string,
  signal: AbortSignal = never,
): Promise<void> {
  if (id === repository.keyId) throw new RangeError("the key in use cannot be removed");
  await repository.withLock(
    "exclusive",
    async (lock) => {
      const { storage } = repository.options;
      if (!(await listFiles(storage, "keys", lock.signal)).has(repository.keyId))
        throw new RepositoryError("wrong-passphrase", "the key in use was removed by someone else");
      await storage.delete([fileKey("keys", id)], { signal: lock.signal });
    },
    signal,
  );
}

export interface PassphraseChange {
  readonly signal?: AbortSignal;
  /**
   * Called once the new passphrase has been seen to open the repository, and before the old one is
   * removed: whoever keeps passphrases keeps it now, so that no crash leaves one that nobody knows.
   */
  readonly onAdded?: () => Promise<void>;
}

/**
 * Replaces the passphrase the repository was opened with. The old one goes only once the new one has
 * been seen to open the repository as it is stored.
 */
export async function changePassphrase(
  repository: Repository,
  passphrase: string,
  { signal = never, onAdded }: PassphraseChange = {},
): Promise<void> {
  await repository.withLock(
    "exclusive",
    async (lock) => {
      const old = repository.keyId;
      repository.keyId = await writeKey(repository, passphrase, lock.signal);
      await onAdded?.();
      await repository.options.storage.delete([fileKey("keys", old)], { signal: lock.signal });
    },
    signal,
  );
}

async function writeKey(
  repository: Repository,
  passphrase: string,
  signal: AbortSignal,
): Promise<string> {
  const { storage, writer, keyCost = usualCost, now = () => new Date() } = repository.options;
  const owner = { created: now().toISOString(), ...writer };
  const text = await keyFileText(repository.sealingKey, passphrase, owner, keyCost);
  const bytes = utf8(text);
  const id = sha256Hex(bytes);
  await storage.write(fileKey("keys", id), bytes, { signal });
  const stored = parseKeyFile(await fetchFile(storage, "keys", id, signal), id);
  const opened = await openKeyFile(stored, passphrase);
  if (!opened || Buffer.compare(opened.bytes, repository.masterKey) !== 0)
    throw new RepositoryError("damaged", "the new key does not open the repository", {
      file: fileKey("keys", id),
    });
  return id;
}
