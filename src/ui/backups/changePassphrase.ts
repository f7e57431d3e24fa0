/** "Change Passphrase…": the one it has now, the new one, and what is to be known afterwards. */
import { commands, l10n, ProgressLocation, window } from "vscode";
import type { Changed, KnownRepository, Opened } from "../../app/backups/repositories.ts";
import { RepositoryError } from "../../engine/errors.ts";
import type { Repository } from "../../engine/repository/repository.ts";
import { type BackupRoom, placeName } from "./backupRoom.ts";
import { askAndOpen, newPassphrase, tellIfForgetful } from "./passphraseSteps.ts";
import { answer, runSteps, type Step } from "../steps.ts";

interface Draft {
  /** With the passphrase that was typed: that is the one to be replaced. */
  readonly opened?: Opened;
  readonly passphrase?: string;
}

/** Nothing is written before the last question is answered. */
export async function changePassphrase(
  room: BackupRoom,
  { place }: KnownRepository,
): Promise<void> {
  if (room.connections.get(place.connection)?.readOnly)
    throw new RepositoryError("read-only", "the connection is marked read-only");
  const name = placeName(room, place);
  const steps: readonly Step<Draft>[] = [
    {
      // Also where it is remembered: who merely sits at this computer shall not lock its owner out.
      ask: async (draft, frame) => {
        const prompt = l10n.t("The present passphrase of {0}, as on its recovery sheet", name);
        const reply = await askAndOpen(room, place, frame, prompt);
        return reply?.type === "answer" ? answer({ ...draft, opened: reply.value }) : reply;
      },
    },
    {
      ask: async (draft, frame) => {
        const reply = await newPassphrase(frame, l10n.t("The new passphrase of {0}", name));
        return reply?.type === "answer" ? answer({ ...draft, passphrase: reply.value }) : reply;
      },
    },
  ];
  const draft = await runSteps(l10n.t("Change Passphrase"), steps, {});
  if (!draft?.opened || draft.passphrase === undefined) return;
  const { repository } = draft.opened;
  const changed = await withTitle(
    l10n.t("Changing the passphrase"),
    room.repositories.changePassphrase(repository, draft.passphrase),
  );
  tellIfForgetful(changed);
  // The old sheet opens nothing any more.
  await commands.executeCommand("offsite.showRecoverySheet", repository.id);
  if (changed.left) tellWhatIsLeft(room, repository, changed.left, name);
  else tellDone();
}

/** Both passphrases open the repository: safe, but not what was wanted. */
function tellWhatIsLeft(
  room: BackupRoom,
  repository: Repository,
  { key, error }: NonNullable<Changed["left"]>,
  name: string,
): void {
  const retry = async () => {
    try {
      const removing = room.repositories.removeKey(repository, key);
      await withTitle(l10n.t("Removing the old passphrase"), removing);
      tellDone();
    } catch (again) {
      tell(again);
    }
  };
  const aftermath = l10n.t("{0} opens with the new passphrase, and still with the old one.", name);
  const tell = (why: unknown) => room.reporter.report(why, { retry }, aftermath);
  tell(error);
}

function tellDone(): void {
  void window.showInformationMessage(
    l10n.t(
      "The passphrase is changed. Other computers will ask for it. A copy made of the repository before still opens with the old one.",
    ),
  );
}

async function withTitle<T>(title: string, work: Promise<T>): Promise<T> {
  return await window.withProgress(
    { location: ProgressLocation.Notification, title },
    async () => await work,
  );
}
