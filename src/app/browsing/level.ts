/** What has been loaded of one place: page after page, each made into rows once. */
import { StorageError } from "../../storage/errors.ts";
import type { Entry } from "../../storage/objects.ts";
import type { Storage } from "../../storage/storage.ts";
import { type Listed, listOrder } from "./listOrder.ts";

export interface Level<R> {
  /** Page after page; in each, folders first, then by name. */
  readonly rows: readonly R[];
  /** How many of them are shown. */
  readonly limit: number;
  /** Where the next page begins. */
  readonly cursor?: string;
  /** Why the last page could not be loaded. */
  readonly error?: unknown;
}

/** Where a level's pages come from, and what is made of them. */
export interface LevelSource<R> {
  open(): Promise<Storage>;
  /** The place's own key, which is not among its rows. */
  readonly key: string;
  readonly prefix: string;
  rowOf(entry: Entry): R;
}

const rowsAtOnce = 1000;
/** Pages in a row that may be empty before a listing counts as going nowhere. */
const emptyPagesAtMost = 50;

/** The first rows of a place. Never rejects: a failure is part of the level. */
export async function firstLevel<R>(source: LevelSource<R>): Promise<Level<R>> {
  return await extended({ rows: [], limit: rowsAtOnce }, source);
}

/** The level with a thousand rows more, loading what that takes. A failure keeps what is there. */
export async function furtherLevel<R>(level: Level<R>, source: LevelSource<R>): Promise<Level<R>> {
  return await extended({ ...level, limit: level.limit + rowsAtOnce }, source);
}

/** Whether there is more than what is shown. */
export function hasMore({ rows, limit, cursor, error }: Level<unknown>): boolean {
  return error === undefined && (cursor !== undefined || rows.length > limit);
}

/** Loads one page more, unless enough is there already. */
async function extended<R>(level: Level<R>, source: LevelSource<R>): Promise<Level<R>> {
  const { rows, limit } = level;
  const begun = rows.length > 0;
  const isOver = begun && level.cursor === undefined && level.error === undefined;
  if (rows.length >= limit || isOver) return level;
  try {
    const { found, cursor } = await nextPage(await source.open(), source.prefix, level.cursor);
    const others = found.filter(({ key }) => key !== source.key);
    // What is shown already stays where it is: a later page goes below, in the storage's order.
    const whole = !begun && cursor === undefined;
    const added = listOrder(others, listed, whole).map((entry) => source.rowOf(entry));
    return { rows: [...rows, ...added], limit, ...(cursor !== undefined && { cursor }) };
  } catch (error) {
    return { ...level, error };
  }
}

/** The next page that has anything in it. */
async function nextPage(
  storage: Storage,
  prefix: string,
  from: string | undefined,
): Promise<{ found: readonly Entry[]; cursor?: string }> {
  let cursor = from;
  for (let pages = 0; pages < emptyPagesAtMost; pages++) {
    const page = await storage.page(prefix, {
      shallow: true,
      ...(cursor !== undefined && { cursor }),
    });
    if (page.entries.length > 0 || page.cursor === undefined)
      return { found: page.entries, ...(page.cursor !== undefined && { cursor: page.cursor }) };
    cursor = page.cursor;
  }
  throw new StorageError("unexpected", "the listing does not advance");
}

function listed({ key, type }: Entry): Listed {
  return { name: key, isFolder: type === "folder" };
}
