// Long because it is a table: one command, menu or view after the other.
/**
 * What the extension adds to VS Code, declared once. `manifest.ts` turns it into package.json's
 * `contributes`; the command table must have a handler for every command declared here.
 */
/* oxlint-disable max-lines -- A table of everything the extension adds; it is read row by row. */

import {
  clipboardMenu,
  transferCommandDeclarations,
  transferKeys,
  transferRowMenu,
  transferTitleMenu,
} from "./transferContributions.ts";

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

const hasWorkspace = "workbenchState != empty";
/** A file of the computer that we run on, which to a window elsewhere is a remote one. */
const isLocalFile = "resourceScheme =~ /^(file|vscode-remote)$/";
const isRemoteFile = "resourceScheme =~ /^offsite(-readonly)?$/";
// These contexts are set by `offers.ts`, `lastDone.ts`, `statusBarItem.ts` and `undoShelf.ts`.
const hasConnections = "offsite.hasConnections";
const isBackedUp = "offsite.isBackedUp";
/** Its own repository may be one that was never opened on this computer. */
const hasBackups = `(offsite.hasRepositories || ${isBackedUp})`;
const canUndo = "offsite.canUndo";
const canUndoRestore = "offsite.canUndoRestore";

/** Command id (without the leading `offsite.`) to its declaration. */
export const commands = {
  addConnection: { title: "Add Connection…", icon: "add" },
  importConnections: { title: "Import Connections…", icon: "cloud-download" },
  importWorkspaceFile: {
    title: "Import Connections from Workspace Files…",
    palette: hasWorkspace,
  },
  importConnectionFile: { title: "Import Connections from File…" },
  exportConnections: { title: "Export Connections…", palette: hasConnections },
  editConnection: { title: "Edit Connection…", icon: "edit", palette: false },
  duplicateConnection: { title: "Duplicate Connection", palette: false },
  diagnoseConnection: { title: "Diagnose Connection…", icon: "pulse", palette: hasConnections },
  renameConnection: { title: "Rename Connection…", palette: false },
  removeConnection: { title: "Remove Connection…", palette: false },
  refresh: { title: "Refresh Connections", icon: "refresh", palette: hasConnections },
  refreshNode: { title: "Refresh", icon: "refresh", palette: false },
  retry: { title: "Retry", icon: "refresh", palette: false },
  loadMore: { title: "Load More…", palette: false },
  filter: { title: "Filter by Prefix…", icon: "filter", palette: false },
  clearFilter: { title: "Clear Filter", icon: "filter-filled", palette: false },
  goToKey: { title: "Go to Key…", palette: false },
  findInFolder: { title: "Find in Folder…", icon: "search", palette: false },
  folderSize: { title: "Count Objects and Size", palette: false },
  addFavourite: { title: "Add to Favourites", palette: false },
  removeFavourite: { title: "Remove from Favourites", palette: false },
  goToPlace: {
    title: "Go to Favourite or Recent Place…",
    icon: "star-empty",
    palette: hasConnections,
  },
  enterContainer: { title: "Enter a Bucket Name…", icon: "edit", palette: false },
  open: { title: "Open", icon: "go-to-file", palette: false },
  openToSide: { title: "Open to the Side", palette: false },
  revealInConnections: { title: "Reveal in Connections View", palette: isRemoteFile },
  download: { title: "Download…", icon: "cloud-download", palette: false },
  uploadFiles: { title: "Upload Files…", icon: "cloud-upload", palette: false },
  uploadFolder: { title: "Upload Folder…", palette: false },
  uploadTo: { title: "Upload to Storage…", palette: `${hasConnections} && ${isLocalFile}` },
  newFile: { title: "New File…", icon: "new-file", palette: false },
  newFolder: { title: "New Folder…", icon: "new-folder", palette: false },
  openAsFolder: { title: "Open as Workspace Folder", palette: false },
  findByName: { title: "Find by Name…", palette: false },
  rename: { title: "Rename…", palette: false },
  moveTo: { title: "Move To…", palette: false },
  keepMine: {
    title: "Keep My Changes as a Copy",
    icon: "save-as",
    palette: "saveConflictResolutionContext && resourceScheme == offsite",
  },
  delete: { title: "Delete…", icon: "trash", palette: false },
  selectForCompare: { title: "Select for Compare", palette: false },
  compareWithSelected: { title: "Compare with Selected", palette: false },
  compareSelected: { title: "Compare Selected", palette: false },
  undo: { title: "Undo Last Rename, Move or Deletion", palette: canUndo },
  copyKey: { title: "Copy Key", palette: false },
  copyUri: { title: "URI", palette: false },
  copyUrl: { title: "URL", palette: false },
  copyPublicUrl: { title: "Public URL", palette: false },
  copyArn: { title: "ARN", palette: false },
  copyAwsCommand: { title: "aws Command", palette: false },
  copyRcloneCommand: { title: "rclone Command", palette: false },
  copyLink: { title: "Copy Presigned Link…", palette: false },
  copyUploadLink: { title: "Copy Upload Link…", palette: false },
  showProperties: { title: "Properties", palette: false },
  createAccessPolicy: { title: "Create Access Policy…", palette: false },
  requestFromArchive: { title: "Request from Archive…", icon: "archive", palette: false },
  newBucket: { title: "New Bucket…", palette: false },
  deleteBucket: { title: "Delete Bucket…", palette: false },
  showBucketSettings: { title: "Bucket Settings", palette: false },
  showUnfinishedUploads: { title: "Unfinished Uploads…", palette: false },
  showVersions: { title: "Show Versions…", icon: "history", palette: false },
  showDeletedObjects: { title: "Show Deleted Objects…", palette: false },
  showLog: { title: "Show Log", icon: "output" },
  getStarted: { title: "Get Started" },

  ...transferCommandDeclarations,

  backUp: { title: "Back Up Workspace", icon: "cloud-upload", palette: hasWorkspace },
  restoreWorkspace: { title: "Restore Workspace…", palette: hasBackups },
  restore: { title: "Restore…", icon: "discard", palette: false },
  restoreEarlierVersion: {
    title: "Restore Earlier Version…",
    palette: `offsite.isBackedUp && ${isLocalFile}`,
  },
  undoRestore: { title: "Undo Last Restore", palette: canUndoRestore },
  openSnapshotFile: { title: "Open", icon: "go-to-file", palette: false },
  compareSnapshotFile: { title: "Compare with Working File", icon: "diff", palette: false },
  useExistingRepository: { title: "Use Existing Repository…", icon: "archive" },
  enterPassphrase: { title: "Enter Passphrase…", icon: "key", palette: false },
  showRecoverySheet: { title: "Show Recovery Sheet", palette: hasBackups },
  changePassphrase: { title: "Change Passphrase…", palette: hasBackups },
  forgetRepository: { title: "Remove from List…", palette: false },
  refreshBackups: { title: "Refresh Backups", icon: "refresh", palette: hasBackups },
  retryBackups: { title: "Retry", icon: "refresh", palette: false },
  moreBackups: { title: "Show More", palette: false },
  explainBackup: { title: "Explain Backup State", palette: false },
  showProgress: { title: "Show Progress", palette: false },
  changeTarget: { title: "Change Where to Back Up…", palette: isBackedUp },
  editExcludes: { title: "Edit Backup Excludes", palette: hasWorkspace },
} as const satisfies Readonly<Record<string, CommandDeclaration>>;

