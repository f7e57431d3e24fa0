import { check as checkRepository, type ReadData } from "../../src/engine/upkeep/check.ts";
import { copySnapshot } from "../../src/engine/upkeep/copy.ts";
import { forget as forgetSnapshots, type GroupBy } from "../../src/engine/snapshots/forget.ts";
import {
  addKey,
  changePassphrase,
  listKeys,
  removeKey,
} from "../../src/engine/repository/keyring.ts";
import {
  parseSpan,
  periods,
  type KeepPolicy,
  type Period,
  type Span,
} from "../../src/engine/snapshots/policy.ts";
import { prune as pruneRepository } from "../../src/engine/upkeep/prune.ts";
import { repairIndex as repair } from "../../src/engine/upkeep/repairIndex.ts";
import { Repository } from "../../src/engine/repository/repository.ts";
import { listLocks, unlock as removeLocks } from "../../src/engine/repository/unlock.ts";
import { findSnapshot, passphrase, type Session } from "./session.ts";
import { size, snapshotJson, snapshotRow, table } from "./show.ts";
import { choice, count, defineVerb, UsageError, word } from "./verb.ts";

const flag = { type: "boolean", default: false } as const;
const text = { type: "string" } as const;

export const init = defineVerb({
  usage: "",
  summary: "make a new repository",
  options: {},
  run: async (_values, _words, session) => {
    const { id } = await Repository.init(await session.options(), passphrase("OFFSITE_PASSPHRASE"));
    return { json: { id }, text: `repository ${id} made` };
  },
});

export const forget = defineVerb({
  usage: "[ID...]",
  summary: "delete snapshots, by name or by policy; their data stays until it is pruned",
  details: [
    ...periods.map((period) => `--keep-${period} N`.padEnd(19) + "and see restic's manual"),
    "--keep-within-PERIOD SPAN, --keep-within SPAN (e.g. 1y5m7d2h)",
    "--keep-tag TAG     may be repeated",
    "--group-by LIST    of host, paths, tags (default: host,paths)",
    "--dry-run          say what would go",
    "--prune            prune afterwards",
  ],
  options: {
    "keep-last": text,
    "keep-hourly": text,
    "keep-daily": text,
    "keep-weekly": text,
    "keep-monthly": text,
    "keep-yearly": text,
    "keep-within": text,
    "keep-within-hourly": text,
    "keep-within-daily": text,
    "keep-within-weekly": text,
    "keep-within-monthly": text,
    "keep-within-yearly": text,
    "keep-tag": { type: "string", multiple: true },
    "group-by": { type: "string", default: "host,paths" },
    "dry-run": flag,
    prune: flag,
  },
  run: async (values, words, session) => {
    const repository = await session.repository();
    const dryRun = values["dry-run"];
    const ids = await Promise.all(
      words.map(async (name) => (await findSnapshot(repository, name, session.signal)).id),
    );
    const groupBy = values["group-by"]
      .split(",")
      .filter((name) => name !== "")
      .map((name): GroupBy => choice(name, ["host", "paths", "tags"], "--group-by"));
    const what =
      ids.length > 0
        ? ({ type: "ids", ids } as const)
        : ({ type: "policy", policy: policyOf(values), groupBy } as const);
    const { removed, groups } = await forgetSnapshots(repository, {
      what,
      dryRun,
      now: new Date(),
      signal: session.signal,
    });
    const kept = groups.flatMap(({ keep, spared }) => [
      ...keep.map(({ snapshot }) => snapshot),
      ...spared,
    ]);
    const pruned =
      values.prune && !dryRun
        ? await pruneRepository(repository, { signal: session.signal })
        : undefined;
    return {
      json: { removed: removed.map(snapshotJson), kept: kept.map(snapshotJson), pruned },
      text: [
        ...(kept.length > 0 ? ["kept:", table(kept.map(snapshotRow))] : []),
        dryRun ? "would be removed:" : "removed:",
        table(removed.map(snapshotRow)),
        ...(pruned ? [`${size(pruned.bytes.freed)} freed`] : []),
      ].join("\n"),
    };
  },
});

type Given = Readonly<Record<string, unknown>>;

function policyOf(values: Given): KeepPolicy {
  const counts: Partial<Record<Period, number>> = {};
  const within: Partial<Record<Period, Span>> = {};
  for (const period of periods) {
    const number = values[`keep-${period}`];
    if (typeof number === "string")
      counts[period] = number === "unlimited" ? -1 : count(number, `--keep-${period}`);
    const name = period === "last" ? "keep-within" : `keep-within-${period}`;
    const span = values[name];
    if (typeof span === "string") within[period] = spanOf(span, `--${name}`);
  }
  const tags = values["keep-tag"];
  const lists = Array.isArray(tags) ? tags.map((each) => String(each).split(",")) : [];
  return { counts, within, ...(lists.length > 0 && { tags: lists }) };
}

function spanOf(given: string, name: string): Span {
  const span = parseSpan(given);
  if (!span) throw new UsageError(`${name} is a span such as 1y5m7d2h`);
  return span;
}

export const prune = defineVerb({
  usage: "",
  summary: "delete the data that no snapshot needs",
  details: [
    "--max-unused PERCENT  leave so much unused (default: 5)",
    "--dry-run             say what would be done",
  ],
  options: { "max-unused": text, "dry-run": flag },
  run: async (values, _words, session) => {
    const repository = await session.repository();
    const maxUnused = values["max-unused"];
    const report = await pruneRepository(repository, {
      ...(maxUnused !== undefined && { maxUnusedPercent: count(maxUnused, "--max-unused") }),
      dryRun: values["dry-run"],
      signal: session.signal,
    });
    const { packs, bytes } = report;
    return {
      json: report,
      text: `${packs.kept} packs kept, ${packs.repacked} repacked, ${packs.removed + packs.unindexed} removed; ${size(bytes.freed)} freed`,
    };
  },
});

