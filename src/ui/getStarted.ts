/** The walkthrough: opens it, and has VS Code tick off what was done before it was opened. */
import { commands, window, type Disposable, type Tab } from "vscode";
import { setOffer } from "./offers.ts";

/** Opens the walkthrough of the extension with this id. */
export async function openWalkthrough(extensionId: string): Promise<void> {
  await commands.executeCommand("workbench.action.openWalkthrough", `${extensionId}#start`);
  await tickOff();
}

/** Notices when the walkthrough may have been opened from the Welcome page, until disposed of. */
export function watchWelcomePage(): Disposable {
  return window.tabGroups.onDidChangeTabs(({ opened, changed }) => {
    if ([...opened, ...changed].some(isOfVsCode)) void tickOff();
  });
}

/** Whether it is one of VS Code's own pages; which one, extensions are not told. */
function isOfVsCode({ input }: Tab): boolean {
  return input === undefined;
}

/** VS Code looks at what holds when a context changes, so this one does, and is ready to do so again. */
async function tickOff(): Promise<void> {
  await setOffer("tickOff", true);
  await setOffer("tickOff", false);
}
