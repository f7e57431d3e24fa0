/** What a panel says. */
import { l10n } from "vscode";
import { isStorageError } from "../../storage/errors.ts";
import { explain, isCancel } from "../messages.ts";
import type { PanelWords, Status } from "./panelMessages.ts";

/** What is said of a load or a save that failed, and what is offered then. */
export function failure(error: unknown): Status {
  if (isCancel(error)) return plain("");
  if (isStorageError(error, "conflict"))
    return {
      kind: "bad",
      text: l10n.t(
        "It was changed by someone else since it was loaded, so nothing was saved. Reload to see it as it is now, with what you have typed.",
      ),
      offers: ["reload"],
    };
  if (isStorageError(error, "not-found") && error.details.reason === undefined)
    return {
      kind: "bad",
      text: l10n.t("It is no longer there: someone has deleted or moved it."),
      offers: ["reload", "close"],
    };
  const { text = "", buttons = [] } = explain(error, l10n.t) ?? {};
  const isAccess = buttons.some(({ remedy }) => remedy === "edit-connection");
  return {
    kind: "bad",
    text,
    offers: isAccess ? ["reload", "connection"] : ["reload"],
  };
}

/** Of a page whose connection is gone. */
export function orphaned(): Status {
  return {
    kind: "bad",
    text: l10n.t("The connection of this page was removed, so there is nothing to show."),
    offers: ["close"],
  };
}

/** What is said without anything being wrong. */
export function plain(text: string): Status {
  return { kind: "plain", text };
}

/** What stands on the page itself. */
export function words(): PanelWords {
  return {
    save: l10n.t("Save"),
    revert: l10n.t("Discard Changes"),
    load: l10n.t("Load"),
    reload: l10n.t("Reload"),
    connection: l10n.t("Edit Connection…"),
    close: l10n.t("Close"),
    name: l10n.t("Name"),
    value: l10n.t("Value"),
    add: l10n.t("Add"),
    remove: l10n.t("Remove"),
    copy: l10n.t("Copy"),
  };
}
