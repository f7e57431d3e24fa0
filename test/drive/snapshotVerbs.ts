import { resolve } from "node:path";
import { backUp } from "../../src/engine/backup/backup.ts";
import { diff as compareTrees } from "../../src/engine/snapshots/diff.ts";
import type { ExcludeRules } from "../../src/engine/disk/ignore.ts";
import { whyExcluded, type Why } from "../../src/engine/disk/whyExcluded.ts";
import { findPaths, matchPattern } from "../../src/engine/snapshots/find.ts";
import type { Repository } from "../../src/engine/repository/repository.ts";
import { restore as carryOut } from "../../src/engine/restore/restore.ts";
import { planRestore } from "../../src/engine/restore/restorePlan.ts";
import type { Snapshot } from "../../src/engine/format/snapshot.ts";
import type { Node } from "../../src/engine/format/tree.ts";
import { findSnapshot, type Session } from "./session.ts";
import { nodeJson, nodeRow, shownPath, size, snapshotJson, snapshotRow, table } from "./show.ts";
import { choice, count, defineVerb, UsageError, word } from "./verb.ts";

const many = { type: "string", multiple: true, default: [] as string[] } as const;
const flag = { type: "boolean", default: false } as const;

/** Options that choose among snapshots. */
const chosen = {
  "of-host": { type: "string" },
  path: many,
  tag: many,
} as const;
const chosenDetails = [
  "--of-host NAME     only snapshots of this machine",
  "--path DIR         only snapshots of this folder; may be repeated",
  "--tag TAG          only snapshots with this tag; may be repeated",
];

interface Chosen {
  readonly "of-host"?: string | undefined;
  readonly path: readonly string[];
  readonly tag: readonly string[];
}

function isChosen({ "of-host": host, path, tag }: Chosen): (snapshot: Snapshot) => boolean {
  return ({ hostname, paths, tags = [] }) =>
    (host === undefined || hostname === host) &&
    path.every((each) => paths.includes(resolve(each))) &&
    tag.every((each) => tags.includes(each));
}

/** Options that say what stays out of a backup. */
const exclude = {
  exclude: many,
  gitignore: flag,
  "max-size": { type: "string" },
} as const;
const excludeDetails = [
  "--exclude PATTERN  leave out, as .gitignore would; may be repeated",
  "--gitignore        obey .gitignore files",
  "--max-size BYTES   leave out larger files",
];

interface Excluded {
  readonly exclude: readonly string[];
  readonly gitignore: boolean;
  readonly "max-size"?: string | undefined;
}

function rulesOf({ exclude: patterns, gitignore, "max-size": max }: Excluded): ExcludeRules {
  const size = max === undefined ? {} : { maxFileBytes: count(max, "--max-size") };
  return { patterns, gitignore, never: [], ...size };
}

export const why = defineVerb({
  usage: "PATH --of DIR",
  summary: "say what keeps a path out of a backup of DIR",
  details: excludeDetails,
  options: { of: { type: "string" }, ...exclude },
  run: async (values, words) => {
    if (values.of === undefined) throw new UsageError("--of DIR is missing");
    const path = resolve(word(words, 0, "PATH"));
    const reason = whyExcluded(resolve(values.of), path, rulesOf(values));
    return { json: reason ?? { type: "kept" }, text: whyText(reason) };
  },
});

function whyText(reason: Why | undefined): string {
  switch (reason?.type) {
    case undefined:
      return "it is backed up";
    case "rule": {
      const { file, line, pattern, path } = reason;
      const where =
        file === undefined ? `pattern ${line} of the settings` : `line ${line} of ${file}`;
      return `${path} is excluded by ${where}: ${pattern}`;
    }
    case "cache":
      return `${reason.path} says by a CACHEDIR.TAG that it is a cache`;
    case "own":
      return `${reason.path} is never backed up`;
    case "too-large":
      return `it is larger than ${size(reason.maxBytes)}: ${size(reason.bytes)}`;
    case "socket":
      return "it is a socket";
    case "outside":
      return "it does not lie there";
  }
}

