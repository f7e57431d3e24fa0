import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Order, Word } from "./victim.ts";

const program = fileURLToPath(new URL("victim.ts", import.meta.url));

/** How an order ended. */
export type End =
  | { readonly type: "killed" }
  | { readonly type: "done"; readonly snapshot?: string; readonly tookMs: number };

/** A process that is started ahead of its use, so that its start is not what gets killed. */
export class Victim {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<void>;
  #complaints = "";

  constructor() {
    this.#child = spawn(process.execPath, [program], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, NODE_NO_WARNINGS: "1" },
    });
    this.#child.stderr?.on("data", (text: Buffer) => (this.#complaints += text.toString()));
    this.#ended = new Promise((resolve) => this.#child.once("close", () => resolve()));
    // From the beginning: of one that dies before it is asked for anything, nothing is heard later.
    const input = this.#child.stdout ?? Readable.from([]);
    this.#lines = createInterface({ input })[Symbol.asyncIterator]();
  }

  /** Gives the order, and kills the process `afterMs` later if it still works then. */
  async obey(order: Order, afterMs: number): Promise<End> {
    await this.#expect("ready");
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    await this.#expect("begun");
    const begun = performance.now();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), afterMs);
    const value = await this.#word();
    clearTimeout(timer);
    await this.end();
    // A word that was on its way when the process was killed counts: it had said so.
    if (!value) return { type: "killed" };
    if (value.type !== "done") throw new Error(`the process said ${JSON.stringify(value)}`);
    const { snapshot } = value;
    const tookMs = performance.now() - begun;
    return { type: "done", tookMs, ...(snapshot !== undefined && { snapshot }) };
  }

  /** Ends the process, whatever it does. */
  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async #expect(type: Word["type"]): Promise<void> {
    const value = await this.#word();
    if (value?.type !== type)
      throw new Error(`expected ${type} and not ${JSON.stringify(value)}\n${this.#complaints}`);
  }

  /** What it says next; undefined once it is dead. */
  async #word(): Promise<Word | undefined> {
    const { value, done } = await this.#lines.next();
    // The other side is victim.ts, which says nothing else.
    return done === true ? undefined : (JSON.parse(value) as Word);
  }
}
