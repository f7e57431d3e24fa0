/** The program of every engine thread. `workerData.role` says what it is for. */
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { loadArithmetic } from "./arithmetic.ts";
import { keyOpener, tasks } from "./tasks.ts";
import { failureOf, type TaskMessage, type TaskReply } from "./threads.ts";

// What starts this program gives it exactly these.
const { role, wasm } = workerData as { readonly role: "tasks"; readonly wasm: string };
if (parentPort && role === "tasks") serveTasks(parentPort);

function serveTasks(port: MessagePort): void {
  const openKey = keyOpener(loadArithmetic(wasm.startsWith("file:") ? new URL(wasm) : wasm));
  port.on("message", ({ name, input }: TaskMessage) => {
    try {
      // The sender's types match a task's name with its input; here both are just values.
      const task = tasks[name] as (input: unknown, key: typeof openKey) => TaskResult;
      const { output, transfer } = task(input, openKey);
      port.postMessage({ type: "done", output } satisfies TaskReply, [...transfer]);
    } catch (error) {
      port.postMessage(failureOf(error));
    }
  });
}

interface TaskResult {
  readonly output: unknown;
  readonly transfer: readonly ArrayBuffer[];
}
