/** Offers to take over what files of the workspace hold of connections, and says where secrets stay behind. */
import { commands, l10n, type Memento, Uri, window, workspace } from "vscode";
import type { Found } from "../../app/imports/found.ts";
import { type Unreadable, whyUnreadable } from "../../app/imports/search.ts";
import { connectionsOfFile, workspaceFiles } from "../../app/imports/workspaceFiles.ts";
import { openWorkspace } from "../workspaceFolders.ts";
import { pickOne } from "../steps.ts";

/** A file of the workspace that may hold connections. Nothing of it has been read yet. */
export interface WorkspaceFile {
  readonly folder: string;
  /** Its path below the folder, with `/`. */
  readonly name: string;
}

export function isWorkspaceFile(given: unknown): given is WorkspaceFile {
  return typeof given === "object" && given !== null && "folder" in given && "name" in given;
}

/** Those of the workspace, if it is trusted. */
async function present(): Promise<readonly WorkspaceFile[]> {
  const open = openWorkspace();
  if (open.type !== "folders") return [];
  const files = open.folders.flatMap((folder) => workspaceFiles.map((name) => ({ folder, name })));
  const there = await Promise.all(
    files.map(async (file) =>
      Promise.resolve(workspace.fs.stat(uriOf(file))).then(
        () => true,
        () => false,
      ),
    ),
  );
  return files.filter((_, index) => there[index]);
}

/** Asks which file shall be read; says so if there is none. */
export async function chooseWorkspaceFile(): Promise<WorkspaceFile | undefined> {
  const files = await present();
  if (files.length === 0) {
    void window.showInformationMessage(
      l10n.t(
        "No file of this workspace is one that Offsite could take connections from ({0}).",
        workspaceFiles.join(", "),
      ),
    );
    return undefined;
  }
  const reply = await pickOne(
    { title: l10n.t("Import from Workspace Files") },
    {
      placeholder: l10n.t("Which file shall be read?"),
      choices: files.map((file) => ({ label: file.name, description: file.folder, value: file })),
    },
  );
  return reply?.type === "answer" ? reply.value : undefined;
}

/** What the file holds; a file that cannot be used is part of it. */
export async function foundIn({
  folder,
  name,
}: WorkspaceFile): Promise<readonly (Found | Unreadable)[]> {
  const unreadable = { type: "unreadable", source: "workspace", file: name } as const;
  try {
    const found = await connectionsOfFile(folder, name);
    if (found.length === 0)
      void window.showInformationMessage(l10n.t("There is no connection in {0}.", name));
    return found;
  } catch (error) {
    return [{ ...unreadable, ...whyUnreadable(error) }];
  }
}

/** The secret is in VS Code's store now. Taking it out of the file is the user's to do. */
export async function offerToCleanUp(file: WorkspaceFile): Promise<void> {
  const open = l10n.t("Open {0}", file.name);
  const chosen = await window.showInformationMessage(
    l10n.t(
      "The secret still stands in {0}. Take it out there, so that it is not shared by mistake.",
      file.name,
    ),
    open,
  );
  if (chosen === open) await commands.executeCommand("vscode.open", uriOf(file));
}

const askedKey = "workspaceSecrets.asked";

/** Once for a workspace: says that it has such a file, and offers to look. */
export async function offerWorkspaceFiles(memento: Memento): Promise<void> {
  const [file] = (await present()).filter(({ name }) => name.startsWith(".vscode/"));
  if (!file || memento.get(askedKey)) return;
  await memento.update(askedKey, true);
  const look = l10n.t("Look for Connections");
  const chosen = await window.showInformationMessage(
    l10n.t(
      "{0} may hold a server's password. Offsite can keep it safely as a connection.",
      file.name,
    ),
    look,
  );
  if (chosen === look) await commands.executeCommand("offsite.importWorkspaceFile", file);
}

function uriOf({ folder, name }: WorkspaceFile): Uri {
  return Uri.joinPath(Uri.file(folder), name);
}
