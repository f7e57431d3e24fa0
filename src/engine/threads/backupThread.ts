import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import { release } from "../../base/bytes.ts";
import { loadArithmetic, type Arithmetic } from "../format/arithmetic.ts";
import { chunkerWindow } from "../format/chunker.ts";
import { Cancelled, type Control } from "./control.ts";
import { Crew, type HelperReply, type HelperRequest } from "./crew.ts";
import { knownFromTree, type FolderTotals, type KnownFolder } from "./knownFolder.ts";
import type { FinishedPack } from "../format/pack.ts";
import { Pipeline, type PipelineOrder, type PipelineTotals } from "./pipeline.ts";
import { failureOf, type TaskReply } from "./threads.ts";
import {
  Walk,
  type TreeSource,
  type WalkCounts,
  type WalkFailure,
  type WalkOrder,
} from "./walk.ts";

/** What the leading thread is asked for. */
export interface LeaderOrder {
  readonly pipeline: PipelineOrder;
  readonly walk: WalkOrder;
  /** The parent snapshot's tree. */
  readonly parent: string | undefined;
  /** Which repository, and which state of its index: blobs known in the same state are still there. */
  readonly repository: string;
  readonly indexState: string;
  /** One for each helper. */
  readonly helpers: readonly MessagePort[];
  /** Where trees arrive that were asked for. */
  readonly trees: MessagePort;
  /** The main thread's end of this backup: a `BackupMessage` that comes too late is heard by nobody. */
  readonly main: MessagePort;
}

/** What a helper is asked for; everything else comes through `leader`. */
export interface HelperOrder {
  readonly pipeline: PipelineOrder;
  readonly leader: MessagePort;
  readonly main: MessagePort;
}

/** What the main thread hears. Packs come from the helpers too. */
export type BackupMessage =
  | { readonly type: "pack"; readonly pack: FinishedPack }
  | { readonly type: "trees"; readonly ids: readonly string[] }
  | { readonly type: "counted"; readonly files: number; readonly bytes: number }
  | { readonly type: "path"; readonly path: string }
  | { readonly type: "walked"; readonly outcome: WalkOutcome }
  | { readonly type: "cancelled" }
  | Extract<TaskReply, { type: "failed" }>;

/** A tree that was asked for, or why it cannot be had. */
export interface TreeReply {
  readonly id: string;
  readonly bytes?: Uint8Array;
}

/** What the threads have done, once all of it has been sent. */
export interface WalkOutcome {
  readonly tree: string;
  /** Whether any root is in it, and whether the parent snapshot has them just so. */
  readonly hasRoots: boolean;
  readonly isUnchanged: boolean;
  readonly counts: WalkCounts;
  readonly totals: FolderTotals;
  readonly stored: PipelineTotals;
  readonly failed: readonly WalkFailure[];
}

/** Snapshots kept to compare with; several folders or repositories may take turns. */
const residents = 4;
const pathEveryMs = 100;

/** The program of the thread that walks, compares, and shares the work out. */
export function lead(port: MessagePort, wasm: string | URL): void {
  const arithmetic = loadArithmetic(wasm, chunkerWindow);
  const resident = new Map<string, Resident>();
  port.on("message", (order: LeaderOrder) => {
    const { main, helpers, trees } = order;
    try {
      const outcome = backUp(order, arithmetic, resident);
      main.postMessage({ type: "walked", outcome } satisfies BackupMessage);
    } catch (error) {
      main.postMessage(endOf(error));
    } finally {
      close(main);
      for (const each of [...helpers, trees]) each.close();
    }
  });
}

/** The program of the threads that take pieces of the work. */
export function help(port: MessagePort, wasm: string | URL): void {
  const arithmetic = loadArithmetic(wasm, chunkerWindow);
  port.on("message", ({ pipeline: order, leader, main }: HelperOrder) => {
    const pipeline = pipelineTo(main, order, arithmetic);
    leader.on("close", () => close(main));
    leader.on("message", (request: HelperRequest) => {
      try {
        leader.postMessage(answer(pipeline, request));
        pipeline.control.wake();
      } catch (error) {
        main.postMessage(endOf(error));
        leader.close();
      }
    });
  });
}

interface Resident {
  readonly folder: KnownFolder;
  readonly indexState: string;
}

type Send = (message: BackupMessage) => void;

