import { openAsBlob } from "node:fs";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { size, table } from "./show.ts";
import { defineVerb, UsageError, word, type Outcome } from "./verb.ts";
import type { Session } from "./session.ts";

type Act = (words: readonly string[], session: Session, recursive: boolean) => Promise<Outcome>;

const list: Act = async ([prefix = ""], session, recursive) => {
  const storage = await session.storage();
  const { signal } = session;
  const entries = await Array.fromAsync(storage.list(prefix, { signal, shallow: !recursive }));
  const rows = entries.map((entry) =>
    entry.type === "folder"
      ? ["", "", entry.key]
      : [size(entry.size), entry.modified?.toISOString() ?? "", entry.key],
  );
  return { json: entries, text: table(rows) };
};

const put: Act = async (words, session) => {
  const storage = await session.storage();
  const body = await openAsBlob(word(words, 0, "FILE"));
  const info = await storage.write(word(words, 1, "KEY"), body, { signal: session.signal });
  return { json: info, text: `${size(info.size)} written` };
};

const get: Act = async (words, session) => {
  const storage = await session.storage();
  const key = word(words, 0, "KEY");
  const [, file] = words;
  const { signal } = session;
  const bytes = await storage.read(
    key,
    async ({ info, body }) => {
      // Without a file the object itself is the output.
      const sink = file === undefined ? process.stdout : createWriteStream(file);
      await pipeline(body, sink, { end: file !== undefined, signal });
      return info.size;
    },
    { signal },
  );
  return { json: { key, size: bytes }, text: file === undefined ? "" : `${size(bytes)} read` };
};

const remove: Act = async (words, session) => {
  word(words, 0, "KEY");
  await (await session.storage()).delete(words, { signal: session.signal });
  return { json: { deleted: words }, text: `${words.length} deleted` };
};

const copy: Act = async (words, session) => {
  const storage = await session.storage();
  const [from, to] = [word(words, 0, "FROM"), word(words, 1, "TO")];
  const info = await storage.copy(from, to, { signal: session.signal });
  return { json: info, text: `${size(info.size)} copied` };
};

const acts: Readonly<Record<string, Act>> = { list, put, get, delete: remove, copy };

export const storage = defineVerb({
  usage: "list [PREFIX] | put FILE KEY | get KEY [FILE] | delete KEY... | copy FROM TO",
  summary: "work with the objects themselves",
  details: ["--recursive        list what is below folders too"],
  options: { recursive: { type: "boolean", short: "r", default: false } },
  run: async ({ recursive }, [name = "", ...words], session) => {
    const act = acts[name];
    if (!act) throw new UsageError(`storage ${Object.keys(acts).join("|")}`);
    return await act(words, session, recursive);
  },
});