export const backup = defineVerb({
  usage: "DIR...",
  summary: "save a snapshot of folders and files",
  details: [
    "--tag TAG          label the snapshot; may be repeated",
    ...excludeDetails,
    "--force            read every file again",
    "--dry-run          write nothing",
    "--skip-unchanged   write no snapshot if nothing has changed",
    "--parent ID        the snapshot to compare with",
  ],
  options: {
    tag: many,
    ...exclude,
    force: flag,
    "dry-run": flag,
    "skip-unchanged": flag,
    parent: { type: "string" },
  },
  run: async (values, words, session) => {
    word(words, 0, "DIR");
    const { signal } = session;
    const repository = await session.repository();
    const parent =
      values.parent === undefined
        ? undefined
        : await findSnapshot(repository, values.parent, signal);
    const report = await backUp(repository, {
      roots: words.map((each) => resolve(each)),
      excludes: rulesOf(values),
      tags: values.tag,
      force: values.force,
      dryRun: values["dry-run"],
      skipIfUnchanged: values["skip-unchanged"],
      ...(parent && { parent }),
      signal,
    });
    const { snapshot, summary, failed, excluded } = report;
    const { files_new, files_changed, files_unmodified, data_added_packed } = summary;
    const lines = [
      `${files_new} new, ${files_changed} changed, ${files_unmodified} unmodified, ${excluded} excluded; ${size(data_added_packed)} added`,
      ...failed.map(({ path, message }) => `failed: ${path}: ${message}`),
      snapshot ? `snapshot ${snapshot.id} saved` : "no snapshot saved",
    ];
    return {
      json: { snapshot: snapshot?.id, summary, failed, excluded },
      text: lines.join("\n"),
      // As restic: the snapshot is there, but not all of it could be read.
      exitCode: failed.length > 0 ? 3 : 0,
    };
  },
});

export const snapshots = defineVerb({
  usage: "",
  summary: "list snapshots, oldest first",
  details: chosenDetails,
  options: chosen,
  run: async (values, _words, session) => {
    const repository = await session.repository();
    const warn = (error: Error) => console.error(error.message);
    const found = (await repository.snapshots(session.signal, warn)).filter(isChosen(values));
    return { json: found.map(snapshotJson), text: table(found.map(snapshotRow)) };
  },
});

export const ls = defineVerb({
  usage: "SNAPSHOT [PATH]",
  summary: "list a folder of a snapshot",
  details: ["--recursive        and what is below it", ...chosenDetails],
  options: { recursive: { type: "boolean", short: "r", default: false }, ...chosen },
  run: async (values, words, session) => {
    const { repository, snapshot } = await snapshotOf(words, session, isChosen(values));
    const path = segments(words[1] ?? "/");
    const listed: [readonly string[], Node][] = [];
    const list = async (tree: string, above: readonly string[]) => {
      for (const node of await repository.tree(tree, session.signal)) {
        const own = [...above, node.name];
        listed.push([own, node]);
        if (values.recursive && node.subtree !== undefined) await list(node.subtree, own);
      }
    };
    await list(await treeAt(repository, snapshot, path), path);
    return {
      json: listed.map(([own, node]) => nodeJson(own, node)),
      text: table(listed.map(([own, node]) => nodeRow(own, node))),
    };
  },
});

export const cat = defineVerb({
  usage: "SNAPSHOT PATH",
  summary: "print a file of a snapshot",
  details: ["--range FROM-TO    only these bytes, counted from 0, the last one included"],
  options: { range: { type: "string" }, ...chosen },
  run: async (values, words, session) => {
    const { repository, snapshot } = await snapshotOf(words, session, isChosen(values));
    const path = word(words, 1, "PATH");
    const node = await repository.find(snapshot, segments(path), session.signal);
    if (node?.type !== "file") throw new UsageError(`the snapshot has no file ${path}`);
    const range = values.range === undefined ? undefined : rangeOf(values.range);
    for await (const bytes of repository.read(node, session.signal, range))
      if (!process.stdout.write(bytes))
        await new Promise((resolve) => process.stdout.once("drain", resolve));
    return { json: undefined, text: "" };
  },
});

function rangeOf(given: string): { readonly start: number; readonly end: number } {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(given) ?? [];
  if (from === undefined || to === undefined) throw new UsageError("--range is FROM-TO");
  return { start: Number(from), end: Number(to) + 1 };
}

export const find = defineVerb({
  usage: "PATTERN",
  summary: "find paths in all snapshots, and their distinct contents",
  details: chosenDetails,
  options: chosen,
  run: async (values, words, session) => {
    const pattern = word(words, 0, "PATTERN");
    const matches = matchPattern(pattern);
    if (!matches) throw new UsageError("the pattern is empty");
    const repository = await session.repository();
    const all = (await repository.snapshots(session.signal)).filter(isChosen(values)).toReversed();
    const { found, cut } = await findPaths(repository, {
      snapshots: all,
      matches,
      signal: session.signal,
    });
    const rows = found.flatMap(({ path, versions }) =>
      versions.map(({ node, snapshots: holders }) => [
        ...nodeRow(path, node),
        holders.map(({ id }) => id.slice(0, 8)).join(" "),
      ]),
    );
    const json = found.map(({ path, versions }) => ({
      path: shownPath(path),
      versions: versions.map(({ contentId, node, snapshots: holders }) => ({
        contentId,
        ...nodeJson(path, node),
        snapshots: holders.map(({ id }) => id),
      })),
    }));
    return { json, text: table(rows) + (cut ? "\nand more" : "") };
  },
});

