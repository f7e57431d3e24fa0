import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { changePassphrase } from "../../src/engine/repository/keyring.ts";
import { usualLockTimes } from "../../src/engine/repository/lockFiles.ts";
import { Repository, type RepositoryOptions } from "../../src/engine/repository/repository.ts";
import type { Storage } from "../../src/storage/storage.ts";
import type { Restic, ResticRepository } from "../servers/restic.ts";
import { folderStorage, passphrase, testOptions, withTemporaryFolder } from "./openRepository.ts";

/** A repository that restic works on as we do. */
export interface SharedRepository {
  /** As restic names it; of a folder its path. */
  readonly location: string;
  readonly options: RepositoryOptions;
  /** Opens it as a window does that knows nothing of it yet. */
  open(more?: Partial<RepositoryOptions>): Promise<Repository>;
  /** Runs restic on it, and returns what it printed. */
  theirs(...args: readonly string[]): Promise<string>;
}

/** One that restic has made in the folder `location`, in format 2 or `version`. */
export async function madeByRestic(
  location: string,
  restic: Restic,
  version: number | string = 2,
): Promise<SharedRepository> {
  const name = `${restic.version} ${version}`;
  const template = templates.get(name) ?? newTemplate(restic, String(version));
  templates.set(name, template);
  for (const folder of ["data", "index", "keys", "locks", "snapshots"])
    await mkdir(join(location, folder), { recursive: true });
  for (const [path, bytes] of await template) await writeFile(join(location, path), bytes);
  return shared(await folderStorage(location), { location }, restic);
}

/** One that we have made in the folder `location`. */
export async function madeByUs(location: string, restic: Restic): Promise<SharedRepository> {
  await mkdir(location, { recursive: true });
  const repository = shared(await folderStorage(location), { location }, restic);
  await Repository.init(repository.options, passphrase);
  return repository;
}

/** One that restic makes where both can reach it. */
export async function madeRemotely(
  storage: Storage,
  place: Omit<ResticRepository, "passphrase">,
  restic: Restic,
): Promise<SharedRepository> {
  await restic.run({ ...place, passphrase }, "init");
  const repository = shared(storage, place, restic);
  await cheapen(repository.options);
  return repository;
}

/** One that is there, or will be. */
export function shared(
  storage: Storage,
  place: Omit<ResticRepository, "passphrase">,
  restic: Restic,
): SharedRepository {
  const options = testOptions(storage, { lockTimes: usualLockTimes });
  return {
    location: place.location,
    options,
    open: async (more = {}) => await Repository.open({ ...options, ...more }, passphrase),
    theirs: async (...args) => await restic.run({ ...place, passphrase }, ...args),
  };
}

type Files = ReadonlyMap<string, Uint8Array>;

/** Restic spends seconds on a new repository, nearly all on choosing a key's cost: once is enough. */
const templates = new Map<string, Promise<Files>>();

async function newTemplate(restic: Restic, version: string): Promise<Files> {
  return await withTemporaryFolder(async (location) => {
    await restic.run({ location, passphrase }, "init", "--repository-version", version);
    await cheapen(testOptions(await folderStorage(location)));
    const [key = ""] = await readdir(join(location, "keys"));
    const paths = ["config", join("keys", key)];
    return new Map(
      await Promise.all(
        paths.map(async (path) => [path, await readFile(join(location, path))] as const),
      ),
    );
  });
}

/** Makes the passphrase cheap to try: each of restic's calls would take half a second for that alone. */
async function cheapen(options: RepositoryOptions): Promise<void> {
  await changePassphrase(await Repository.open(options, passphrase), passphrase);
}