export type CommandId = keyof typeof commands;

export interface ViewDeclaration {
  readonly name: string;
  readonly icon: string;
  /** How much of the side bar it takes at first, beside the others. */
  readonly share: number;
  /** When it is there; always, if absent. */
  readonly when?: string;
}

export const views = {
  connections: { name: "Connections", icon: "media/offsite.svg", share: 5 },
  backups: { name: "Backups", icon: "media/offsite.svg", share: 3 },
  transfers: {
    name: "Transfers",
    icon: "media/offsite.svg",
    share: 2,
    when: "offsite.hasTransfers",
  },
} as const satisfies Readonly<Record<string, ViewDeclaration>>;

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
    text: "Connect to your own storage to browse it and to back up to it: S3, WebDAV, or a folder on this computer or network.\n[Add Connection](command:offsite.addConnection)\nSet up in another program already? [Import from AWS, rclone…](command:offsite.importConnections)",
  },
  {
    view: "backups",
    text: "Keep every state of this workspace as an encrypted snapshot on your own storage.\n[Back Up This Workspace](command:offsite.backUp)\nBacked up on another computer? [Use an existing repository](command:offsite.useExistingRepository).",
    when: "workbenchState != empty",
  },
  {
    view: "backups",
    text: "Open the folder you want to back up, or look into backups made elsewhere.\n[Open Folder](command:vscode.openFolder)\n[Use Existing Repository](command:offsite.useExistingRepository)",
    when: "workbenchState == empty",
  },
];

