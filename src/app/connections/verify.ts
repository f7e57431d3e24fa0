/** Tries a connection out the way it will be used, and says at which step it fails. */
import type { Bytes } from "../../base/bytes.ts";
import { utf8 } from "../../base/bytes.ts";
import { isStorageError, StorageError, type ErrorKind } from "../../storage/errors.ts";
import type { Found } from "../../storage/examination.ts";
import { openStorage } from "../../storage/open.ts";
import type { Answers, Provider } from "../../storage/provider.ts";
import type { Storage } from "../../storage/storage.ts";
import { conditionsOf } from "./conditions.ts";
import { deleteVersions } from "./diagnose.ts";
import type { Log } from "../ports.ts";

export type StepName = "reach" | "sign-in" | "list" | "write" | "read" | "delete";

const stepNames: readonly StepName[] = ["reach", "sign-in", "list", "write", "read", "delete"];

export type VerifyStep =
  | { readonly step: StepName; readonly state: "running" }
  /** Without a time if it was proved by the request of another step. */
  | { readonly step: StepName; readonly state: "done"; readonly ms?: number }
  | {
      readonly step: StepName;
      readonly state: "failed";
      readonly ms: number;
      readonly error: unknown;
    }
  | { readonly step: StepName; readonly state: "skipped"; readonly reason: SkipReason };

export type SkipReason =
  | "failed-before" // an earlier step failed
  | "read-only" // the connection does not write
  | "no-container" // which bucket, the answers do not say
  | "cancelled";

interface Candidate {
  readonly provider: Provider;
  readonly preset?: string;
  /** With secrets. */
  readonly answers: Answers;
  readonly readOnly: boolean;
  readonly name: string;
  readonly found?: Found | undefined;
}

interface Trial {
  readonly signal: AbortSignal;
  readonly onStep: (step: VerifyStep) => void;
  readonly log: Log;
  /** Makes the probe's name one that nobody else uses. */
  readonly probe: string;
  /** Told what was found out beside whether it works. */
  readonly onFound?: (found: Found) => void;
}

/** Cleaning up goes on after a cancel, but not for ever. */
const cleanUpMs = 20_000;

/**
 * Reaches, signs in and lists; then, unless read-only, writes a probe object, reads it back and
 * deletes it, whatever happened in between. Resolves to whether nothing failed; never rejects.
 */
export async function verify(candidate: Candidate, trial: Trial): Promise<boolean> {
  const run = new Run(trial);
  try {
    await steps(candidate, trial, run);
    return true;
  } catch {
    // The step that failed has been told already.
    run.skipRest(trial.signal.aborted ? "cancelled" : "failed-before");
    return false;
  }
}

async function steps(candidate: Candidate, trial: Trial, run: Run): Promise<void> {
  const { provider, preset, answers, readOnly } = candidate;
  const { signal, probe } = trial;
  if (provider.container !== undefined && !answers[provider.container]) {
    const containers = async () => await provider.containers?.(answers, signal, preset);
    await run.firstContact(containers);
    await run.step("list", containers);
    run.skipRest("no-container");
    return;
  }
  const { storage } = await run.firstContact(async () => {
    // Conditions are sent even where nobody vouches that they are heeded: that is found out here.
    const capabilities = { ifAbsent: true, ifMatch: true };
    const trusting = { ...candidate, found: { ...candidate.found, capabilities } };
    const opened = await openStorage(trusting, (line) => trial.log.trace(line), {
      attempts: 1,
    });
    await opened.page("", { shallow: true, signal });
    return { storage: opened };
  });
  await run.step("list", async () => await storage.page("", { shallow: true, signal }));
  if (readOnly) run.skipRest("read-only");
  else await tryWriting(storage, `offsite-probe-${probe}`, trial, run);
}

