/** Finds out what a storage really does, by trying it, and cleans up behind itself. */
import { type Bytes, utf8 } from "../../base/bytes.ts";
import { isStorageError } from "../../storage/errors.ts";
import {
  type Check,
  type Examination,
  type Found,
  ignored,
  no,
  type Verdict,
  yes,
} from "../../storage/examination.ts";
import { openStorage, type Target } from "../../storage/open.ts";
import { pagesOf } from "../../storage/pages.ts";
import type { Storage } from "../../storage/storage.ts";
import { conditionsOf } from "./conditions.ts";
import type { Log } from "../ports.ts";

export interface Finding extends Verdict {
  readonly check: Check;
  readonly ms: number;
}

export interface Diagnosis {
  readonly findings: readonly Finding[];
  readonly found: Found;
  /** Requests that went through the storage; the protocol's own checks come on top. */
  readonly requests: number;
  /** Set if something that was written may still be there: where. */
  readonly left?: string;
}

export interface DiagnosisTrial {
  readonly signal: AbortSignal;
  readonly onFinding: (finding: Finding) => void;
  readonly log: Log;
  /** Makes the folder's name one that nobody else uses. */
  readonly probe: string;
  /** Whether a few megabytes may be sent. */
  readonly mayBeLarge: boolean;
}

/** Cleaning up goes on after a cancel, but not for ever. */
const cleanUpMs = 30_000;

/**
 * Tries what the storage can do, one check after the other; on a read-only target, only what
 * changes nothing. What a check writes is deleted again, also after a cancel. Fails only if the
 * storage cannot be listed at all, or with the signal's reason.
 */
export async function diagnose(target: Target, trial: DiagnosisTrial): Promise<Diagnosis> {
  const { provider, preset, answers } = target;
  const { signal, mayBeLarge, probe } = trial;
  const findings: Finding[] = [];
  let found: Found = {};
  let requests = 0;
  const log = (line: string) => {
    requests++;
    trial.log.trace(line);
  };
  // Named as what verifying writes: policies let it be deleted.
  const prefix = target.readOnly === true ? undefined : `offsite-probe-${probe}/`;
  const learn = (more: Found) => {
    found = {
      capabilities: { ...found.capabilities, ...more.capabilities },
      service: { ...found.service, ...more.service },
    };
  };
  const check: Examination["check"] = async (name, work) => {
    const started = performance.now();
    const verdict = await work().catch((error: unknown) => {
      signal.throwIfAborted();
      return verdictOn(error);
    });
    signal.throwIfAborted();
    const finding = { check: name, ...verdict, ms: performance.now() - started };
    findings.push(finding);
    trial.onFinding(finding);
    return verdict;
  };

  const wrote = new Set<string>();
  const examination: Examination = {
    signal,
    mayBeLarge,
    check,
    learn,
    ...(prefix !== undefined && {
      place: (name: string) => {
        wrote.add(prefix + name);
        return prefix + name;
      },
      prefix,
    }),
  };
  const open = async (attempts?: number) => {
    // Whether conditions are heeded is what is to be found out, so they are sent in any case.
    const capabilities = { ifAbsent: true, ifMatch: true, copyIfAbsent: true };
    const service = { ...target.found?.service, ...found.service };
    const options = attempts === undefined ? {} : { attempts };
    return await openStorage({ ...target, found: { capabilities, service } }, log, options);
  };
  // What fails once is told, not tried again.
  await contact(await open(1), signal);
  let left: string | undefined;
  try {
    // The protocol's own checks first: they tell how to list, which the rest is done with.
    await provider.examine?.(answers, examination, preset);
    await examineStorage(await open(1), examination);
  } finally {
    if (prefix !== undefined) {
      const isClean = await cleanUp(await open(), prefix, wrote);
      findings.push({ check: "cleanUp", outcome: isClean ? "yes" : "no", ms: 0 });
      if (!isClean) left = prefix;
    }
  }
  return { findings, found, requests, ...(left !== undefined && { left }) };
}

/** A storage that cannot be reached, or does not know us, has no abilities to find out. */
async function contact(storage: Storage, signal: AbortSignal): Promise<void> {
  try {
    await storage.page("", { shallow: true, signal });
  } catch (error) {
    if (!isStorageError(error, "unsupported") && !isStorageError(error, "denied")) throw error;
  }
}

