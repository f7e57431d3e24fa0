/** What is open in this window, as far as a backup is concerned. */
import { l10n, workspace } from "vscode";

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

/** Why what is open cannot be backed up, and what to do; undefined if it can. */
export function whyNot({ type }: OpenWorkspace): string | undefined {
  switch (type) {
    case "folders":
      return undefined;
    case "none":
      return l10n.t("No folder is open. Open the folder you want to back up, then try again.");
    case "virtual":
      return l10n.t(
        "This workspace is virtual: its files are not on this computer. Clone or download it into a folder, then back that up.",
      );
    case "untrusted":
      return l10n.t(
        "This workspace is not trusted, so Offsite backs nothing up from it. Trust it first (command “Manage Workspace Trust”).",
      );
  }
}
