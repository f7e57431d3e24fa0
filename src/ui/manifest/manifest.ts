/** Turns what the code declares into the parts of package.json, package.nls.json and README.md that repeat it. */
import type { Provider } from "../../storage/provider.ts";
import {
  commands,
  keys,
  menus,
  submenus,
  views,
  welcomes,
  type CommandDeclaration,
  type KeyDeclaration,
  type MenuEntry,
  type ViewDeclaration,
  type ViewId,
} from "./contributions.ts";
import { fromKeyboard } from "../rows.ts";
import { settings, type SettingDeclaration } from "../settings.ts";
import { walkthrough, type WalkthroughStep } from "./walkthrough.ts";

export interface ManifestParts {
  /** To be laid over package.json. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** package.nls.json. */
  readonly texts: Readonly<Record<string, string>>;
}

const commandList: readonly (readonly [string, CommandDeclaration])[] = Object.entries(commands);
const viewList: readonly (readonly [string, ViewDeclaration])[] = Object.entries(views);
/** Of our file systems: objects, those of read-only connections, files in snapshots, versions of objects. */
const schemes = ["offsite", "offsite-readonly", "offsite-backup", "offsite-version"];
const homes = {
  explorer: "Explorer",
  connections: views.connections.name,
  backups: views.backups.name,
  transfers: views.transfers.name,
  copyAs: submenus.copyAs,
};
const viewIds = ["connections", "backups", "transfers"] as const satisfies readonly ViewId[];
const settingList: readonly (readonly [string, SettingDeclaration])[] = Object.entries(settings);

/** The generated parts. Titles and descriptions are texts, so that they can be translated. */
export function manifestParts(providers: readonly Provider[]): ManifestParts {
  const texts: Record<string, string> = {};
  const text = (key: string, english: string): string => {
    texts[key] = english;
    return `%${key}%`;
  };
  const contributes = {
    viewsContainers: {
      activitybar: [{ id: "offsite", title: "Offsite", icon: "media/offsite.svg" }],
    },
    views: {
      offsite: viewList.map(([id, { name, icon, share, when }]) => ({
        id: `offsite.${id}`,
        name: text(`view.${id}`, name),
        contextualTitle: "Offsite",
        icon,
        initialSize: share,
        ...(when !== undefined && { when }),
      })),
    },
    viewsWelcome: welcomes.map(({ view, text: contents, when }, index) => ({
      view: `offsite.${view}`,
      contents: text(`welcome.${view}.${index + 1}`, contents),
      ...(when !== undefined && { when }),
    })),
    commands: commandList.map(([id, { title, icon, enablement, palette }]) => ({
      command: `offsite.${id}`,
      title: text(`command.${id}`, title),
      category: palette === false ? categoryOf(homeOf(id), text) : "Offsite",
      ...(icon !== undefined && { icon: `$(${icon})` }),
      ...(enablement !== undefined && { enablement }),
    })),
    submenus: Object.entries(submenus).map(([id, label]) => ({
      id: `offsite.${id}`,
      label: text(`submenu.${id}`, label),
    })),
    menus: {
      commandPalette: commandList.flatMap(([id, { palette }]) =>
        palette === undefined
          ? []
          : [{ command: `offsite.${id}`, when: palette === false ? "false" : palette }],
      ),
      ...Object.fromEntries(
        Object.entries(menus).map(([id, entries]) => [id, entries.map(menuEntry)]),
      ),
    },
    keybindings: keys.map(keybinding),
    walkthroughs: [walkthroughPart(text)],
    // An address begins with the id of a connection or repository, which says nothing to people.
    resourceLabelFormatters: schemes.map((scheme) => ({
      scheme,
      formatting: { label: "${path}", separator: "/" },
    })),
    configuration: {
      title: "Offsite",
      properties: Object.fromEntries(
        settingList.map(([name, setting], order) => [
          `offsite.${name}`,
          property(name, setting, order, text),
        ]),
      ),
    },
  };
  const capabilities = {
    untrustedWorkspaces: {
      supported: "limited",
      description: text(
        "capability.untrusted",
        "In Restricted Mode you can browse your connections. Backing up, restoring and what a workspace's settings say about them need a trusted workspace.",
      ),
      restrictedConfigurations: settingList.map(([name]) => `offsite.${name}`),
    },
    virtualWorkspaces: {
      supported: "limited",
      description: text(
        "capability.virtual",
        "In a virtual workspace you can browse your connections. Backing up and restoring need folders on this computer.",
      ),
    },
  };
  const activationEvents = [
    "onStartupFinished",
    ...schemes.map((scheme) => `onFileSystem:${scheme}`),
    "onWebviewPanel:offsite.panel",
    "onWebviewPanel:offsite.connectionForm",
  ];
  const keywords = keywordsOf(providers);
  // What is backed up lies where the workspace is, also when the window is somewhere else.
  const extensionKind = ["workspace"];
  const manifest = { keywords, activationEvents, extensionKind, capabilities, contributes };
  return { manifest, texts };
}

const mostKeywords = 30;

