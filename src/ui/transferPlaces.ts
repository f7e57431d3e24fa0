/** Where something can be put in the tree, and why not elsewhere. */
import { l10n, window } from "vscode";
import type { PlaceRow, Row } from "../app/browse.ts";
import type { Connections } from "../app/connections.ts";
import { parentOf, type Location } from "../app/location.ts";

/** The folder that `row` is or lies in, if something may be put there. Says why, if not. */
export function placeToPut(row: Row | undefined, connections: Connections): Location | undefined {
  const at = row && placeOf(row);
  const connection = at && connections.get(at.connection);
  if (!connection) return undefined;
  if (connection.readOnly) {
    void window.showWarningMessage(
      l10n.t("“{0}” is marked read-only. Allow writing in the connection first.", connection.name),
    );
    return undefined;
  }
  if (at.container === undefined && connections.needsContainer(connection)) {
    void window.showWarningMessage(
      l10n.t("“{0}” holds buckets. Choose one of them, or a folder in one.", connection.name),
    );
    return undefined;
  }
  return at;
}

/** "Home server › photos › tables". */
export function placeName(
  { connection, container, key }: Location,
  connections: Connections,
): string {
  const name = connections.get(connection)?.name ?? connection;
  return [name, container, key.replace(/\/$/, "")].filter(Boolean).join(" › ");
}

function placeOf(row: Row): Location | undefined {
  if (isPlace(row)) return row.at;
  return row.type === "object" ? parentOf(row.at) : undefined;
}

function isPlace(row: Row): row is PlaceRow {
  return row.type === "connection" || row.type === "container" || row.type === "folder";
}
