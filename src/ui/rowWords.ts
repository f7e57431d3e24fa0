import type { Row } from "../app/browse.ts";
import type { Connections } from "../app/connections.ts";
import { addressesAt } from "../app/addresses.ts";
import { extrasOf } from "../storage/provider.ts";

/**
 * The words by which the menus of a row know what its storage offers beyond the rest: the names of
 * its extras, `newContainer` and `deleteContainer`, `copy-…` for each of its addresses, and
 * `archived` for an object that is. They come from what the provider declares: a row must not cost
 * a request, nor an SDK be loaded.
 */
export function wordsOf(connections: Connections, row: Row): readonly string[] {
  if (!("at" in row)) return [];
  const connection = connections.get(row.at.connection);
  const provider = connection && connections.provider(connection);
  if (!connection || !provider) return [];
  if (row.type === "connection" && row.holdsContainers)
    return provider.createContainer ? ["newContainer"] : [];
  const copies = Object.keys(addressesAt(connections, row.at)).map((name) => `copy-${name}`);
  const archived = row.type === "object" && row.info.archived ? ["archived"] : [];
  const deletable = row.type === "container" && provider.deleteContainer ? ["deleteContainer"] : [];
  return [...extrasOf(provider, connection.preset), ...copies, ...archived, ...deletable];
}
