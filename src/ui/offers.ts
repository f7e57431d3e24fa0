/** Tells VS Code what there is, so that menus and the Command Palette offer nothing impossible. */
import { commands, Disposable } from "vscode";
import type { Connections } from "../app/connections/connections.ts";
import type { Repositories } from "../app/backups/repositories.ts";

interface Holdings {
  readonly connections: Pick<Connections, "list" | "onDidChange">;
  readonly repositories: Pick<Repositories, "list" | "onDidChange">;
}

/** Keeps the contexts `offsite.hasConnections` and `offsite.hasRepositories` until disposed of. */
export function offerWhatThereIs({ connections, repositories }: Holdings): Disposable {
  const keep = (context: string, holding: Holdings[keyof Holdings]) => {
    const tell = () => void setOffer(context, holding.list().length > 0);
    tell();
    return holding.onDidChange(tell);
  };
  return Disposable.from(
    keep("hasConnections", connections),
    keep("hasRepositories", repositories),
  );
}

/** Sets the context `offsite.<name>`, which when-clauses ask. */
export async function setOffer(name: string, value: boolean): Promise<void> {
  await commands.executeCommand("setContext", `offsite.${name}`, value);
}
