/** Asks for passphrases: a new one made or typed, an existing one tried at once. */
import { env, l10n, QuickPickItemKind, ThemeIcon, window } from "vscode";
import { generatePassphrase, strength, type Strength } from "../../app/backups/passphrase.ts";
import type { RepositoryPlace } from "../../app/backups/place.ts";
import type { Opened } from "../../app/backups/repositories.ts";
import { isRepositoryError } from "../../engine/errors.ts";
import { type BackupRoom, placeName } from "./backupRoom.ts";
import { explain } from "../messages.ts";
import { answer, askText, type Frame, pickOne, type Remark, type Reply } from "../steps.ts";

/** A new passphrase, which `prompt` names: generated and shown, or typed twice. */
export async function newPassphrase(frame: Frame, prompt: string): Promise<Reply<string>> {
  for (;;) {
    const way = await pickOne<"generate" | "type">(frame, {
      placeholder: l10n.t("What shall open the repository?"),
      choices: [
        {
          label: `$(sparkle) ${l10n.t("Generate one for me")}`,
          description: l10n.t("recommended"),
          detail: l10n.t(
            "Eight made-up words with 128 random bits. Kept in this computer's secret store.",
          ),
          value: "generate",
        },
        {
          label: `$(edit) ${l10n.t("Type my own…")}`,
          detail: l10n.t("A sentence you can remember is better than a short riddle."),
          value: "type",
        },
      ],
    });
    if (way?.type !== "answer") return way;
    const inner = { ...frame, canGoBack: true };
    const chosen =
      way.value === "generate" ? await generated(inner) : await typedTwice(inner, prompt);
    if (chosen?.type !== "back") return chosen;
  }
}

/**
 * Opens the repository at `place`, asking for the passphrase until one fits. Undefined if called
 * off; other failures reject.
 */
export async function openAsking(
  room: BackupRoom,
  place: RepositoryPlace,
  frame: Frame,
  signal?: AbortSignal,
): Promise<Reply<Opened>> {
  try {
    return answer(await room.repositories.open(place, undefined, signal));
  } catch (error) {
    if (!isRepositoryError(error, "wrong-passphrase")) throw error;
  }
  return await askAndOpen(room, place, frame);
}

/** As `openAsking`, without trying what is remembered. */
export async function askAndOpen(
  room: BackupRoom,
  place: RepositoryPlace,
  frame: Frame,
  prompt = l10n.t("The passphrase of the repository {0}", placeName(room, place)),
): Promise<Reply<Opened>> {
  let opened: Opened | undefined;
  const reply = await askText(frame, {
    prompt,
    secret: true,
    remark: (typed) =>
      typed === ""
        ? { text: l10n.t("Enter the passphrase."), severity: "error" as const }
        : undefined,
    refuse: async (typed, trying) => {
      try {
        opened = await room.repositories.open(place, typed, trying);
        return undefined;
      } catch (error) {
        if (!isRepositoryError(error, "wrong-passphrase")) throw error;
        return explain(error, l10n.t)?.text;
      }
    },
  });
  if (reply?.type !== "answer") return reply;
  if (!opened) return undefined;
  tellIfForgetful(opened);
  if (opened.copyOf) tellOfCopy(placeName(room, opened.copyOf));
  return answer(opened);
}

/** Where the secret store failed the passphrase is asked for again in the next session: say so once. */
export function tellIfForgetful({ remembered }: Opened): void {
  if (remembered) return;
  void window.showWarningMessage(
    l10n.t(
      "The secret store of this computer does not work, so the passphrase is remembered only until the window closes. On Linux, a keyring such as gnome-keyring is needed.",
    ),
  );
}

function tellOfCopy(original: string): void {
  void window.showWarningMessage(
    l10n.t(
      "This is a copy of {0}, which has another passphrase. That one stays remembered; this one is asked for again when the window opens anew. Take the other off the list in Backups if it is no longer used.",
      original,
    ),
  );
}

async function generated(frame: Frame): Promise<Reply<string>> {
  const passphrase = generatePassphrase();
  const copy = { iconPath: new ThemeIcon("copy"), tooltip: l10n.t("Copy") };
  return await pickOne<string>(frame, {
    placeholder: l10n.t("This is the passphrase. The recovery sheet will have it too."),
    choices: [
      {
        label: `$(key) ${passphrase}`,
        detail: l10n.t("Enter takes it and goes on."),
        alwaysShow: true,
        buttons: [copy],
        value: passphrase,
      },
      {
        label: l10n.t("Without it nobody, we included, can read the backups."),
        kind: QuickPickItemKind.Separator,
      },
    ],
    onButton: () => void env.clipboard.writeText(passphrase),
  });
}

/** A new passphrase, judged while it is typed, and then typed again. */
export async function typedTwice(frame: Frame, prompt: string): Promise<Reply<string>> {
  for (;;) {
    const first = await askText(frame, {
      prompt,
      secret: true,
      remark: (typed) => judged(strength(typed)),
    });
    if (first?.type !== "answer") return first;
    const second = await askText(frame, {
      prompt: l10n.t("The same passphrase again"),
      secret: true,
      remark: (typed) =>
        first.value.startsWith(typed) && typed !== ""
          ? undefined
          : { text: l10n.t("This differs from what was typed first."), severity: "error" as const },
      refuse: async (typed) =>
        typed === first.value ? undefined : l10n.t("This differs from what was typed first."),
    });
    if (second?.type !== "back") return second;
  }
}

/** A weak passphrase is the owner's own choice, but never an unnoticed one. */
function judged({ level, bits, weakness }: Strength): Remark {
  switch (weakness) {
    case "empty":
      return { text: l10n.t("Enter a passphrase."), severity: "error" };
    case "common":
      return {
        text: l10n.t("Weak: this is among the first that anyone would guess."),
        severity: "warning",
      };
    case "repeated":
    case "sequence":
      return { text: l10n.t("Weak: it repeats itself."), severity: "warning" };
    case "short":
      return { text: l10n.t("Weak: add more words."), severity: "warning" };
    case undefined:
  }
  const text =
    level === "strong"
      ? l10n.t("Strong, about {0} bits.", bits)
      : l10n.t("Fair, about {0} bits. One more word makes it strong.", bits);
  return { text, severity: "info" };
}
