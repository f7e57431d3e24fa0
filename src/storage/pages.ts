import { StorageError } from "./errors.ts";

/**
 * Page after page of a listing, each asked for with what the one before named as the next. Fails
 * with `unexpected` where a server leads in a circle, however wide: it would be listed for ever.
 */
export async function* pagesOf<P extends { readonly cursor?: string }>(
  ask: (from: { readonly cursor?: string }) => Promise<P>,
): AsyncGenerator<P, void, void> {
  let cursor: string | undefined;
  // Brent's way: who goes in a circle meets what was there when a power of two was last counted.
  let landmark: string | undefined;
  let pages = 0;
  do {
    const page = await ask(cursor === undefined ? {} : { cursor });
    ({ cursor } = page);
    if (cursor !== undefined && cursor === landmark)
      throw new StorageError("unexpected", "listing does not advance");
    pages++;
    if (Number.isInteger(Math.log2(pages))) landmark = cursor;
    yield page;
  } while (cursor !== undefined);
}