async function examineStorage(
  storage: Storage,
  { signal, check, learn, prefix = "", place }: Examination,
): Promise<void> {
  await check("list", async () => {
    await storage.page(prefix, { shallow: true, signal });
    return yes;
  });
  if (!place) return;
  const key = place("object");
  const copied = place("copy");
  const content = utf8("0123456789");
  const written = await check("write", async () => {
    await storage.write(key, content, { signal });
    return yes;
  });
  if (written.outcome !== "yes") return;
  await check("read", async () => {
    const bytes = await storage.bytes(key, { signal });
    return isSame(bytes, content) ? yes : no;
  });
  await check("range", async () => {
    const part = await storage.read(key, ({ body }) => new Response(body).text(), {
      range: { start: 2, end: 5 },
      signal,
    });
    return part === "234" ? yes : ignored;
  });
  await check("copy", async () => {
    await storage.copy(key, copied, { signal });
    return isSame(await storage.bytes(copied, { signal }), content) ? yes : no;
  });
  const atomic = await check(
    "copyIfAbsent",
    async () => await copiedIfAbsent(storage, key, place, signal),
  );
  if (atomic.outcome !== "unknown")
    learn({ capabilities: { copyIfAbsent: atomic.outcome === "yes" } });
  await check("deleteMany", async () => {
    await storage.delete([copied, place("missing")], { signal });
    return (await storage.exists(copied, { signal })) ? no : yes;
  });
  const conditions = await conditionsOf(storage, key, signal);
  learn({ capabilities: conditions.capabilities });
  await check("ifAbsent", async () => conditions.ifAbsent);
  await check("ifMatch", async () => conditions.ifMatch);
}

/** Whether a copy goes to a free name, and to no other. */
async function copiedIfAbsent(
  storage: Storage,
  key: string,
  place: (name: string) => string,
  signal: AbortSignal,
): Promise<Verdict> {
  const ifAbsent = true;
  await storage.copy(key, place("copied if absent"), { ifAbsent, signal });
  try {
    await storage.copy(key, place("copied if absent"), { ifAbsent, signal });
    return ignored;
  } catch (error) {
    if (isStorageError(error, "conflict")) return yes;
    throw error;
  }
}

function isSame(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** What a failure says about the thing that was tried. */
function verdictOn(error: unknown): Verdict {
  if (!isStorageError(error)) return { outcome: "unknown", detail: String(error).slice(0, 120) };
  const { status } = error.details;
  const detail = [status, error.message.slice(0, 120)].filter(Boolean).join(" ");
  const isRefusal = ["unsupported", "invalid", "conflict", "unexpected"].includes(error.kind);
  return { outcome: isRefusal || status === 501 ? "refused" : "unknown", detail };
}

/**
 * Deletes what was written, key by key, and then whatever listings still show, also of versions and
 * of uploads that were begun. Gives whether nothing is left, as far as the key may see.
 */
async function cleanUp(
  storage: Storage,
  prefix: string,
  wrote: ReadonlySet<string>,
): Promise<boolean> {
  const signal = AbortSignal.timeout(cleanUpMs);
  try {
    for (const key of wrote) await deleteIfThere(storage, key, signal);
    for (const clean of [deleteListed, deleteVersions, giveUpUploads])
      await clean(storage, prefix, signal);
    return true;
  } catch {
    // What went wrong stands in the log, as all requests do; the report says what is left.
    return false;
  }
}

/** A key that may not delete may not have written either. */
async function deleteIfThere(storage: Storage, key: string, signal: AbortSignal): Promise<void> {
  try {
    await storage.delete([key], { signal });
  } catch (error) {
    if (!isStorageError(error, "denied") || (await storage.exists(key, { signal }))) throw error;
  }
}

/** What is listed; nothing where that cannot be asked. */
async function* seen<T>(listed: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  try {
    yield* listed;
  } catch (error) {
    if (!isStorageError(error, "denied") && !isStorageError(error, "unsupported")) throw error;
  }
}

async function deleteListed(storage: Storage, prefix: string, signal: AbortSignal): Promise<void> {
  const folders: string[] = [prefix];
  for await (const { type, key } of seen(storage.list(prefix, { signal })))
    if (type === "folder") folders.push(key);
    else await storage.delete([key], { signal });
  // Inner ones first: a real folder must be empty.
  for (const folder of folders.toSorted((a, b) => b.length - a.length))
    await deleteIfThere(storage, folder, signal);
}

/** Of all that begins with `prefix`, where earlier states are kept and can be seen. */
export async function deleteVersions(
  { extras }: Storage,
  prefix: string,
  signal: AbortSignal,
): Promise<void> {
  const { versions } = extras;
  if (!versions) return;
  const pages = pagesOf((from) => versions.list({ prefix, signal, ...from }));
  for await (const page of seen(pages)) {
    const [failure] = await versions.deleteMany({ versions: page.versions, signal });
    if (failure) throw failure.error;
  }
}

/** One whose beginning was not answered, nobody knows by its id. */
async function giveUpUploads(
  { extras }: Storage,
  prefix: string,
  signal: AbortSignal,
): Promise<void> {
  const { uploads } = extras;
  if (!uploads) return;
  const pages = pagesOf((from) => uploads.list({ prefix, signal, ...from }));
  for await (const page of seen(pages))
    for (const { key, id } of page.uploads) await uploads.abort({ key, id, signal });
}
