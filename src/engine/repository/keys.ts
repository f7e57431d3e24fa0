import { randomBytes, scrypt } from "node:crypto";
import { text, utf8, type Bytes } from "../../base/bytes.ts";
import type { Storage } from "../../storage/storage.ts";
import { isObject, jsonObject } from "../../base/json.ts";
import { Key } from "../format/crypto.ts";
import { isRepositoryError, RepositoryError } from "../errors.ts";
import { fetchFile } from "./repositoryFiles.ts";

/** How much work it is to try a passphrase. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** About a third of a second and 32 MiB on an ordinary computer; restic's own calibration ends near it. */
export const usualCost: ScryptCost = { N: 32768, r: 8, p: 5 };

/** Beyond these a key file is meant to hang us, not to protect anything. */
const maxMemoryBytes = 512 * 1024 * 1024;
const maxWork = 2 ** 25;

/** A file in `keys/`: the master key, sealed with a key derived from a passphrase. Its names are the format's own. */
export interface KeyFile extends ScryptCost {
  readonly created?: string;
  readonly username?: string;
  readonly hostname?: string;
  readonly kdf: "scrypt";
  /** Base64. */
  readonly salt: string;
  /** Base64 of the sealed master key. */
  readonly data: string;
}

/** The text of a key file that opens `master` with `passphrase`. */
export async function keyFileText(
  master: Key,
  passphrase: string,
  owner: { readonly created: string; readonly username: string; readonly hostname: string },
  cost: ScryptCost,
): Promise<string> {
  const salt = new Uint8Array(randomBytes(64));
  const user = await derive(passphrase, salt, cost);
  const bytes = Buffer.from(master.bytes);
  const plain = JSON.stringify({
    mac: { k: base64(bytes.subarray(32, 48)), r: base64(bytes.subarray(48, 64)) },
    encrypt: base64(bytes.subarray(0, 32)),
  });
  const file: KeyFile = {
    created: owner.created,
    username: owner.username,
    hostname: owner.hostname,
    kdf: "scrypt",
    N: cost.N,
    r: cost.r,
    p: cost.p,
    salt: base64(salt),
    data: base64(user.seal(utf8(plain))),
  };
  return JSON.stringify(file);
}

/** A key file has some five hundred bytes. It is read before anything of it can be verified. */
const maxKeyBytes = 64 * 1024;

/** Keys tried at most: each costs a good part of a second, and few people have more than a handful. */
const maxKeys = 20;

/** The key that everything is sealed with, and the key file that gave it. Fails with `wrong-passphrase`, or with `damaged` if no key file is whole. */
export async function openMasterKey(
  storage: Storage,
  ids: readonly string[],
  passphrase: string,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly key: Key }> {
  let damage: RepositoryError | undefined;
  let whole = 0;
  for (const id of ids.slice(0, maxKeys)) {
    signal.throwIfAborted();
    try {
      const file = parseKeyFile(await fetchFile(storage, "keys", id, signal, maxKeyBytes), id);
      whole++;
      const key = await openKeyFile(file, passphrase);
      if (key) return { id, key };
    } catch (error) {
      if (!isRepositoryError(error, "damaged")) throw error;
      damage ??= error;
    }
  }
  if (whole === 0 && damage) throw damage;
  if (whole === 0) throw new RepositoryError("damaged", "there is no key file", { file: "keys" });
  throw new RepositoryError("wrong-passphrase", "no key file opens with this passphrase");
}

/** The master key in `file`, or undefined if the passphrase does not open it. Fails with `damaged`. */
export async function openKeyFile(file: KeyFile, passphrase: string): Promise<Key | undefined> {
  const user = await derive(passphrase, Buffer.from(file.salt, "base64"), file);
  const sealed = new Uint8Array(Buffer.from(file.data, "base64"));
  const plain = user.tryOpen(sealed);
  return plain && masterKey(text(plain));
}

/** Fails with `damaged`, also on parameters that nobody chooses in good faith. */
export function parseKeyFile(bytes: Uint8Array, id: string): KeyFile {
  const file = `keys/${id}`;
  const { kdf, N, r, p, salt, data, ...owner } = jsonObject(text(bytes)) ?? {};
  if (kdf !== "scrypt" || typeof salt !== "string" || typeof data !== "string")
    throw damaged("is no scrypt key file", file);
  if (!isCount(N) || !isCount(r) || !isCount(p) || !isPossible({ N, r }))
    throw damaged("has impossible scrypt parameters", file);
  if (128 * N * r > maxMemoryBytes || 128 * r * p > maxMemoryBytes || N * r * p > maxWork)
    throw damaged("asks for more work than any real key", file);
  return { ...ownerOf(owner), kdf, N, r, p, salt, data };
}

/** Scrypt's own conditions. */
function isPossible({ N, r }: Pick<ScryptCost, "N" | "r">): boolean {
  const bits = Math.log2(N);
  return bits >= 1 && Number.isInteger(bits) && bits < 16 * r;
}

function ownerOf({
  created,
  username,
  hostname,
}: Readonly<Record<string, unknown>>): Pick<KeyFile, "created" | "username" | "hostname"> {
  return {
    ...(typeof created === "string" && { created }),
    ...(typeof username === "string" && { username }),
    ...(typeof hostname === "string" && { hostname }),
  };
}

/** Derives on a thread of Node's pool, so that the caller's thread stays free. */
async function derive(passphrase: string, salt: Uint8Array, cost: ScryptCost): Promise<Key> {
  const { N, r, p } = cost;
  const bytes = await new Promise<Bytes>((resolve, reject) => {
    // Twice what the derivation needs: OpenSSL counts its bookkeeping too.
    const options = { N, r, p, maxmem: 256 * N * r + 1024 * r * p };
    scrypt(passphrase, salt, 64, options, (error, derived) =>
      error ? reject(error) : resolve(new Uint8Array(derived)),
    );
  });
  return Key.fromBytes(bytes);
}

function masterKey(json: string): Key {
  const value = jsonObject(json);
  const mac = isObject(value?.["mac"]) ? value["mac"] : {};
  const parts = [value?.["encrypt"], mac["k"], mac["r"]].map((part) =>
    Buffer.from(typeof part === "string" ? part : "", "base64"),
  );
  if (parts.map((part) => part.length).join() !== "32,16,16")
    throw damaged("holds no master key", "keys");
  return Key.fromBytes(new Uint8Array(Buffer.concat(parts)));
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function damaged(what: string, file: string): RepositoryError {
  return new RepositoryError("damaged", `a key file ${what}`, { file });
}
