/** The program of every engine thread. `workerData.role` says what it is for. */
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { loadArithmetic } from "../format/arithmetic.ts";
import { help, lead } from "./backupThread.ts";
import { decompressor, type Decompressor } from "../format/compress.ts";
import { keyOpener, tasks, type KeyOpener } from "./tasks.ts";
import { failureOf, type TaskMessage, type TaskReply } from "./threads.ts";

// What starts this program gives it exactly these.
const { role, wasm } = workerData as WorkerStart;
const roles = { tasks: serveTasks, lead, help };
if (parentPort) roles[role](parentPort, wasm.startsWith("file:") ? new URL(wasm) : wasm);

interface WorkerStart {
  readonly role: keyof typeof roles;
  /** A path or the text of a file URL. */
  readonly wasm: string;
}

function serveTasks(port: MessagePort, wasmFile: string | URL): void {
  const openKey = keyOpener(() => loadArithmetic(wasmFile));
  let decompress: Decompressor | undefined;
  const decompressOne: Decompressor = (...frame) => (decompress ??= decompressor())(...frame);
  port.on("message", ({ name, input }: TaskMessage) => {
    try {
      // The sender's types match a task's name with its input; here both are just values.
      const task = tasks[name] as (input: unknown, ...tools: TaskTools) => TaskResult;
      const { output, transfer } = task(input, openKey, decompressOne);
      port.postMessage({ type: "done", output } satisfies TaskReply, [...transfer]);
    } catch (error) {
      port.postMessage(failureOf(error));
    }
  });
}

type TaskTools = readonly [KeyOpener, Decompressor];

interface TaskResult {
  readonly output: unknown;
  readonly transfer: readonly ArrayBuffer[];
}