/** Menus within menus, by the id their entries stand under. */
export const submenus = {
  copyAs: "Copy As",
} as const;

export type SubmenuId = keyof typeof submenus;

interface EntryPlace {
  readonly when?: string;
  /** VS Code's group and order, as in `navigation@1`. */
  readonly group?: string;
}
export type MenuEntry = EntryPlace &
  ({ readonly command: CommandId } | { readonly submenu: SubmenuId });

const inConnections = "view == offsite.connections";

/** A condition on the words in a row's `contextValue`. */
function row(...alternatives: readonly string[]): string {
  return `${inConnections} && viewItem =~ /\\b(${alternatives.join("|")})\\b/`;
}
const inBackups = "view == offsite.backups";

function backupRow(...alternatives: readonly string[]): string {
  return `${inBackups} && viewItem =~ /\\b(${alternatives.join("|")})\\b/`;
}
/**
 * What is done with one place is offered on each of several, too, as on folders in the Explorer:
 * that several rows are selected says nothing of a menu that is opened on another one.
 */
const isPlace = row("root", "container", "folder");
const isFavourite = "viewItem =~ /\\bfavourite\\b/";
const isFiltered = "viewItem =~ /\\bfiltered\\b/";
const oneConnection = `${row("connection")} && !listMultiSelection`;
/** What the storage of the row can do beyond the rest; see `rowWords.ts`. */
function offers(word: string): string {
  return `viewItem =~ /\\b${word}\\b/`;
}
const writable = "viewItem =~ /\\bwritable\\b/";