const signs = { added: "+", removed: "-", changed: "M", retyped: "T", metadata: "U" } as const;

export const diff = defineVerb({
  usage: "SNAPSHOT SNAPSHOT [PATH]",
  summary: "list what differs between two snapshots",
  options: chosen,
  run: async (values, words, session) => {
    const { repository, snapshot: first } = await snapshotOf(words, session, isChosen(values));
    const second = await findSnapshot(
      repository,
      word(words, 1, "SNAPSHOT"),
      session.signal,
      isChosen(values),
    );
    const path = segments(words[2] ?? "/");
    const changes = await Array.fromAsync(
      compareTrees(repository, {
        before: await treeAt(repository, first, path),
        after: await treeAt(repository, second, path),
        signal: session.signal,
      }),
    );
    const lines = changes.map(({ type, path: own }) => [signs[type], shownPath([...path, ...own])]);
    return {
      json: changes.map(({ type, path: own }) => ({ type, path: shownPath([...path, ...own]) })),
      text: table(lines),
    };
  },
});

export const restore = defineVerb({
  usage: "SNAPSHOT[:FOLDER] --target DIR",
  summary: "restore a snapshot, or a folder of it, into DIR",
  details: [
    "--include PATH     only this file or folder; may be repeated",
    "--exclude PATTERN  leave out, as .gitignore would; may be repeated",
    "--overwrite MODE   always, if-changed, if-newer or never",
    "--delete           take away what is not in the snapshot",
    "--verify           read every file again once it is written",
    "--dry-run          say what would be done",
    "--safety DIR       where to keep what is overwritten (default: DIR.offsite-kept)",
    ...chosenDetails,
  ],
  options: {
    target: { type: "string" },
    include: many,
    exclude: many,
    overwrite: { type: "string", default: "always" },
    delete: flag,
    verify: flag,
    "dry-run": flag,
    safety: { type: "string" },
    ...chosen,
  },
  run: async (values, words, session) => {
    if (values.target === undefined) throw new UsageError("--target DIR is missing");
    const target = resolve(values.target);
    const [name = "", folder = "/"] = word(words, 0, "SNAPSHOT").split(/:(.*)/s);
    const { repository, snapshot } = await snapshotOf([name], session, isChosen(values));
    const base = segments(folder);
    const modes = ["always", "if-changed", "if-newer", "never"] as const;
    const plan = await planRestore(repository, {
      snapshot,
      target,
      base,
      select: values.include.map((path) => [...base, ...segments(path)]),
      exclude: values.exclude,
      overwrite: choice(values.overwrite, modes, "--overwrite"),
      deleteExtra: values.delete,
      verify: values.verify,
      signal: session.signal,
    });
    const { counts, bytes, extra } = plan;
    const planned = Object.entries(counts).map(([action, number]) => `${number} ${action}`);
    const refused = plan.items.filter(({ action }) => action === "refuse");
    const lines = refused.map(({ target: path, reason }) => `refused: ${path}: ${reason}`);
    if (extra.length > 0) planned.push(`${extra.length} to be taken away`);
    if (values["dry-run"])
      return {
        json: { counts, bytes, extra: extra.length, refused: refused.length },
        text: [...lines, `${planned.join(", ")}; ${size(bytes)} to write`].join("\n"),
      };
    const report = await carryOut(
      repository,
      plan,
      resolve(values.safety ?? `${target}.offsite-kept`),
    );
    const { written, failed, lackingAttributes } = report;
    lines.push(...failed.map(({ path, message }) => `failed: ${path}: ${message}`));
    if (lackingAttributes > 0)
      lines.push(`${lackingAttributes} lack extended attributes that cannot be set here`);
    return {
      json: {
        counts,
        written,
        bytes: report.bytes,
        failed,
        lackingAttributes,
        refused: refused.length,
      },
      text: [...lines, `${planned.join(", ")}; ${size(report.bytes)} written`].join("\n"),
      exitCode: failed.length + refused.length > 0 ? 3 : 0,
    };
  },
});

async function snapshotOf(
  words: readonly string[],
  session: Session,
  isWanted: (snapshot: Snapshot) => boolean,
) {
  const name = word(words, 0, "SNAPSHOT");
  const repository = await session.repository();
  return { repository, snapshot: await findSnapshot(repository, name, session.signal, isWanted) };
}

async function treeAt(
  repository: Repository,
  snapshot: Snapshot,
  path: readonly string[],
): Promise<string> {
  const tree = path.length === 0 ? snapshot.tree : (await repository.find(snapshot, path))?.subtree;
  if (tree === undefined) throw new UsageError(`the snapshot has no folder ${shownPath(path)}`);
  return tree;
}

function segments(path: string): readonly string[] {
  return path.split("/").filter((segment) => segment !== "");
}
