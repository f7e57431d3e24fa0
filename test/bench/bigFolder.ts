/** A bucket with very many objects, as the tree shows it. */
import { Browse, type MoreRow, type Row } from "../../src/app/browsing/browse.ts";
import type { Answers } from "../../src/storage/provider.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import { newProfile } from "../app/connectionPorts.ts";

export class BigFolder {
  readonly #browse: Browse;
  readonly #root: Row;

  private constructor(browse: Browse, root: Row) {
    this.#browse = browse;
    this.#root = root;
  }

  /** Its connection is there, and nothing is loaded. */
  static async open(answers: Answers): Promise<BigFolder> {
    const { connections } = newProfile(s3).open();
    await connections.save({ name: "Big", provider: "s3", preset: "ceph", answers });
    const browse = new Browse(connections);
    const [root] = await browse.rows();
    if (!root) throw new Error("no connection");
    return new BigFolder(browse, root);
  }

  /** The rows that are shown by now, as far as they are objects; loads the first. */
  async shown(): Promise<number> {
    const rows = await this.#browse.rows(this.#root);
    const failure = rows.find((row) => row.type === "failure");
    if (failure) throw failure.error;
    return rows.filter(({ type }) => type === "object").length;
  }

  /** As a click on "Show more", as often as there is more; at most `pages` times. */
  async showMore(pages = Infinity): Promise<void> {
    for (let i = 0; i < pages; i++) {
      const more = (await this.#browse.rows(this.#root)).at(-1);
      if (more?.type !== "more") return;
      await this.#browse.loadMore((more satisfies MoreRow).parent);
    }
  }
}
