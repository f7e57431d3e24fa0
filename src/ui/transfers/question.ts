import { l10n, type QuickPickItem, QuickPickItemKind, window } from "vscode";
import { type Answer, numbered, type Question, type Side } from "../../app/transfers/policy.ts";
import { grouped, moment, size, visible } from "../words.ts";

interface Choice extends QuickPickItem {
  readonly answer?: Answer;
}

/**
 * Asks what becomes of a file that is there already, in the place of that name. Nothing if the
 * question is put aside.
 */
export async function askAboutExisting(
  question: Question,
  place: string,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const pick = window.createQuickPick<Choice>();
  pick.title = l10n.t("“{0}” is there already, in {1}", visible(question.name), place);
  pick.placeholder = l10n.t("What shall become of it? Escape pauses the transfer.");
  pick.items = choices(question);
  // A click elsewhere must not decide anything.
  pick.ignoreFocusOut = true;
  const hide = () => pick.hide();
  signal.addEventListener("abort", hide, { once: true });
  try {
    return await new Promise<Answer | undefined>((resolve) => {
      pick.onDidAccept(() => resolve(pick.selectedItems[0]?.answer));
      pick.onDidHide(() => resolve(undefined));
      if (signal.aborted) resolve(undefined);
      else pick.show();
    });
  } finally {
    signal.removeEventListener("abort", hide);
    pick.dispose();
  }
}

function choices({ name, source, there }: Question): readonly Choice[] {
  const separator = (label: string): Choice => ({ label, kind: QuickPickItemKind.Separator });
  const choice = (label: string, answer: Answer, detail?: string): Choice => ({
    label,
    answer,
    ...(detail !== undefined && { detail }),
  });
  return [
    separator(l10n.t("This file")),
    choice(
      l10n.t("Replace"),
      { choice: "replace", forAll: false },
      l10n.t("with {0}", described(source)),
    ),
    choice(
      l10n.t("Skip"),
      { choice: "skip", forAll: false },
      l10n.t("and leave {0}", described(there)),
    ),
    choice(
      l10n.t("Keep Both"),
      { choice: "rename", forAll: false },
      l10n.t("and number the new one, as in “{0}”", visible(numbered(name, 2))),
    ),
    separator(l10n.t("All files of this transfer that are there already")),
    choice(l10n.t("Replace All"), { choice: "replace", forAll: true }),
    choice(l10n.t("Replace All That Are Older"), { choice: "newer", forAll: true }),
    choice(l10n.t("Skip All"), { choice: "skip", forAll: true }),
    choice(l10n.t("Keep Both of All"), { choice: "rename", forAll: true }),
  ];
}

function described({ size: bytes, modified }: Side): string {
  const exact = bytes < 1000 ? "" : ` (${l10n.t("{0} bytes", grouped(bytes))})`;
  const sized = `${size(l10n.t, bytes)}${exact}`;
  return modified ? l10n.t("{0}, changed {1}", sized, moment(modified)) : sized;
}
