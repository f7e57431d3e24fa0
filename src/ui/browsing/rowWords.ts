import { addressesAt } from "../../app/browsing/addresses.ts";
import type { Row } from "../../app/browsing/browse.ts";
import type { Connection } from "../../app/connections/connection.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { extrasOf, type Provider } from "../../storage/provider.ts";

/**
 * The words by which the menus of a row know what its storage offers beyond the rest: the names of
 * its extras, `newContainer` and `deleteContainer`, `copy-…` for each of its addresses, and
 * `archived` for an object that is. They come from what the provider declares: a row must not cost
 * a request, nor an SDK be loaded.
 */
export class RowWords {
  readonly #connections: Connections;
  /** A connection that is changed is another object, and all its rows have most words in common. */
  readonly #shared = new WeakMap<Connection, readonly string[]>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  of(row: Row): readonly string[] {
    const connection = "at" in row ? this.#connections.get(row.at.connection) : undefined;
    const provider = connection && this.#connections.provider(connection);
    if (!("at" in row) || !connection || !provider) return [];
    if (row.type === "connection" && row.holdsContainers)
      return provider.createContainer ? ["newContainer"] : [];
    const shared = this.#shared.get(connection) ?? this.#sharedWords(connection, row.at.container);
    this.#shared.set(connection, shared);
    const own = ownWord(row, provider);
    return own === undefined ? shared : [...shared, own];
  }

  #sharedWords(connection: Connection, container: string | undefined): readonly string[] {
    const provider = this.#connections.provider(connection);
    const at = { connection: connection.id, key: "any", ...(container && { container }) };
    const addresses = Object.keys(addressesAt(this.#connections, at));
    return [
      ...(provider ? extrasOf(provider, connection) : []),
      ...addresses.map((name) => `copy-${name}`),
    ];
  }
}

function ownWord(row: Row, provider: Provider): string | undefined {
  if (row.type === "object") return row.info.archived ? "archived" : undefined;
  return row.type === "container" && provider.deleteContainer ? "deleteContainer" : undefined;
}
