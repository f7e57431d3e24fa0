import type { Connection } from "../app/connections/connection.ts";
import type { Connections } from "../app/connections/connections.ts";

/** The codicon that a connection is shown with, wherever it is shown. */
export function connectionIcon(connections: Connections, connection: Connection): string {
  if (connection.readOnly) return "lock";
  const provider = connections.provider(connection);
  const preset = provider?.presets.find(({ id }) => id === connection.preset);
  return preset?.icon ?? provider?.icon ?? "question";
}
