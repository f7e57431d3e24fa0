import { commands, Disposable } from "vscode";
import type { CommandId } from "./manifest/contributions.ts";
import type { Reporter } from "./report.ts";
import { fromKeyboard } from "./rows.ts";

/** What VS Code passes: the row a menu was opened on and, with several selected, all of them. */
export type Handler = (...given: readonly unknown[]) => unknown;

/** Every command the manifest declares has its handler here, or this does not compile. */
export type CommandTable = Readonly<Record<CommandId, Handler>>;

/**
 * Registers the table; whatever a handler throws becomes one message. A key's command is given the
 * rows that `rowsOfKeyboard` finds, as a menu's is given its own.
 */
export function registerCommands(
  table: CommandTable,
  reporter: Reporter,
  rowsOfKeyboard: (command: string) => Promise<readonly unknown[]>,
): Disposable {
  const registered = Object.entries(table).map(([id, handler]) =>
    commands.registerCommand(`offsite.${id}`, async (...given: unknown[]): Promise<unknown> => {
      // Asked once: when it is tried again, the focus is elsewhere.
      let about: readonly unknown[] | undefined;
      const run = async (): Promise<unknown> => {
        try {
          about ??= given[0] === fromKeyboard ? asMenuGives(await rowsOfKeyboard(id)) : given;
          return about ? await handler(...about) : undefined;
        } catch (error) {
          reporter.report(error, { retry: run });
          return undefined;
        }
      };
      return await run();
    }),
  );
  return Disposable.from(...registered);
}

/** The row and all of them; nothing if there is none. */
function asMenuGives(rows: readonly unknown[]): readonly unknown[] | undefined {
  return rows.length === 0 ? undefined : [rows[0], rows];
}