async function tryWriting(
  storage: Storage,
  name: string,
  { signal, onFound }: Trial,
  run: Run,
): Promise<void> {
  const content = utf8(`Offsite wrote this to verify a connection. It may be deleted. ${name}\n`);
  // Some services have a topmost folder that holds folders only.
  const inFolder = `${name}/`;
  let key = `${name}.txt`;
  const clean = async () => {
    const within = { signal: AbortSignal.timeout(cleanUpMs) };
    let isMarked = false;
    await storage.delete([key], { ...within, onMark: () => (isMarked = true) });
    // A key that may not delete versions verifies all the same.
    if (isMarked)
      await deleteVersions(storage, key, within.signal).catch((error: unknown) => {
        if (!isStorageError(error, "denied")) throw error;
      });
    if (key.startsWith(inFolder)) await storage.delete([inFolder], within);
  };
  const write = async () => {
    await storage.write(key, content, { signal });
  };
  try {
    await run.step("write", () =>
      write().catch(async (error: unknown) => {
        if (!isStorageError(error) || error.details.reason !== "folders-only") throw error;
        key = `${inFolder}probe.txt`;
        await write();
      }),
    );
    await run.step("read", async () => {
      if (!same(await storage.bytes(key, { signal }), content))
        throw new StorageError("corrupt", "the probe came back changed");
      const { capabilities } = await conditionsOf(storage, key, signal);
      onFound?.({ capabilities });
    });
  } catch (error) {
    // A write that failed may have arrived all the same.
    await clean().catch(() => {});
    throw error;
  }
  await run.step("delete", clean);
}

/** Tells how the steps go, each exactly once as done, failed or skipped. */
class Run {
  readonly #trial: Trial;
  readonly #told = new Set<StepName>();

  constructor(trial: Trial) {
    this.#trial = trial;
  }

  /** The first request shows both whether anything answers there and whether it knows us. */
  async firstContact<T>(work: () => Promise<T>): Promise<T> {
    this.#tell({ step: "reach", state: "running" });
    const started = performance.now();
    try {
      const result = await work();
      this.#tell({ step: "reach", state: "done", ms: performance.now() - started });
      this.#tell({ step: "sign-in", state: "done" });
      return result;
    } catch (error) {
      this.#failedAt(failingStep(error), performance.now() - started, error);
      throw error;
    }
  }

  async step<T>(step: StepName, work: () => Promise<T>): Promise<T> {
    this.#tell({ step, state: "running" });
    const started = performance.now();
    try {
      const result = await work();
      this.#tell({ step, state: "done", ms: performance.now() - started });
      return result;
    } catch (error) {
      this.#failedAt(step, performance.now() - started, error);
      throw error;
    }
  }

  skipRest(reason: SkipReason): void {
    for (const step of stepNames)
      if (!this.#told.has(step)) this.#tell({ step, state: "skipped", reason });
  }

  /** Steps before the one that failed were passed on the way to it. */
  #failedAt(failed: StepName, ms: number, error: unknown): void {
    if (this.#trial.signal.aborted) return;
    for (const step of stepNames.slice(0, stepNames.indexOf(failed)))
      if (!this.#told.has(step)) this.#tell({ step, state: "done" });
    this.#tell({ step: failed, state: "failed", ms, error });
  }

  #tell(step: VerifyStep): void {
    if (step.state !== "running") this.#told.add(step.step);
    this.#trial.onStep(step);
  }
}

/** Whoever says "no such bucket" or "not allowed" has been reached, and knows us. */
function failingStep(error: unknown): StepName {
  if (!isStorageError(error)) return "reach";
  const { reason } = error.details;
  if (reason === "not-this-protocol" || reason === "redirect") return "reach";
  return stepOfKind[error.kind];
}

const stepOfKind: Readonly<Record<ErrorKind, StepName>> = {
  "signed-out": "sign-in",
  "not-found": "list",
  denied: "list",
  conflict: "list",
  unsupported: "list",
  full: "list",
  corrupt: "list",
  throttled: "reach",
  unreachable: "reach",
  invalid: "reach",
  unexpected: "reach",
};

function same(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
