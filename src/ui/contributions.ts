/**
 * What the extension adds to VS Code, declared once. `manifest.ts` turns it into package.json's
 * `contributes`; the command table must have a handler for every command declared here.
 */

export interface CommandDeclaration {
  /** Without the category. Ends in "…" if it asks something before it acts. */
  readonly title: string;
  /** A codicon. */
  readonly icon?: string;
  /** When it can run at all; greyed out elsewhere. */
  readonly enablement?: string;
  /** When the command palette offers it; `false` if it makes sense on a row only. */
  readonly palette?: string | false;
}

/** Command id (without the leading `offsite.`) to its declaration. */
export const commands = {
  addConnection: { title: "Add Connection…", icon: "add" },
  editConnection: { title: "Edit Connection…", icon: "edit", palette: false },
  duplicateConnection: { title: "Duplicate Connection", palette: false },
  renameConnection: { title: "Rename Connection…", palette: false },
  removeConnection: { title: "Remove Connection…", palette: false },
  refresh: { title: "Refresh Connections", icon: "refresh" },
  refreshNode: { title: "Refresh", icon: "refresh", palette: false },
  retry: { title: "Retry", icon: "refresh", palette: false },
  loadMore: { title: "Load More…", palette: false },
  enterContainer: { title: "Enter a Bucket Name…", icon: "edit", palette: false },
  open: { title: "Open Preview", icon: "go-to-file", palette: false },
  download: { title: "Download…", icon: "cloud-download", palette: false },
  uploadFiles: { title: "Upload Files…", icon: "cloud-upload", palette: false },
  uploadFolder: { title: "Upload Folder…", palette: false },
  newFolder: { title: "New Folder…", icon: "new-folder", palette: false },
  delete: { title: "Delete…", icon: "trash", palette: false },
  copyKey: { title: "Copy Key", palette: false },
  copyUri: { title: "Copy URI", palette: false },
  showLog: { title: "Show Log", icon: "output" },
} as const satisfies Readonly<Record<string, CommandDeclaration>>;

export type CommandId = keyof typeof commands;

export const views = {
  connections: { name: "Connections", icon: "media/offsite.svg" },
  backups: { name: "Backups", icon: "media/offsite.svg" },
} as const;

export type ViewId = keyof typeof views;

export interface WelcomeDeclaration {
  readonly view: ViewId;
  /** Markdown; a line that is only a link becomes a button. */
  readonly text: string;
  readonly when?: string;
}

export const welcomes: readonly WelcomeDeclaration[] = [
  {
    view: "connections",
    text: "Connect to your own storage to browse it and to back up to it: S3, WebDAV, or a folder on this computer or network.\n[Add Connection](command:offsite.addConnection)",
  },
];

export interface MenuEntry {
  readonly command: CommandId;
  readonly when?: string;
  /** VS Code's group and order, as in `navigation@1`. */
  readonly group?: string;
}

const inConnections = "view == offsite.connections";

/** A condition on the words in a row's `contextValue`. */
function row(...alternatives: readonly string[]): string {
  return `${inConnections} && viewItem =~ /\\b(${alternatives.join("|")})\\b/`;
}
const writable = "viewItem =~ /\\bwritable\\b/";

/** Rows carry a word for what they are, and `writable` where something can be put. */
export const menus: Readonly<Record<string, readonly MenuEntry[]>> = {
  "view/title": [
    { command: "addConnection", when: inConnections, group: "navigation@1" },
    { command: "refresh", when: inConnections, group: "navigation@2" },
    { command: "showLog", when: inConnections, group: "9_log" },
  ],
  "view/item/context": [
    { command: "editConnection", when: row("connection"), group: "inline@1" },
    { command: "refreshNode", when: row("connection"), group: "inline@2" },
    {
      command: "uploadFiles",
      when: `${row("container", "folder")} && ${writable}`,
      group: "inline@1",
    },
    { command: "refreshNode", when: row("container", "folder"), group: "inline@2" },
    { command: "download", when: row("object"), group: "inline@1" },
    { command: "retry", when: row("failure"), group: "inline@1" },

    { command: "open", when: `${row("object")} && !listMultiSelection`, group: "navigation@1" },
    { command: "editConnection", when: row("connection"), group: "navigation@1" },
    {
      command: "refreshNode",
      when: row("connection", "container", "folder"),
      group: "navigation@2",
    },
    { command: "retry", when: row("failure"), group: "navigation@1" },
    { command: "enterContainer", when: row("containers"), group: "navigation@3" },

    {
      command: "newFolder",
      when: `${row("root", "container", "folder")} && ${writable}`,
      group: "2_transfer@1",
    },
    {
      command: "uploadFiles",
      when: `${row("root", "container", "folder")} && ${writable}`,
      group: "2_transfer@2",
    },
    {
      command: "uploadFolder",
      when: `${row("root", "container", "folder")} && ${writable}`,
      group: "2_transfer@3",
    },
    { command: "download", when: row("container", "folder", "object"), group: "2_transfer@4" },

    { command: "renameConnection", when: row("connection"), group: "4_edit@1" },
    { command: "duplicateConnection", when: row("connection"), group: "4_edit@2" },

    { command: "copyKey", when: row("folder", "object"), group: "5_copy@1" },
    { command: "copyUri", when: row("container", "folder", "object"), group: "5_copy@2" },

    { command: "removeConnection", when: row("connection"), group: "9_danger@1" },
    { command: "delete", when: `${row("folder", "object")} && ${writable}`, group: "9_danger@1" },
  ],
};

export interface KeyDeclaration {
  readonly command: CommandId;
  readonly key: string;
  readonly mac?: string;
  readonly when: string;
}

const focused = "focusedView == offsite.connections && listFocus && !inputFocus";

/** Which rows a key works on is not known here, so its command checks what is selected. */
export const keys: readonly KeyDeclaration[] = [
  { command: "delete", key: "delete", mac: "cmd+backspace", when: focused },
  { command: "renameConnection", key: "f2", mac: "enter", when: focused },
];
