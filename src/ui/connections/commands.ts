import { l10n, window } from "vscode";
import type { Row } from "../../app/browsing/browse.ts";
import type { Connection } from "../../app/connections/connection.ts";
import type { Connections } from "../../app/connections/connections.ts";
import type { CommandTable } from "../commands.ts";
import type { ConnectionForms } from "./connectionForm.ts";
import { chosenFrom } from "../rows.ts";
import { forQuestion } from "../steps.ts";
import { visible } from "../words.ts";

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
  /** The rows that the keyboard works on. */
  readonly selected: () => readonly Row[];
}): Commands {
  const { connections, forms } = rooms;
  const chosenRows = chosenFrom(rooms.selected);
  const allChosen = (given: readonly unknown[]) =>
    chosenRows(given).flatMap((row) => (row.type === "connection" ? row.connection : []));
  const chosen = (given: readonly unknown[]) => allChosen(given)[0];
  return {
    addConnection: async (why) => {
      await forms.show(undefined, { isForQuestion: why === forQuestion });
    },
    /** Of a row, or by its id. */
    editConnection: async (...given) => {
      const [id] = given;
      const connection = typeof id === "string" ? connections.get(id) : chosen(given);
      if (connection) await forms.show(connection);
    },
    duplicateConnection: async (...given) => {
      const connection = chosen(given);
      if (connection)
        await connections.duplicate(connection.id, l10n.t("{0} copy", connection.name));
    },
    renameConnection: async (...given) => {
      const connection = chosen(given);
      const name = connection && (await askName(connection));
      if (name) await connections.rename(connection.id, name);
    },
    removeConnection: async (...given) => {
      const wanted = allChosen(given);
      if (wanted.length > 0 && (await confirmed(wanted))) await remove(connections, wanted);
    },
  };
}

async function remove(connections: Connections, wanted: readonly Connection[]): Promise<void> {
  for (const { id, name } of wanted)
    if (!(await connections.forget(id)))
      void window.showWarningMessage(
        l10n.t(
          "“{0}” is removed, but the secret store of this computer would not delete its secrets. Revoke the key where you made it.",
          visible(name),
        ),
      );
}

async function askName({ name }: Connection): Promise<string | undefined> {
  const given = await window.showInputBox({
    title: l10n.t("Rename Connection"),
    prompt: l10n.t("The new name of “{0}”", visible(name)),
    value: name,
    validateInput: (text) =>
      text.trim() === "" ? l10n.t("A connection needs a name.") : undefined,
  });
  return given?.trim();
}

async function confirmed(wanted: readonly Connection[]): Promise<boolean> {
  const [{ name } = { name: "" }, ...others] = wanted;
  const question =
    others.length === 0
      ? l10n.t("Remove the connection “{0}” and its saved secrets?", visible(name))
      : l10n.t("Remove {0} connections and their saved secrets?", wanted.length);
  const act =
    others.length === 0
      ? l10n.t("Remove Connection")
      : l10n.t("Remove {0} Connections", wanted.length);
  const detail = l10n.t("Nothing in the storage itself is touched.");
  return (await window.showWarningMessage(question, { modal: true, detail }, act)) === act;
}