function backUp(
  order: LeaderOrder,
  arithmetic: Arithmetic,
  resident: Map<string, Resident>,
): WalkOutcome {
  const { parent, repository, indexState, helpers, trees, main } = order;
  const send: Send = (message) => main.postMessage(message);
  const pipeline = pipelineTo(main, order.pipeline, arithmetic);
  const crew = new Crew(pipeline, helpers);
  const source = new ParentTrees(trees, pipeline.control, send);
  const kept = parent === undefined ? undefined : resident.get(`${repository}/${parent}`);
  const known = kept?.folder ?? (parent && knownFromTree(parent, source.load(parent)));
  const walk = new Walk({
    crew,
    // What a watcher saw counts from the last backup of this window, which only we know fully.
    order: { ...order.walk, changed: kept && order.walk.changed },
    trees: source,
    isStored: kept?.indexState === indexState ? undefined : (kind, id) => pipeline.has(kind, id),
    onPath: throttled((path) => send({ type: "path", path })),
  });
  walk.start(known || undefined);
  send({ type: "counted", ...walk.found });
  crew.finishFiles();
  const { result } = walk;
  if (!result?.walked) throw new Error("the walk has come to no end");
  const stored = crew.finish();
  remember(resident, `${repository}/${result.tree}`, { folder: result, indexState });
  const { tree, walked } = result;
  const { counts, failed, hasRoots, isUnchanged } = walk;
  return { tree, hasRoots, isUnchanged, counts, totals: walked.totals, stored, failed };
}

function answer(pipeline: Pipeline, request: HelperRequest): HelperReply {
  switch (request.type) {
    case "files":
      return {
        type: "files",
        results: request.files.map(({ path, name, stamp }) => {
          pipeline.control.throwIfCancelled();
          return pipeline.saveFile({ path: revived(path), name: revived(name), stamp });
        }),
      };
    case "range": {
      const { descriptor, offset, length } = request;
      pipeline.control.throwIfCancelled();
      return { type: "range", result: pipeline.saveRange(descriptor, offset, length) };
    }
    case "finish":
      pipeline.finish();
      return { type: "finish", totals: pipeline.totals };
  }
}

/** A path's bytes arrive as a plain array, which Node's calls do not take for a path. */
function revived(path: string | Uint8Array): string | Buffer {
  return typeof path === "string" ? path : Buffer.from(path);
}

/** The parent snapshot's trees, asked of the main thread. Waiting blocks this one. */
class ParentTrees implements TreeSource {
  readonly #port: MessagePort;
  readonly #control: Control;
  readonly #send: Send;
  readonly #asked = new Set<string>();
  readonly #arrived = new Map<string, TreeReply>();

  constructor(port: MessagePort, control: Control, send: Send) {
    this.#port = port;
    this.#control = control;
    this.#send = send;
  }

  expect(ids: readonly string[]): void {
    const fresh = ids.filter((id) => !this.#asked.has(id) && !this.#arrived.has(id));
    if (fresh.length === 0) return;
    for (const id of fresh) this.#asked.add(id);
    this.#send({ type: "trees", ids: fresh });
  }

  load(id: string): Uint8Array {
    this.expect([id]);
    const { bytes } = this.#control.waitFor(() => {
      this.#take();
      return this.#arrived.get(id);
    });
    this.#arrived.delete(id);
    this.#asked.delete(id);
    return bytes ?? emptyTree;
  }

  #take(): void {
    for (;;) {
      const received: { message: TreeReply } | undefined = receiveMessageOnPort(this.#port);
      if (!received) return;
      this.#arrived.set(received.message.id, received.message);
    }
  }
}

/** For a tree that is damaged or gone: everything below it is read again, and so mended. */
const emptyTree = Buffer.from('{"nodes":[]}\n');

/** The main thread may forget the least recently used, and so do we. */
function remember(resident: Map<string, Resident>, key: string, value: Resident): void {
  resident.delete(key);
  resident.set(key, value);
  for (const oldest of resident.keys()) {
    if (resident.size <= residents) return;
    resident.delete(oldest);
  }
}

/** A pipeline whose packs go to the main thread, and whose memory comes back from there. */
function pipelineTo(main: MessagePort, order: PipelineOrder, arithmetic: Arithmetic): Pipeline {
  const send = (pack: FinishedPack) =>
    main.postMessage({ type: "pack", pack } satisfies BackupMessage, [pack.bytes.buffer]);
  return new Pipeline(order, arithmetic, send, () => spareFrom(main));
}

/** Memory of a pack that is written. */
function spareFrom(main: MessagePort): ArrayBuffer | undefined {
  const received: { message: ArrayBuffer } | undefined = receiveMessageOnPort(main);
  return received?.message;
}

/** Ends the line to the main thread. An idle thread collects no garbage, so none is left lying on it. */
function close(main: MessagePort): void {
  for (let spare = spareFrom(main); spare; spare = spareFrom(main)) release(new Uint8Array(spare));
  main.close();
}

function endOf(error: unknown): BackupMessage {
  if (error instanceof Cancelled) return { type: "cancelled" };
  return failureOf(error) as Extract<TaskReply, { type: "failed" }>;
}

function throttled(send: (path: string) => void): (path: string) => void {
  let last = 0;
  return (path) => {
    const now = performance.now();
    if (now - last < pathEveryMs) return;
    last = now;
    send(path);
  };
}