/** Rows carry a word for what they are, and `writable` where something can be put. */
export const menus: Readonly<Record<string, readonly MenuEntry[]>> = {
  "explorer/context": [
    {
      command: "restoreEarlierVersion",
      when: `offsite.isBackedUp && ${isLocalFile} && !explorerResourceIsFolder && !listMultiSelection`,
      group: "3_compare@90",
    },
    {
      command: "uploadTo",
      when: `${hasConnections} && ${isLocalFile}`,
      group: "5b_importexport@90",
    },
    // Beside VS Code's own "Find in Folder…", which finds nothing there.
    {
      command: "findByName",
      when: `${isRemoteFile} && explorerResourceIsFolder && !listMultiSelection`,
      group: "4_search@90",
    },
  ],
  "editor/title/context": [
    { command: "revealInConnections", when: isRemoteFile, group: "2_files@90" },
  ],
  "editor/title": [
    {
      command: "keepMine",
      when: "saveConflictResolutionContext && resourceScheme == offsite",
      group: "navigation@1",
    },
  ],
  "view/title": [
    { command: "addConnection", when: inConnections, group: "navigation@1" },
    { command: "refresh", when: `${inConnections} && ${hasConnections}`, group: "navigation@2" },
    { command: "goToPlace", when: `${inConnections} && ${hasConnections}`, group: "navigation@3" },
    { command: "importConnections", when: inConnections, group: "1_connections@1" },
    { command: "importConnectionFile", when: inConnections, group: "1_connections@2" },
    {
      command: "importWorkspaceFile",
      when: `${inConnections} && ${hasWorkspace}`,
      group: "1_connections@3",
    },
    {
      command: "exportConnections",
      when: `${inConnections} && ${hasConnections}`,
      group: "1_connections@4",
    },
    { command: "showLog", when: inConnections, group: "9_log" },

    { command: "backUp", when: `${inBackups} && ${hasWorkspace}`, group: "navigation@1" },
    {
      command: "refreshBackups",
      when: `${inBackups} && ${hasBackups}`,
      group: "navigation@2",
    },
    { command: "useExistingRepository", when: inBackups, group: "1_repository@1" },
    {
      command: "showRecoverySheet",
      when: `${inBackups} && ${hasBackups}`,
      group: "1_repository@2",
    },
    { command: "changePassphrase", when: `${inBackups} && ${hasBackups}`, group: "1_repository@3" },
    { command: "changeTarget", when: `${inBackups} && ${isBackedUp}`, group: "1_repository@4" },
    { command: "editExcludes", when: `${inBackups} && ${hasWorkspace}`, group: "1_repository@5" },
    { command: "undoRestore", when: `${inBackups} && ${canUndoRestore}`, group: "2_restore@1" },
    { command: "showLog", when: inBackups, group: "9_log" },

    ...transferTitleMenu,
  ],
  "offsite.copyAs": [
    { command: "copyUri", group: "1_address@1" },
    { command: "copyUrl", when: offers("copy-url"), group: "1_address@2" },
    { command: "copyPublicUrl", when: offers("copy-publicUrl"), group: "1_address@3" },
    { command: "copyArn", when: offers("copy-arn"), group: "1_address@4" },
    { command: "copyAwsCommand", when: offers("copy-awsCommand"), group: "2_command@1" },
    { command: "copyRcloneCommand", when: offers("copy-rcloneCommand"), group: "2_command@2" },
  ],
  "view/item/context": [
    { command: "editConnection", when: row("connection"), group: "inline@1" },
    {
      command: "refreshNode",
      when: `${row("connection")} && !(${isFiltered})`,
      group: "inline@2",
    },
    {
      command: "uploadFiles",
      when: `${row("container", "folder")} && ${writable}`,
      group: "inline@1",
    },
    {
      command: "refreshNode",
      when: `${row("container", "folder")} && !(${isFiltered})`,
      group: "inline@2",
    },
    { command: "clearFilter", when: row("filtered"), group: "inline@2" },
    { command: "download", when: row("object"), group: "inline@1" },
    { command: "retry", when: row("failure"), group: "inline@1" },

    { command: "open", when: `${row("object")} && !listMultiSelection`, group: "navigation@1" },
    {
      command: "openToSide",
      when: `${row("object")} && !listMultiSelection`,
      group: "navigation@2",
    },
    { command: "editConnection", when: oneConnection, group: "navigation@1" },
    {
      command: "refreshNode",
      when: row("connection", "container", "folder"),
      group: "navigation@2",
    },
    { command: "retry", when: row("failure"), group: "navigation@1" },
    {
      command: "openAsFolder",
      when: row("connection", "container", "folder"),
      group: "navigation@5",
    },
    { command: "goToKey", when: isPlace, group: "1_find@1" },
    { command: "filter", when: isPlace, group: "1_find@2" },
    { command: "clearFilter", when: row("filtered"), group: "1_find@3" },
    { command: "findInFolder", when: isPlace, group: "1_find@4" },
    { command: "folderSize", when: isPlace, group: "1_find@5" },
    { command: "addFavourite", when: `${isPlace} && !(${isFavourite})`, group: "1_places@1" },
    { command: "removeFavourite", when: row("favourite"), group: "1_places@1" },
    {
      command: "enterContainer",
      when: row("containers"),
      group: "navigation@3",
    },

    { command: "newFile", when: `${isPlace} && ${writable}`, group: "2_transfer@1" },
    { command: "newFolder", when: `${isPlace} && ${writable}`, group: "2_transfer@2" },
    { command: "uploadFiles", when: `${isPlace} && ${writable}`, group: "2_transfer@3" },
    { command: "uploadFolder", when: `${isPlace} && ${writable}`, group: "2_transfer@4" },
    {
      command: "download",
      when: row("root", "container", "folder", "object"),
      group: "2_transfer@5",
    },

    {
      command: "diagnoseConnection",
      when: row("connection", "container"),
      group: "7_properties@4",
    },
    { command: "renameConnection", when: oneConnection, group: "6_edit@1" },
    { command: "duplicateConnection", when: oneConnection, group: "6_edit@2" },

    {
      command: "requestFromArchive",
      when: `${row("archived")} && ${offers("archive")} && ${writable}`,
      group: "navigation@3",
    },
    {
      command: "compareWithSelected",
      when: `${row("object")} && resourceSelectedForCompare && !listMultiSelection`,
      group: "3_compare@1",
    },
    {
      command: "selectForCompare",
      when: `${row("object")} && !listMultiSelection`,
      group: "3_compare@2",
    },
    {
      command: "compareSelected",
      when: `${row("object")} && listDoubleSelection`,
      group: "3_compare@2",
    },
    {
      command: "showVersions",
      when: `${row("object")} && ${offers("versions")} && !listMultiSelection`,
      group: "3_versions@1",
    },
    {
      command: "showDeletedObjects",
      when: `${isPlace} && ${offers("versions")}`,
      group: "3_versions@2",
    },
    {
      command: "showProperties",
      when: `${row("object")} && ${offers("details")} || ${row("folder", "object")} && listMultiSelection`,
      group: "7_properties@1",
    },
    {
      command: "showUnfinishedUploads",
      when: `${isPlace} && ${offers("uploads")}`,
      group: "7_properties@2",
    },
    {
      command: "showBucketSettings",
      when: `${row("root", "container")} && ${offers("rules")}`,
      group: "7_properties@3",
    },
    {
      command: "newBucket",
      when: `${row("newContainer")} && ${writable}`,
      group: "2_transfer@1",
    },
    {
      command: "deleteBucket",
      when: `${row("deleteContainer")} && ${writable} && !listMultiSelection`,
      group: "9_danger@1",
    },
    {
      command: "createAccessPolicy",
      when: `${isPlace} && ${offers("copy-arn")}`,
      group: "7_properties@4",
    },
    {
      command: "rename",
      when: `${row("folder", "object")} && ${writable} && !listMultiSelection`,
      group: "6_edit@3",
    },
    { command: "moveTo", when: `${row("folder", "object")} && ${writable}`, group: "6_edit@4" },

    ...clipboardMenu,
    { command: "copyKey", when: row("folder", "object"), group: "5_copy@1" },
    { submenu: "copyAs", when: row("root", "container", "folder", "object"), group: "5_copy@2" },
    { command: "copyLink", when: `${row("object")} && ${offers("links")}`, group: "5_copy@3" },
    {
      command: "copyUploadLink",
      when: `${row("root", "container", "folder", "object")} && ${offers("links")} && ${writable} && !listMultiSelection`,
      group: "5_copy@4",
    },

    { command: "removeConnection", when: row("connection"), group: "9_danger@1" },
    { command: "delete", when: `${row("folder", "object")} && ${writable}`, group: "9_danger@1" },

    ...transferRowMenu,

    { command: "compareSnapshotFile", when: backupRow("file"), group: "inline@1" },
    { command: "restore", when: backupRow("snapshot", "folder", "file"), group: "inline@2" },
    { command: "backUp", when: backupRow("current"), group: "inline@1" },
    { command: "enterPassphrase", when: backupRow("passphrase"), group: "inline@1" },
    { command: "retryBackups", when: backupRow("failure"), group: "inline@1" },
    {
      command: "openSnapshotFile",
      when: `${backupRow("file")} && !listMultiSelection`,
      group: "navigation@1",
    },
    {
      command: "compareSnapshotFile",
      when: `${backupRow("file")} && !listMultiSelection`,
      group: "3_compare@1",
    },
    {
      command: "restore",
      when: backupRow("snapshot", "folder", "file", "other"),
      group: "4_restore@1",
    },
    { command: "backUp", when: backupRow("current"), group: "navigation@1" },
    { command: "showRecoverySheet", when: backupRow("known"), group: "5_repository@1" },
    { command: "changePassphrase", when: backupRow("known"), group: "5_repository@2" },
    { command: "forgetRepository", when: backupRow("known"), group: "9_danger@1" },
  ],
};

