/** Objects beside each other, and beside files: VS Code's own "Select for Compare" knows both. */
import { commands, l10n } from "vscode";
import type { ObjectRow, Row } from "../../app/browsing/browse.ts";
import type { CommandTable } from "../commands.ts";
import { uriOfObject } from "../remoteUri.ts";
import type { Chosen } from "../rows.ts";
import { visible } from "../words.ts";

type Commands = Pick<CommandTable, "selectForCompare" | "compareWithSelected" | "compareSelected">;

export function compareCommands(chosen: Chosen): Commands {
  const objects = (given: readonly unknown[]) => chosen(given).filter(isObject);
  const onFirst =
    (command: string) =>
    async (...given: readonly unknown[]) => {
      const [row] = objects(given);
      if (row) await commands.executeCommand(command, uriOfObject(row.at, row.writable));
    };
  return {
    selectForCompare: onFirst("selectForCompare"),
    compareWithSelected: onFirst("compareFiles"),
    compareSelected: async (...given) => {
      const [one, other] = objects(given);
      if (one && other) await compare(other, one);
    },
  };
}

/** The row that the menu was opened on is on the right, as in the Explorer. */
async function compare(left: ObjectRow, right: ObjectRow): Promise<void> {
  const title = l10n.t("{0} ↔ {1}", visible(left.name), visible(right.name));
  const [from, to] = [left, right].map(({ at, writable }) => uriOfObject(at, writable));
  await commands.executeCommand("vscode.diff", from, to, title);
}

function isObject(row: Row): row is ObjectRow {
  return row.type === "object";
}
