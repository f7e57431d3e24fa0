/** Links that work without a key, for a time: to read an object, or to write one. */
import { env, l10n, window } from "vscode";
import type { ObjectRow } from "../app/browse.ts";
import { childOf, nameOf, type Location } from "../app/location.ts";
import { never } from "../base/abort.ts";
import { shellQuoted } from "../base/shell.ts";
import { StorageError } from "../storage/errors.ts";
import type { Links } from "../storage/extras.ts";
import { durationText, parseDuration } from "./durations.ts";
import type { ExtraRooms } from "./extraRooms.ts";
import { isPlaceRow } from "./rows.ts";
import { answer, askText, pickOne, type Choice, type Frame } from "./steps.ts";
import { moment } from "./words.ts";

const offered: readonly number[] = [15 * 60, 3600, 86_400, 7 * 86_400];

export function linkCommands(rooms: ExtraRooms) {
  return {
    copyLink: async (...given: readonly unknown[]) => {
      const rows = rooms.chosen(given).filter((row) => row.type === "object");
      if (rows.length > 0) await copyLinks(rooms, rows);
    },
    copyUploadLink: async (...given: readonly unknown[]) => {
      const [row] = rooms.chosen(given);
      if (row?.type === "object") await copyUploadLink(rooms, row.at);
      else if (row && isPlaceRow(row)) await nameAndCopyUploadLink(rooms, row.at);
    },
  };
}

async function copyLinks(rooms: ExtraRooms, rows: readonly ObjectRow[]): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const places = await Promise.all(rows.map(async ({ at }) => await linksAt(rooms, at)));
  const longest = Math.min(...places.map(({ longestSeconds }) => longestSeconds));
  const frame = { title: l10n.t("Presigned Link") };
  const why = l10n.t(
    "How long shall it work? Until then whoever has the link can read the object.",
  );
  const seconds = await askSeconds(frame, why, longest);
  if (seconds === undefined) return;
  const texts: string[] = [];
  for (const { at } of rows)
    texts.push(await (await linksAt(rooms, at)).get({ key: at.key, seconds, signal: never }));
  await env.clipboard.writeText(texts.join("\n"));
  const until = untilText(seconds);
  void window.showInformationMessage(
    rows.length === 1
      ? l10n.t("Copied a link to “{0}”. Whoever has it can read it until {1}.", first.name, until)
      : l10n.t(
          "Copied {0} links. Whoever has one can read its object until {1}.",
          texts.length,
          until,
        ),
  );
}

async function nameAndCopyUploadLink(rooms: ExtraRooms, folder: Location): Promise<void> {
  const reply = await askText(
    { title: l10n.t("Upload Link") },
    {
      prompt: l10n.t("The name of the object that the link shall write"),
      remark: (name) =>
        name === "" || name.endsWith("/")
          ? { text: l10n.t("An object needs a name."), severity: "error" }
          : undefined,
    },
  );
  if (reply?.type === "answer") await copyUploadLink(rooms, childOf(folder, reply.value));
}

async function copyUploadLink(rooms: ExtraRooms, at: Location): Promise<void> {
  const links = await linksAt(rooms, at);
  const frame = { title: l10n.t("Upload Link to {0}", nameOf(at.key)) };
  const why = l10n.t(
    "How long shall it work? Until then whoever has the link can write this object, and overwrite it.",
  );
  const seconds = await askSeconds(frame, why, links.longestSeconds);
  if (seconds === undefined) return;
  const form = await pickOne<"link" | "curl">(frame, {
    placeholder: l10n.t("What shall be copied?"),
    choices: [
      {
        label: l10n.t("The link"),
        description: l10n.t("for a program that sends PUT requests"),
        value: "link",
      },
      {
        label: l10n.t("A curl command"),
        description: l10n.t("put the name of the file in the place of FILE"),
        value: "curl",
      },
    ],
  });
  if (form?.type !== "answer") return;
  const link = await links.put({ key: at.key, seconds, signal: never });
  const text = form.value === "link" ? link : `curl --upload-file FILE ${shellQuoted(link)}`;
  await env.clipboard.writeText(text);
  void window.showInformationMessage(
    l10n.t(
      "Copied an upload link. Whoever has it can write “{0}” until {1}.",
      nameOf(at.key),
      untilText(seconds),
    ),
  );
}

async function linksAt({ browse }: ExtraRooms, at: Location): Promise<Links> {
  const { links } = (await browse.open(at)).extras;
  if (!links) throw new StorageError("unsupported", "it makes no links");
  return links;
}

async function askSeconds(
  frame: Frame,
  placeholder: string,
  longest: number,
): Promise<number | undefined> {
  const choices: readonly Choice<number>[] = [
    ...offered
      .filter((seconds) => seconds <= longest)
      .map((seconds) => ({
        label: durationText(l10n.t, seconds),
        description: l10n.t("until {0}", untilText(seconds)),
        value: seconds,
      })),
    {
      label: l10n.t("Another time…"),
      description: l10n.t("at most {0}", durationText(l10n.t, longest)),
      value: 0,
    },
  ];
  const picked = await pickOne(frame, { placeholder, choices });
  const reply =
    picked?.type === "answer" && picked.value === 0 ? await askOther(frame, longest) : picked;
  return reply?.type === "answer" ? reply.value : undefined;
}

async function askOther(frame: Frame, longest: number) {
  const problem = (text: string) => {
    const seconds = parseDuration(text);
    if (seconds === undefined) return l10n.t("Enter a time such as 30 min, 12 h or 3 days.");
    return seconds > longest
      ? l10n.t("It can last {0} at most.", durationText(l10n.t, longest))
      : undefined;
  };
  const reply = await askText(frame, {
    prompt: l10n.t("How long shall the link work?"),
    placeholder: l10n.t("30 min, 12 h, 3 days"),
    remark: (text) => {
      const said = problem(text);
      return said === undefined ? undefined : { text: said, severity: "error" };
    },
  });
  return reply?.type === "answer" ? answer(parseDuration(reply.value) ?? 0) : undefined;
}

function untilText(seconds: number): string {
  return moment(new Date(Date.now() + seconds * 1000)).slice(0, -3);
}