export interface KeyDeclaration {
  readonly command: CommandId;
  readonly key: string;
  readonly mac?: string;
  readonly when: string;
  /** The rows that have the focus are looked for first. */
  readonly isAboutRows?: boolean;
}

const focused = "focusedView == offsite.connections && listFocus && !inputFocus";
const transfersFocused = "focusedView == offsite.transfers && listFocus && !inputFocus";

/** Which rows a key works on is not known here, so its command checks what it is given. */
export const keys: readonly KeyDeclaration[] = [
  { command: "delete", key: "delete", mac: "cmd+backspace", when: focused },
  {
    command: "undo",
    key: "ctrl+z",
    mac: "cmd+z",
    when: `${focused} && ${canUndo}`,
    isAboutRows: false,
  },
  // Not Enter on a Mac, as files have it there: here Enter opens objects and tries again.
  { command: "rename", key: "f2", when: focused },
  // As in the Explorer.
  { command: "openToSide", key: "ctrl+enter", mac: "ctrl+enter", when: focused },
  // As in the file managers of Windows and of Macs.
  { command: "showProperties", key: "alt+enter", mac: "cmd+i", when: focused },
  ...transferKeys(focused),
  { command: "removeTransfers", key: "delete", mac: "cmd+backspace", when: transfersFocused },
];
