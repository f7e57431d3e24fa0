import type { Addresses } from "../../storage/provider.ts";
import { addressOf } from "./address.ts";
import type { Connections } from "../connections/connections.ts";
import type { Location } from "../location.ts";

/** Everything that what lies at a location is called elsewhere; `uri` always. */
export function addressesAt(
  connections: Connections,
  at: Location,
): Addresses & { readonly uri: string } {
  const connection = connections.get(at.connection);
  const provider = connection && connections.provider(connection);
  if (!connection || !provider) return { uri: at.key };
  const { container, key } = at;
  return {
    uri: addressOf(provider, connection, at),
    ...provider.addresses(
      connection.answers,
      { key, ...(container !== undefined && { container }) },
      connection.preset,
    ),
  };
}