export const check = defineVerb({
  usage: "",
  summary: "look for damage",
  details: [
    "--read-data          read all packs",
    "--read-data-subset S read a part: n/m, or a percentage such as 10%",
  ],
  options: { "read-data": flag, "read-data-subset": text },
  run: async (values, _words, session) => {
    const repository = await session.repository();
    const readData = readDataOf(values["read-data"], values["read-data-subset"]);
    const report = await checkRepository(repository, { readData, signal: session.signal });
    const { sound, findings, snapshots, trees, packs, packsRead } = report;
    const lines = findings.map(({ severity, text: sentence }) => `${severity}: ${sentence}`);
    const looked = `${snapshots} snapshots, ${trees} trees, ${packs} packs, ${packsRead} of them read`;
    lines.push(`${looked}: ${sound ? "no errors were found" : "there are errors"}`);
    return { json: report, text: lines.join("\n"), exitCode: sound ? 0 : 1 };
  },
});

function readDataOf(all: boolean, subset: string | undefined): ReadData {
  if (subset === undefined) return all ? { type: "all" } : { type: "none" };
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(subset)?.[1];
  if (percent !== undefined) return { type: "percent", percent: Number(percent) };
  const [, part, of] = /^(\d+)\/(\d+)$/.exec(subset) ?? [];
  if (part === undefined || of === undefined)
    throw new UsageError("--read-data-subset is n/m or a percentage");
  return { type: "part", part: Number(part), of: Number(of) };
}

export const repairIndex = defineVerb({
  usage: "",
  summary: "make the index anew from the packs that are there",
  details: ["--read-all         believe no index file"],
  options: { "read-all": flag },
  run: async (values, _words, session) => {
    const report = await repair(await session.repository(), {
      readAll: values["read-all"],
      signal: session.signal,
    });
    const { changed, added, forgotten, unreadable } = report;
    const numbers = `${added.length} packs added, ${forgotten.length} forgotten, ${unreadable.length} unreadable`;
    return { json: report, text: changed ? numbers : "there is nothing to repair" };
  },
});

export const copy = defineVerb({
  usage: "SNAPSHOT --to FILE.json",
  summary: "copy a snapshot into another repository, opened with OFFSITE_PASSPHRASE_TO",
  options: { to: text },
  run: async (values, words, session) => {
    if (values.to === undefined) throw new UsageError("--to FILE.json is missing");
    const from = await session.repository();
    const snapshot = await findSnapshot(from, word(words, 0, "SNAPSHOT"), session.signal);
    const options = await session.options(values.to);
    const to = await Repository.open(options, passphrase("OFFSITE_PASSPHRASE_TO"));
    const report = await copySnapshot({ from, to, snapshot, signal: session.signal });
    const { existed, bytesCopied } = report;
    const sentence = `snapshot ${report.snapshot.id}: ${size(bytesCopied)} copied`;
    return {
      json: { snapshot: report.snapshot.id, existed, bytesCopied },
      text: existed ? `snapshot ${report.snapshot.id} is there already` : sentence,
    };
  },
});

const keyActs: Readonly<
  Record<string, (words: readonly string[], session: Session) => Promise<unknown>>
> = {
  list: async (_words, session) => await listKeys(await session.repository(), session.signal),
  add: async (_words, session) => ({
    id: await addKey(
      await session.repository(),
      passphrase("OFFSITE_NEW_PASSPHRASE"),
      session.signal,
    ),
  }),
  passwd: async (_words, session) => {
    const repository = await session.repository();
    const { signal } = session;
    await changePassphrase(repository, passphrase("OFFSITE_NEW_PASSPHRASE"), { signal });
    return { id: repository.keyId };
  },
  remove: async ([id = ""], session) => {
    const repository = await session.repository();
    const found = (await listKeys(repository)).filter((key) => id !== "" && key.id.startsWith(id));
    if (found.length !== 1 || !found[0]) throw new UsageError("name one key by its id");
    if (found[0].isCurrent) throw new UsageError("the key in use cannot be removed");
    await removeKey(repository, found[0].id, session.signal);
    return { removed: found[0].id };
  },
};

export const keys = defineVerb({
  usage: "list | add | remove ID | passwd",
  summary: "manage the passphrases; a new one is taken from OFFSITE_NEW_PASSPHRASE",
  options: {},
  run: async (_values, [name = "", ...words], session) => {
    const act = keyActs[name];
    if (!act) throw new UsageError(`keys ${Object.keys(keyActs).join("|")}`);
    const json = await act(words, session);
    const lines = (Array.isArray(json) ? json : [json]).map((line) => JSON.stringify(line));
    return { json, text: lines.join("\n") };
  },
});

export const unlock = defineVerb({
  usage: "",
  summary: "remove locks whose holder is gone",
  details: [
    "--all              remove every lock: only if nobody is at work",
    "--list             only list",
  ],
  options: { all: flag, list: flag },
  run: async (values, _words, session) => {
    const repository = await session.repository();
    if (values.list) {
      const locks = await listLocks(repository, session.signal);
      return { json: locks, text: locks.map((lock) => JSON.stringify(lock)).join("\n") };
    }
    const removed = await removeLocks(repository, { all: values.all, signal: session.signal });
    return { json: { removed }, text: `${removed.length} locks removed` };
  },
});
