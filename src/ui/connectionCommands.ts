import { l10n, window } from "vscode";
import type { Row } from "../app/browse.ts";
import type { Connection } from "../app/connection.ts";
import type { Connections } from "../app/connections.ts";
import type { CommandTable } from "./commands.ts";
import type { ConnectionForms } from "./connectionForm.ts";

type Commands = Pick<
  CommandTable,
  | "addConnection"
  | "editConnection"
  | "duplicateConnection"
  | "renameConnection"
  | "removeConnection"
>;

/** What can be done with a saved connection. */
export function connectionCommands(rooms: {
  readonly connections: Connections;
  readonly forms: ConnectionForms;
  /** The row that the keyboard is on. */
  readonly selected: () => Row | undefined;
}): Commands {
  const { connections, forms } = rooms;
  const chosen = (given: unknown) => connectionOf(given ?? rooms.selected());
  return {
    addConnection: async () => await forms.show(),
    editConnection: async (given) => {
      const connection = chosen(given);
      if (connection) await forms.show(connection);
    },
    duplicateConnection: async (given) => {
      const connection = chosen(given);
      if (connection)
        await connections.duplicate(connection.id, l10n.t("{0} copy", connection.name));
    },
    renameConnection: async (given) => {
      const connection = chosen(given);
      const name = connection && (await askName(connection));
      if (name) await connections.rename(connection.id, name);
    },
    removeConnection: async (given) => {
      const connection = chosen(given);
      if (!connection || !(await confirmed(connection))) return;
      if (!(await connections.forget(connection.id)))
        void window.showWarningMessage(
          l10n.t(
            "“{0}” is removed, but the secret store of this computer would not delete its secrets. Revoke the key where you made it.",
            connection.name,
          ),
        );
    },
  };
}

function connectionOf(given: unknown): Connection | undefined {
  // Menus pass the rows that the tree has made.
  const row = given as Row | undefined;
  return row?.type === "connection" ? row.connection : undefined;
}

async function askName({ name }: Connection): Promise<string | undefined> {
  const given = await window.showInputBox({
    title: l10n.t("Rename Connection"),
    prompt: l10n.t("The new name of “{0}”", name),
    value: name,
    validateInput: (text) =>
      text.trim() === "" ? l10n.t("A connection needs a name.") : undefined,
  });
  return given?.trim();
}

async function confirmed({ name }: Connection): Promise<boolean> {
  const remove = l10n.t("Remove Connection");
  const answer = await window.showWarningMessage(
    l10n.t("Remove the connection “{0}” and its saved secrets?", name),
    { modal: true, detail: l10n.t("Nothing in the storage itself is touched.") },
    remove,
  );
  return answer === remove;
}
