/** Asks before something large is loaded into an editor, whoever opens it. */
import { l10n, type Uri, window, workspace } from "vscode";
import { nameOf } from "../../app/location.ts";
import { largestBytes } from "../../app/files/remoteFiles.ts";
import { settings } from "../settings.ts";
import { size, visible } from "../words.ts";

export class LargeFiles {
  readonly #download: (uri: Uri) => unknown;
  /** Agreed to in this window. */
  readonly #agreed = new Set<string>();
  readonly #asking = new Map<string, Promise<boolean>>();

  /** `download` is offered in place of opening. */
  constructor(download: (uri: Uri) => unknown) {
    this.#download = download;
  }

  /** Whether a file of so many bytes may be loaded. Asks once at a time for each. */
  async mayOpen(uri: Uri, bytes: number): Promise<boolean> {
    const declared = settings["browse.askAboveMegabytes"].default;
    const limit = workspace.getConfiguration("offsite").get("browse.askAboveMegabytes", declared);
    const id = uri.toString();
    const isAgreed = bytes <= limit * 1_000_000 || this.#agreed.has(id);
    if (isAgreed && bytes <= largestBytes) return true;
    const asking = this.#asking.get(id) ?? this.#ask(uri, bytes);
    this.#asking.set(id, asking);
    try {
      const agreed = await asking;
      if (agreed) this.#agreed.add(id);
      return agreed;
    } finally {
      this.#asking.delete(id);
    }
  }

  async #ask(uri: Uri, bytes: number): Promise<boolean> {
    const open = l10n.t("Open");
    const download = l10n.t("Download…");
    const [name, much] = [visible(nameOf(uri.path)), size(l10n.t, bytes)];
    const isTooMuch = bytes > largestBytes;
    const answer = await window.showWarningMessage(
      isTooMuch
        ? l10n.t("“{0}” has {1}, which is too much for an editor.", name, much)
        : l10n.t("“{0}” has {1}. Open it in an editor?", name, much),
      {
        modal: true,
        ...(!isTooMuch && { detail: l10n.t("All of it has to be loaded into memory first.") }),
      },
      ...(isTooMuch ? [download] : [open, download]),
    );
    if (answer === download) void this.#download(uri);
    return answer === open;
  }
}
