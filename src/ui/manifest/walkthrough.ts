/** The first steps with Offsite, as VS Code's Welcome page offers them. Declared here, drawn by VS Code. */

export interface WalkthroughStep {
  readonly title: string;
  /** Markdown; a line that is only a link becomes a button. */
  readonly description: string;
  /** `media/walkthrough/<picture>-<theme>.png`; `pictures.ts` takes them. */
  readonly picture: string;
  /** What the picture shows, for those who do not see it. */
  readonly alt: string;
  /** What ticks the step off. */
  readonly doneOn: readonly string[];
}

/**
 * VS Code ticks a step off when its context becomes true after it has read the walkthrough, which it
 * does only when somebody opens the Welcome page. What was true before never counts by itself, but with
 * a second context that `getStarted.ts` sets then, and only for a moment.
 */
function once(context: string): readonly string[] {
  return [`onContext:offsite.${context}`, `onContext:offsite.${context} && offsite.tickOff`];
}

export const walkthrough = {
  id: "start",
  title: "Get Started with Offsite",
  description: "Connect to your own storage, browse it, and back this workspace up to it.",
  steps: {
    connect: {
      title: "Connect to your storage",
      description:
        "Choose your service, or paste an address and let Offsite fill in the form. Verify shows step by step what works. Secrets stay in VS Code's secret storage.\n[Add Connection](command:offsite.addConnection)\nSet up in another program already? [Import from AWS, rclone…](command:offsite.importConnections)",
      picture: "connect",
      alt: "The form of a new connection to an S3 server.",
      doneOn: once("hasConnections"),
    },
    browse: {
      title: "Browse it like a folder",
      description:
        "Buckets, folders and objects open in the side bar, however many there are. Open, edit, upload, download, rename and move them; the menu of a row says what is possible.\n[Show Connections](command:offsite.connections.focus)",
      picture: "browse",
      alt: "The Connections view with a bucket opened and one of its objects in an editor.",
      doneOn: once("hasBrowsed"),
    },
    backUp: {
      title: "Back this workspace up",
      description:
        "Four questions the first time, one click ever after. Snapshots are encrypted on this computer and kept in a standard restic repository. Keep the passphrase: nobody can read the backups without it.\n[Back Up Workspace](command:offsite.backUp)",
      picture: "backup",
      alt: "The Backups view with a snapshot opened beside a file of the workspace.",
      doneOn: once("isBackedUp"),
    },
    restore: {
      title: "Restore without fear",
      description:
        "Before anything is written you see what would change, file by file. What is overwritten is kept, and Undo brings it back. Any earlier version of a file is in its menu in the Explorer.\n[Restore Workspace](command:offsite.restoreWorkspace)",
      picture: "restore",
      alt: "The preview of a restore, with counts and a list of the files that would change.",
      doneOn: once("canUndoRestore"),
    },
  } satisfies Readonly<Record<string, WalkthroughStep>>,
} as const;
