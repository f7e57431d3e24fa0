/** What is open in this window, as far as a backup is concerned. */
import { commands, l10n, window, workspace } from "vscode";

export type OpenWorkspace =
  | { readonly type: "none" }
  /** Its files are not on a disk that Offsite could read. */
  | { readonly type: "virtual" }
  | { readonly type: "untrusted" }
  /** Absolute paths, in the workspace's order. */
  | { readonly type: "folders"; readonly folders: readonly string[]; readonly name: string };

/** What is open now. Folders of other schemes beside local ones are left out. */
export function openWorkspace(): OpenWorkspace {
  const open = workspace.workspaceFolders ?? [];
  if (open.length === 0) return { type: "none" };
  const local = open.filter(({ uri }) => uri.scheme === "file");
  if (local.length === 0) return { type: "virtual" };
  if (!workspace.isTrusted) return { type: "untrusted" };
  return {
    type: "folders",
    folders: local.map(({ uri }) => uri.fsPath),
    name: workspace.name?.replace(/ \(Workspace\)$/, "") ?? local[0]?.name ?? "workspace",
  };
}

/** Says why what is open can neither be backed up nor restored into, and offers what helps. */
export async function sayWhyNot({ type }: OpenWorkspace): Promise<void> {
  if (type === "folders") return;
  const [title, command] =
    type === "untrusted"
      ? [l10n.t("Manage Workspace Trust"), "workbench.trust.manage"]
      : [l10n.t("Open Folder…"), "vscode.openFolder"];
  const chosen = await window.showInformationMessage(whyNot(type), title);
  if (chosen === title) await commands.executeCommand(command);
}

function whyNot(type: Exclude<OpenWorkspace["type"], "folders">): string {
  switch (type) {
    case "none":
      return l10n.t("No folder is open. Open the folder you want to back up, then try again.");
    case "virtual":
      return l10n.t(
        "This workspace is virtual: its files are not on this computer. Clone or download it into a folder, then back that up.",
      );
    case "untrusted":
      return l10n.t(
        "This workspace is not trusted, so Offsite neither backs it up nor restores into it. Trust it first.",
      );
  }
}
