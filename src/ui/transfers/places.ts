/** Where something can be put in the tree, and why not elsewhere. */
import { commands, l10n, window } from "vscode";
import type { FolderRow, ObjectRow, Row } from "../../app/browsing/browse.ts";
import type { Connection } from "../../app/connections/connection.ts";
import type { Connections } from "../../app/connections/connections.ts";
import { parentOf, type Location } from "../../app/location.ts";
import type { TransferPlan } from "../../app/transfers/plan.ts";
import { isPlaceRow, isStoredRow } from "../rows.ts";
import { visible } from "../words.ts";

/** The folder that `row` is or lies in, if something may be put there. Says why, if not. */
export function placeToPut(row: Row | undefined, connections: Connections): Location | undefined {
  const at = row && placeOf(row);
  const connection = at && connections.get(at.connection);
  if (!connection) return undefined;
  if (connection.readOnly) {
    void sayReadOnly(connection);
    return undefined;
  }
  if (at.container === undefined && connections.needsContainer(connection)) {
    void window.showWarningMessage(
      l10n.t(
        "“{0}” holds buckets. Choose one of them, or a folder in one.",
        visible(connection.name),
      ),
    );
    return undefined;
  }
  return at;
}

/** Those of the rows that may be changed. Says why, if none of them may: keys work on any row. */
export function changeable(
  rows: readonly Row[],
  connections: Connections,
): readonly (FolderRow | ObjectRow)[] {
  const stored = rows.filter(isStoredRow);
  const writable = stored.filter((row) => row.writable);
  const [first] = stored;
  const connection = first && connections.get(first.at.connection);
  if (connection && writable.length === 0) void sayReadOnly(connection);
  return writable;
}

async function sayReadOnly({ id, name }: Connection): Promise<void> {
  const edit = l10n.t("Edit Connection");
  const chosen = await window.showWarningMessage(
    l10n.t("“{0}” is marked read-only. Allow writing in the connection first.", visible(name)),
    edit,
  );
  if (chosen === edit) await commands.executeCommand("offsite.editConnection", id);
}

/** "Home server › photos/tables". */
export function placeName(at: Location, connections: Connections): string {
  const name = connectionName(at, connections);
  const path = pathAt(at);
  return path === "" ? name : `${name} › ${path}`;
}

/** The same for where a transfer goes to, which may be a folder of this computer. */
export function targetName(target: TransferPlan["target"], connections: Connections): string {
  return typeof target === "string" ? visible(target) : placeName(target, connections);
}

export function connectionName({ connection }: Location, connections: Connections): string {
  return visible(connections.get(connection)?.name ?? connection);
}

/** The path within the connection: "photos/tables". */
export function pathAt({ container, key }: Location): string {
  const path = [container, key.replace(/\/$/, "")].filter(Boolean).join("/");
  return visible(path);
}

function placeOf(row: Row): Location | undefined {
  if (isPlaceRow(row)) return row.at;
  return row.type === "object" ? parentOf(row.at) : undefined;
}
