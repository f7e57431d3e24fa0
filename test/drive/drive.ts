/**
 * Drives the engine and the storages from a command line, without VS Code: for measuring, for tests
 * that kill it, and for people's own scripts. See `npm run drive -- --help`.
 */
import { parseArgs } from "node:util";
import * as repositoryVerbs from "./repositoryVerbs.ts";
import { Session, type Settings } from "./session.ts";
import * as snapshotVerbs from "./snapshotVerbs.ts";
import { storage } from "./storageVerbs.ts";
import { count, UsageError, type Verb } from "./verb.ts";

const { repairIndex, ...others } = repositoryVerbs;
const verbs: Readonly<Record<string, Verb>> = {
  ...snapshotVerbs,
  ...others,
  "repair-index": repairIndex,
  storage,
};

/** Understood before and after the verb. */
const common = {
  connection: { type: "string", short: "c" },
  cache: { type: "string" },
  "no-cache": { type: "boolean", default: false },
  host: { type: "string" },
  workers: { type: "string" },
  json: { type: "boolean", default: false },
  verbose: { type: "boolean", short: "v", default: false },
  dist: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const commonHelp = `
Options of every verb:
  --connection FILE  {"provider": "folder", "answers": {"path": "…"}, "folder": "in/the/container/"};
                     a secret answer may be {"env": "NAME"}
  --json             print the result as JSON
  --cache DIR        where to keep copies of indexes and trees (default: ~/.cache/offsite)
  --no-cache         keep none
  --host NAME        this machine's name in snapshots and locks
  --workers N        threads to work with
  --verbose          print each request
  --dist             run the engine from dist/, as VS Code does

The passphrase is taken from the environment: OFFSITE_PASSPHRASE.
Ends with 0 if all went well, 1 on failure, 2 if the command line makes no sense, 3 if some files failed.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const cancel = new AbortController();
  process.once("SIGINT", () => cancel.abort(new Error("cancelled")));
  try {
    return await drive(args, cancel.signal);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(`drive: ${message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function drive(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { mine, rest } = split(args);
  const [name, ...words] = rest;
  const verb = name === undefined ? undefined : verbs[name];
  if (mine.help || name === undefined) {
    console.log(verb ? helpOf(name ?? "", verb) : overview());
    return mine.help ? 0 : 2;
  }
  if (!verb) throw new UsageError(`there is no verb "${name}"; see --help`);
  const session = new Session(settingsOf(mine), signal);
  try {
    const { json, text, exitCode = 0 } = await verb.run(words, session);
    if (!mine.json) process.stdout.write(text === "" ? "" : `${text}\n`);
    else if (json !== undefined) process.stdout.write(`${JSON.stringify(json)}\n`);
    return exitCode;
  } finally {
    await session.close();
  }
}

/** Takes the common options out, wherever they stand; the rest is the verb's. */
function split(args: readonly string[]) {
  const { tokens } = parseArgs({ args: [...args], options: common, strict: false, tokens: true });
  const taken = new Set<number>();
  const own: string[] = [];
  for (const token of tokens) {
    if (token.kind !== "option" || !Object.hasOwn(common, token.name)) continue;
    const last = token.index + (token.value !== undefined && !token.inlineValue ? 1 : 0);
    for (let i = token.index; i <= last; i++) {
      taken.add(i);
      own.push(args[i] ?? "");
    }
  }
  const { values } = parseArgs({ args: own, options: common, strict: true });
  return { mine: values, rest: args.filter((_, i) => !taken.has(i)) };
}

function settingsOf(mine: ReturnType<typeof split>["mine"]): Settings {
  const { connection, cache, host, workers, verbose, dist } = mine;
  return {
    noCache: mine["no-cache"],
    verbose,
    dist,
    ...(connection !== undefined && { connection }),
    ...(cache !== undefined && { cache }),
    ...(host !== undefined && { host }),
    ...(workers !== undefined && { workers: count(workers, "--workers") }),
  };
}

function overview(): string {
  const lines = Object.entries(verbs).map(
    ([name, { summary }]) => `  ${name.padEnd(14)}${summary}`,
  );
  return `npm run drive -- VERB …\n\n${lines.join("\n")}\n\nVERB --help says more.\n${commonHelp}`;
}

function helpOf(name: string, { usage, summary, details = [] }: Verb): string {
  const lines = details.map((line) => `  ${line}`);
  return [
    `npm run drive -- ${name} ${usage}`.trim(),
    "",
    `  ${summary}`,
    "",
    ...lines,
    commonHelp,
  ].join("\n");
}
