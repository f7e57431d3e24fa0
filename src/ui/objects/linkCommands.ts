/** Links that work without a key, for a time: to read an object, or to write one. */
import { env, l10n, window } from "vscode";
import type { ObjectRow } from "../../app/browsing/browse.ts";
import { childOf, nameOf, type Location } from "../../app/location.ts";
import { contentTypeOf } from "../../app/objects/contentTypes.ts";
import { never } from "../../base/abort.ts";
import { StorageError } from "../../storage/errors.ts";
import type { LinkLifetime, Links } from "../../storage/extras.ts";
import { durationText, parseDuration } from "./durations.ts";
import type { ExtraRooms } from "./extraRooms.ts";
import { keyRemark, linkTimes, untilText, uploadCommand } from "./linkWords.ts";
import { isPlaceRow } from "../rows.ts";
import { answer, askText, pickOne, type Frame, type Reply } from "../steps.ts";
import { grouped, visible } from "../words.ts";

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

/** An object, or one version of it. */
type Readable = Pick<ObjectRow, "at" | "name"> & { readonly version?: string };

/** Copies links to read these, one a line. Resolves to whether they were copied. */
export async function copyLinks(rooms: ExtraRooms, objects: readonly Readable[]): Promise<boolean> {
  const [first] = objects;
  if (!first) return false;
  const places = await Promise.all(objects.map(async ({ at }) => await linksAt(rooms, at)));
  const title =
    objects.length === 1
      ? l10n.t("Presigned Link to {0}", visible(nameOf(first.at.key)))
      : l10n.t("Presigned Links to {0} Objects", grouped(objects.length));
  const frame = { title, total: 2 };
  const why = l10n.t(
    "How long shall it work? Until then whoever has the link can read the object.",
  );
  const lifetime = await shortest(places);
  const seconds = await askSeconds({ ...frame, step: 1 }, why, lifetime);
  if (seconds === undefined) return false;
  const saving = await askSaving({ ...frame, step: 2 }, objects);
  if (saving?.type !== "answer") return false;
  const texts: string[] = [];
  for (const { at, version, ...object } of objects) {
    const { key } = at;
    const downloadAs = saving.value?.(object.name);
    const which = { ...(version !== undefined && { version }), ...(downloadAs && { downloadAs }) };
    const links = await linksAt(rooms, at);
    texts.push(await links.get({ key, seconds, signal: never, ...which }));
  }
  await env.clipboard.writeText(texts.join("\n"));
  const until = untilText(new Date(), seconds);
  const copied =
    objects.length === 1
      ? l10n.t(
          "Copied a link to “{0}”. Whoever has it can read it until {1}.",
          visible(first.name),
          until,
        )
      : l10n.t(
          "Copied {0} links. Whoever has one can read its object until {1}.",
          texts.length,
          until,
        );
  say(copied, keyRemark(l10n.t, lifetime));
  return true;
}

/** Under which name a browser saves each of the objects; undefined if it shows what it can. */
type Saving = ((name: string) => string) | undefined;

async function askSaving(frame: Frame, objects: readonly Readable[]): Promise<Reply<Saving>> {
  const { name = "" } = objects.length === 1 ? (objects[0] ?? {}) : {};
  const picked = await pickOne<"show" | "save" | "name">(frame, {
    placeholder: l10n.t("What shall a browser do with it?"),
    choices: [
      {
        label: l10n.t("Show it"),
        description: l10n.t("if it is of a kind that browsers can show"),
        value: "show",
      },
      {
        label: l10n.t("Save it"),
        description: name === "" ? l10n.t("under its name") : l10n.t("as “{0}”", name),
        value: "save",
      },
      ...(name === ""
        ? []
        : [{ label: l10n.t("Save it under another name…"), value: "name" as const }]),
    ],
  });
  if (picked?.type !== "answer") return undefined;
  if (picked.value === "show") return answer(undefined);
  if (picked.value === "save") return answer((own) => own);
  const reply = await askText(frame, {
    prompt: l10n.t("The name that a browser saves it under"),
    value: name,
    remark: (text) =>
      text.trim() === "" || /[/\\]/.test(text)
        ? { text: l10n.t("A file needs a name, and it holds no slash."), severity: "error" }
        : undefined,
  });
  return reply?.type === "answer" ? answer(() => reply.value.trim()) : undefined;
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
  const frame = { title: l10n.t("Upload Link to {0}", visible(nameOf(at.key))), total: 2 };
  const why = l10n.t(
    "How long shall it work? Until then whoever has the link can overwrite this object.",
  );
  const lifetime = await links.lifetime({ signal: never });
  const seconds = await askSeconds({ ...frame, step: 1 }, why, lifetime);
  if (seconds === undefined) return;
  const form = await pickOne<"link" | "curl">(
    { ...frame, step: 2 },
    {
      placeholder: l10n.t("What shall be copied?"),
      choices: [
        {
          label: l10n.t("A curl command"),
          description: l10n.t("uploads a file from a terminal"),
          value: "curl",
        },
        {
          label: l10n.t("The link"),
          description: l10n.t("for a program that sends PUT requests"),
          value: "link",
        },
      ],
    },
  );
  if (form?.type !== "answer") return;
  const isCommand = form.value === "curl";
  const contentType = contentTypeOf(at.key) ?? "application/octet-stream";
  const link = await links.put({
    key: at.key,
    seconds,
    signal: never,
    // Whoever writes a program for the link cannot know what else it wants to be sent.
    ...(isCommand && { contentType }),
  });
  await env.clipboard.writeText(isCommand ? uploadCommand(link) : link.url);
  const [name, until] = [visible(nameOf(at.key)), untilText(new Date(), seconds)];
  const copied = isCommand
    ? l10n.t(
        "Replace FILE in the copied curl command by a file's path. Whoever has it can write “{0}” until {1}.",
        name,
        until,
      )
    : l10n.t(
        "Copied an upload link for PUT requests without a Content-Type; a browser cannot open it. Whoever has it can write “{0}” until {1}.",
        name,
        until,
      );
  say(copied, keyRemark(l10n.t, lifetime));
}

function say(...sentences: readonly string[]): void {
  void window.showInformationMessage(sentences.filter((one) => one !== "").join(" "));
}

async function linksAt({ browse }: ExtraRooms, at: Location): Promise<Links> {
  const { links } = (await browse.open(at)).extras;
  if (!links) throw new StorageError("unsupported", "it makes no links");
  return links;
}

async function shortest(places: readonly Links[]): Promise<LinkLifetime> {
  const all = await Promise.all(
    places.map(async (links) => await links.lifetime({ signal: never })),
  );
  return all.reduce((least, one) => (one.longestSeconds < least.longestSeconds ? one : least));
}

async function askSeconds(
  frame: Frame,
  why: string,
  lifetime: LinkLifetime,
): Promise<number | undefined> {
  const choices = linkTimes(l10n.t, lifetime, new Date()).map(({ seconds: value, ...words }) => ({
    ...words,
    value,
  }));
  // There is room for one sentence, and who has a temporary key has to know of that.
  const placeholder = keyRemark(l10n.t, lifetime) || why;
  const picked = await pickOne(frame, { placeholder, choices });
  const reply =
    picked?.type === "answer" && picked.value === 0
      ? await askOther(frame, lifetime.longestSeconds)
      : picked;
  return reply?.type === "answer" ? reply.value : undefined;
}

async function askOther(frame: Frame, longest: number): Promise<Reply<number>> {
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
