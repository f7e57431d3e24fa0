/** Brings files that have arrived to the thread that puts them in their place, several at a time. */
import { never } from "../../base/abort.ts";
import type { Kernels } from "./kernels.ts";
import { LocalFileError, makeFolderBelow, pathBelow } from "../disk/localFiles.ts";
import type { ArrivedFile, Placed, PlacedFile } from "../disk/placing.ts";
import type { TargetFolder } from "../disk/targetFolder.ts";

/** A batch that takes longer has met a slow disk, which will take more than one at once. */
const slowMs = 50;
/** What arrives within this time goes along: waking the thread costs as much as writing many files. */
const gatherMs = 16;
/** A folder that is gone as soon as it is made is not to be had. */
const attemptsAtMost = 3;

interface Waiting {
  readonly file: PlacedFile;
  settle(result: Placed): void;
  fail(error: unknown): void;
}

/**
 * Each question to the file system costs the main thread more than the system takes to answer it,
 * and a small file takes ten. So all of them are asked on a thread, for as many files as wait.
 */
export class PlacingQueue {
  readonly #kernels: Pick<Kernels, "run" | "parallelTasks">;
  #waiting: Waiting[] = [];
  #isPlanned = false;
  #underWay = 0;
  #isSlow = false;
  #hasBegun = false;

  constructor(kernels: Pick<Kernels, "run" | "parallelTasks">) {
    this.#kernels = kernels;
  }

  /** Files are expected: their thread, which takes a while to start, starts meanwhile. */
  prepare(): void {
    // What is wrong with it, the first file will be told.
    this.#kernels.run("placeFiles", [], never).catch(() => undefined);
  }

  /**
   * Puts `file` into the folder, which is made anew if it is gone. Fails with `LocalFileError`
   * "appeared" if what is there is not what was expected; then nothing has changed there, and it
   * can be tried again.
   */
  async place({ root, segments, path }: TargetFolder, file: ArrivedFile): Promise<void> {
    let folder = path;
    for (let attempts = 1; ; attempts++) {
      const result = await this.#placed({ ...file, folder });
      if (result.type === "done") return;
      if (result.type === "failed") throw errorOf(result, pathBelow(folder, [file.name]));
      if (attempts === attemptsAtMost)
        throw new LocalFileError("outside", `the folder is somewhere else each time: ${folder}`);
      // Fails where a link now leads out of the root.
      folder = await makeFolderBelow(root, segments);
    }
  }

  async #placed(file: PlacedFile): Promise<Placed> {
    return await new Promise((settle, fail) => {
      this.#waiting.push({ file, settle, fail });
      if (this.#isPlanned) return;
      this.#isPlanned = true;
      setTimeout(() => {
        this.#isPlanned = false;
        this.#sendNext();
      }, gatherMs);
    });
  }

  #sendNext(): void {
    const most = this.#isSlow ? this.#kernels.parallelTasks : 1;
    if (this.#waiting.length === 0 || this.#underWay >= most) return;
    const sentMs = performance.now();
    const batch = this.#waiting.splice(0);
    this.#underWay++;
    const files = batch.map(({ file }) => file);
    this.#kernels
      .run("placeFiles", files, never)
      .then(
        (results) => {
          for (const [at, result] of results.entries()) batch[at]?.settle(result);
        },
        (error: unknown) => {
          for (const { fail } of batch) fail(error);
        },
      )
      .finally(() => {
        this.#underWay--;
        // The first one has waited for its thread to start.
        this.#isSlow = this.#hasBegun && performance.now() - sentMs > slowMs;
        this.#hasBegun = true;
        this.#sendNext();
      });
  }
}

/** The failure that travelled, of the file that is to be at `path`. */
function errorOf(
  { message, kind, code }: Extract<Placed, { type: "failed" }>,
  path: string,
): Error {
  if (kind !== undefined) return new LocalFileError(kind, message);
  return Object.assign(new Error(message), code === undefined ? {} : { code, path });
}