/** What somebody types who looks for a way to a storage: protocols, and services by their names. */
function keywordsOf(providers: readonly Provider[]): readonly string[] {
  const services = providers.map(({ presets }) =>
    presets.filter(({ id: preset, retired }) => preset !== "other" && retired === undefined),
  );
  // In turn, so that the cut takes nobody's first ones.
  const longest = Math.max(...services.map(({ length }) => length));
  const names = Array.from({ length: longest }, (_, turn) =>
    services.flatMap((of) => (of[turn] ? [of[turn].label.toLowerCase()] : [])),
  ).flat();
  const ids = providers.map(({ id }) => id);
  const all = ["backup", "restore", "snapshots", "restic", "remote", ...ids, ...names];
  // The Marketplace takes no more; services stand in the order of how many people use them.
  return [...new Set(all)].slice(0, mostKeywords);
}

function menuEntry({ when, group, ...what }: MenuEntry): Readonly<Record<string, string>> {
  return {
    ...("command" in what
      ? { command: `offsite.${what.command}` }
      : { submenu: `offsite.${what.submenu}` }),
    ...(when !== undefined && { when }),
    ...(group !== undefined && { group }),
  };
}

function keybinding({
  command,
  isAboutRows = true,
  ...rest
}: KeyDeclaration): Readonly<Record<string, string>> {
  return { command: `offsite.${command}`, ...rest, ...(isAboutRows && { args: fromKeyboard }) };
}

function property(
  name: string,
  setting: SettingDeclaration,
  order: number,
  text: (key: string, english: string) => string,
): Readonly<Record<string, unknown>> {
  const { description, ...rest } = setting;
  const described = {
    markdownDescription: text(`setting.${name}`, description),
    order,
    // With it the settings page edits the list in place.
    ...(setting.type === "array" && { items: { type: "string" } }),
  };
  if (!("options" in rest) || rest.options === undefined) return { ...rest, ...described };
  const { options, ...plain } = rest;
  return {
    ...plain,
    ...described,
    enum: Object.keys(options),
    markdownEnumDescriptions: Object.entries(options).map(([value, meaning]) =>
      text(`setting.${name}.${value}`, meaning),
    ),
  };
}

function walkthroughPart(text: (key: string, english: string) => string) {
  const { id, title, description } = walkthrough;
  const steps: readonly (readonly [string, WalkthroughStep])[] = Object.entries(walkthrough.steps);
  const image = (picture: string) => {
    const dark = `media/walkthrough/${picture}-dark.png`;
    const light = `media/walkthrough/${picture}-light.png`;
    return { dark, light, hc: dark, hcLight: light };
  };
  return {
    id,
    title: text(`walkthrough.${id}`, title),
    description: text(`walkthrough.${id}.description`, description),
    steps: steps.map(([name, step]) => ({
      id: name,
      title: text(`walkthrough.${id}.${name}`, step.title),
      description: text(`walkthrough.${id}.${name}.description`, step.description),
      media: {
        image: image(step.picture),
        altText: text(`walkthrough.${id}.${name}.alt`, step.alt),
      },
      completionEvents: step.doneOn,
    })),
  };
}

/** The tables of the README, by the name of their marker. */
export function readmeTables(providers: readonly Provider[]): Readonly<Record<string, string>> {
  return {
    providers: table(
      ["Kind", "Ready-made for"],
      providers.map(({ label, presets }) => [
        label,
        presets
          .filter(({ retired }) => retired === undefined)
          .map((preset) => preset.label)
          .join(", ") || "—",
      ]),
    ),
    commands: table(
      ["Command", "Where", "Id"],
      commandList.flatMap(([id, { title, palette }]) => {
        const where = palette === false ? placeOf(id) : "the Command Palette";
        return where === undefined ? [] : [[title, where, `\`offsite.${id}\``]];
      }),
    ),
    settings: table(
      ["Setting", "Default", "What it does"],
      settingList.map(([name, setting]) => [
        `\`offsite.${name}\``,
        `\`${JSON.stringify(setting.default)}\``,
        setting.description,
      ]),
    ),
  };
}

/** Whose menu has the command: a view's rows, a submenu or the Explorer; undefined if none has. */
function homeOf(id: string): keyof typeof homes | undefined {
  for (const [menu, entries] of Object.entries(menus)) {
    const entry = entries.find((one) => "command" in one && one.command === id);
    if (!entry) continue;
    if (menu === "explorer/context") return "explorer";
    return viewIds.find((view) => entry.when?.includes(`offsite.${view}`)) ?? "copyAs";
  }
  return undefined;
}

/**
 * The list of keyboard shortcuts names what no palette does. There, two commands called “Retry” and
 * one called “URL” need a word more.
 */
function categoryOf(
  home: keyof typeof homes | undefined,
  text: (key: string, english: string) => string,
): string {
  if (home === undefined || home === "explorer" || home === "connections") return "Offsite";
  return text(`category.${home}`, `Offsite ${homes[home]}`);
}

/** Where to find the command; undefined if it is not for people to choose. */
function placeOf(id: string): string | undefined {
  const home = homeOf(id);
  if (home === undefined) return undefined;
  if (home === "explorer") return "a folder of the Explorer";
  return home === "copyAs" ? `${homes.copyAs}, on a row` : `a row of ${homes[home]}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
