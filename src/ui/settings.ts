/**
 * What can be set. The manifest and the README are generated from these declarations. A workspace
 * that is not trusted sets none of it.
 */

import { usualExcludes } from "../engine/disk/ignore.ts";

interface Declared<T extends string> {
  readonly type: T;
  /** Markdown. */
  readonly description: string;
  readonly scope: "application" | "machine" | "window" | "resource";
}
export type SettingDeclaration =
  | (Declared<"boolean"> & { readonly default: boolean })
  | (Declared<"number"> & {
      readonly default: number;
      readonly minimum: number;
      readonly maximum: number;
    })
  | (Declared<"string"> & {
      readonly default: string;
      /** If only some values count: value to its description. */
      readonly options?: Readonly<Record<string, string>>;
    })
  | (Declared<"array"> & { readonly default: readonly string[] })
  | (Declared<"object"> & { readonly default: Readonly<Record<string, unknown>> });

/** In the order the settings page shows them. Names are without the leading `offsite.`. */
export const settings = {
  "browse.askAboveMegabytes": {
    type: "number",
    default: 20,
    minimum: 0,
    maximum: 100_000,
    scope: "window",
    description:
      "Ask before opening an object larger than this many megabytes in an editor; 0 always asks.",
  },
  "browse.watchSeconds": {
    type: "number",
    default: 60,
    minimum: 0,
    maximum: 86_400,
    scope: "window",
    description:
      "Look every so many seconds whether somebody else has changed remote files that are open, or listed in the Explorer; 0 never looks. It costs at most 20 requests each time, and none while the window is in the background.",
  },
  "transfers.existing": {
    type: "string",
    default: "ask",
    options: {
      ask: "Ask, for each file or for all of a transfer.",
      skip: "Leave what is there as it is.",
      replace: "Replace it.",
      newer: "Replace it if it is older.",
      rename: "Keep both: the new one gets a number.",
    },
    scope: "window",
    description: "What an upload, download or copy does with a file that is there already.",
  },
  "transfers.filesAtOnce": {
    type: "number",
    default: 8,
    minimum: 1,
    maximum: 64,
    scope: "window",
    description: "How many files are transferred at once.",
  },
  "transfers.limits": {
    type: "array",
    default: [],
    scope: "window",
    description:
      "How fast traffic may be, uploads and downloads of all connections together, at least 100 KB/s. The first line that fits the time holds: `2 MB/s`, `08:00-18:00 500 KB/s`, `mon-fri 08:00-18:00 500 KB/s`, `22:00-06:00 unlimited`.",
  },
  "transfers.requestsPerSecond": {
    type: "number",
    default: 0,
    minimum: 0,
    maximum: 10_000,
    scope: "window",
    description: "How many requests each connection may send in a second; 0 is no limit.",
  },
  "transfers.resumeAfterReload": {
    type: "boolean",
    default: false,
    scope: "window",
    description:
      "Go on with interrupted transfers when the window opens again; otherwise they wait there, paused.",
  },
  "backup.target": {
    type: "object",
    default: {},
    scope: "window",
    description:
      "Where this workspace is backed up to: `connection` (its id), `container` (the bucket, where the connection has several), `folder` and `repository` (its id). Set by *Back Up Workspace*. It holds no secret.",
  },
  "backup.excludes": {
    type: "array",
    default: ["node_modules/", ".venv/", "__pycache__/", ...usualExcludes],
    scope: "window",
    description:
      "What stays out of backups: patterns as in `.gitignore`, holding in every folder of the workspace. `!pattern` takes something back in.",
  },
  "backup.useGitignore": {
    type: "boolean",
    default: true,
    scope: "window",
    description:
      "Leave out what `.gitignore` files name, nested ones too. `.offsiteignore` files always count.",
  },
  "backup.maxFileMegabytes": {
    type: "number",
    default: 0,
    minimum: 0,
    maximum: 100_000_000,
    scope: "window",
    description: "Leave out files larger than this many megabytes; 0 leaves out none.",
  },
  "backup.saveFirst": {
    type: "string",
    default: "ask",
    options: {
      ask: "Ask each time.",
      always: "Save them without asking.",
      never: "Back up what is on disk.",
    },
    scope: "window",
    description: "What to do with unsaved editors before a backup.",
  },
  "backup.remindAfterDays": {
    type: "number",
    default: 3,
    minimum: 0,
    maximum: 365,
    scope: "window",
    description:
      "Warn in the status bar when there are changes and the last backup is so many days ago; 0 never warns.",
  },
} as const satisfies Readonly<Record<string, SettingDeclaration>>;
