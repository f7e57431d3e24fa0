import { commands, Disposable } from "vscode";
import type { CommandId } from "./contributions.ts";
import type { Reporter } from "./report.ts";

/** What VS Code passes: the row a menu was opened on and, with several selected, all of them. */
export type Handler = (...given: readonly unknown[]) => unknown;

/** Every command the manifest declares has its handler here, or this does not compile. */
export type CommandTable = Readonly<Record<CommandId, Handler>>;

/** Registers the table; whatever a handler throws becomes one message. */
export function registerCommands(table: CommandTable, reporter: Reporter): Disposable {
  const registered = Object.entries(table).map(([id, handler]) =>
    commands.registerCommand(`offsite.${id}`, async (...given: unknown[]): Promise<unknown> => {
      const run = async (): Promise<unknown> => {
        try {
          return await handler(...given);
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
