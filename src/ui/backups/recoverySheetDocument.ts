/**
 * Shows a recovery sheet in an editor that exists in memory only: an untitled document would be
 * kept on disk by VS Code's hot exit, and the passphrase with it.
 */
import { type Disposable, EventEmitter, l10n, Uri, window, workspace } from "vscode";
import { utf8 } from "../../base/bytes.ts";
import type { Connection } from "../../app/connections/connection.ts";
import type { RepositoryPlace } from "../../app/backups/place.ts";
import type { KnownRepository } from "../../app/backups/repositories.ts";
import type { Answers, Provider } from "../../storage/provider.ts";
import { type BackupRoom, placeName } from "./backupRoom.ts";
import { recoverySheet } from "./recoverySheet.ts";
import { kindIn } from "../connections/providerWords.ts";

const scheme = "offsite-recovery";

export class RecoverySheets implements Disposable {
  readonly #room: BackupRoom;
  /** By URI; emptied when the editor closes. */
  readonly #texts = new Map<string, string>();
  readonly #changed = new EventEmitter<Uri>();
  readonly #registered: readonly Disposable[];

  constructor(room: BackupRoom) {
    this.#room = room;
    this.#registered = [
      workspace.registerTextDocumentContentProvider(scheme, {
        onDidChange: this.#changed.event,
        // After a restart the text is gone on purpose: it takes a command to show it again.
        provideTextDocumentContent: (uri) =>
          this.#texts.get(uri.toString()) ??
          l10n.t(
            "The recovery sheet was closed. Run “Offsite: Show Recovery Sheet” to see it again.",
          ),
      }),
      workspace.onDidCloseTextDocument(({ uri }) => this.#texts.delete(uri.toString())),
    ];
  }

  dispose(): void {
    for (const one of this.#registered) one.dispose();
    this.#changed.dispose();
    this.#texts.clear();
  }

  /** Opens the sheet and offers to save it. Says so if the passphrase is not known here. */
  async show(known: KnownRepository): Promise<void> {
    const { repositories } = this.#room;
    const passphrase = await repositories.passphrase(known.id);
    if (passphrase === undefined) {
      void window.showInformationMessage(
        l10n.t("The passphrase of this repository is not known on this computer."),
      );
      return;
    }
    const text = recoverySheet(
      {
        ...this.#location(known),
        repositoryId: known.id,
        passphrase,
      },
      l10n.t,
    );
    const uri = Uri.from({
      scheme,
      path: `/${l10n.t("Offsite recovery sheet")}.txt`,
      query: known.id,
    });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    await window.showTextDocument(await workspace.openTextDocument(uri), { preview: false });
    void this.#offerToSave(text);
  }

  #location({ place }: KnownRepository) {
    const { connections } = this.#room;
    const connection = connections.get(place.connection);
    const provider = connection && connections.provider(connection);
    const address = connection && provider?.place(connection.answers, connection.preset);
    const restic =
      connection &&
      provider &&
      provider.restic?.(answersAt(connection, provider, place), place.folder, connection.preset);
    return {
      ...(restic && { restic }),
      location: placeName(this.#room, place),
      storage: [connection && kindIn(l10n.t, provider, connection), address]
        .filter(Boolean)
        .join(", "),
    };
  }

  async #offerToSave(text: string): Promise<void> {
    const save = l10n.t("Save As…");
    const chosen = await window.showInformationMessage(
      l10n.t(
        "Save or print the recovery sheet now. Without the passphrase nobody, we included, can read the backups.",
      ),
      save,
    );
    if (chosen !== save) return;
    const target = await window.showSaveDialog({
      title: l10n.t("Save the recovery sheet outside of what is backed up"),
      filters: { [l10n.t("Text")]: ["txt"] },
    });
    if (target) await workspace.fs.writeFile(target, utf8(text));
  }
}

/** The answers with the bucket filled in that the place names. */
function answersAt(
  connection: Connection,
  provider: Provider,
  { container }: RepositoryPlace,
): Answers {
  const field = container === undefined ? undefined : provider.container;
  return field === undefined ? connection.answers : { ...connection.answers, [field]: container };
}
