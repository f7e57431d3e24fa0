/** Says of a remote file in which connection it lies, wherever VS Code shows its path. */
import { type Disposable, window } from "vscode";
import type { Connections } from "../../app/connections/connections.ts";
import { isRemote } from "../remoteUri.ts";

/** Two connections may well hold the same path, and the path is all that a tab tells. */
export function nameConnections(connections: Connections): Disposable {
  return window.registerFileDecorationProvider({
    provideFileDecoration: (uri) => {
      const tooltip = isRemote(uri) ? connections.get(uri.authority)?.name : undefined;
      return tooltip === undefined ? undefined : { tooltip };
    },
  });
}
