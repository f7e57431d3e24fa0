import { l10n, window } from "vscode";
import {
  bucketContents,
  emptyBucket,
  isEmpty,
  type BucketContents,
} from "../../app/buckets/contents.ts";
import type { ContainerRow } from "../../app/browsing/browse.ts";
import { never } from "../../base/abort.ts";
import { isStorageError } from "../../storage/errors.ts";
import type { VersionFailure } from "../../storage/extras.ts";
import type { ExtraRooms } from "../objects/extraRooms.ts";
import { explain, isCancel } from "../messages.ts";
import { askText } from "../steps.ts";
import { withProgress, type ShownProgress } from "../transfers/progress.ts";
import { grouped, size, things, visible } from "../words.ts";

/** "Delete Bucket…": says what is in it, and deletes that and the bucket once its name is typed. */
export async function deleteBucket(
  { browse, connections }: ExtraRooms,
  { at, name }: ContainerRow,
): Promise<void> {
  const storage = await browse.open(at);
  const contents = await withProgress(
    l10n.t("Looking into “{0}”", visible(name)),
    async (signal) => await bucketContents(storage, { signal }),
  );
  const agreed = isEmpty(contents) ? await confirmed(name) : await typed(name, contents);
  if (!agreed) return;
  const total = contents.versions.length + contents.uploads.length;
  let deleted = 0;
  try {
    const failures = await withProgress(
      l10n.t("Emptying “{0}”", visible(name)),
      async (signal, show) => {
        const onDeleted = (done: number) => {
          deleted = done;
          show(progressOf(done, contents.isMore ? undefined : total));
        };
        return await emptyBucket(storage, contents, { signal, onDeleted });
      },
    );
    if (failures.length > 0) {
      void window.showWarningMessage(leftText(name, failures));
      return;
    }
    await connections.deleteContainer(at.connection, name, never);
    window.setStatusBarMessage(
      `$(check) ${l10n.t("Deleted the bucket “{0}”", visible(name))}`,
      6000,
    );
  } catch (error) {
    const remark = remarkOn(error, name, deleted);
    if (remark === undefined) throw error;
    void window.showWarningMessage(remark);
  } finally {
    // Whatever came of it, some of it may be gone.
    browse.refresh({ connection: at.connection, key: "" });
    browse.refresh(at);
  }
}

/** What may not be deleted is named; of much, the first. */
function leftText(name: string, failures: readonly VersionFailure[]): string {
  const [first] = failures;
  const reason = explain(first?.error, l10n.t)?.text ?? "";
  return failures.length === 1
    ? l10n.t(
        "The bucket “{0}” stays: “{1}” could not be deleted. {2}",
        visible(name),
        visible(first?.key ?? ""),
        reason,
      )
    : l10n.t(
        "The bucket “{0}” stays: {1} of what is in it could not be deleted, such as “{2}”. {3}",
        visible(name),
        grouped(failures.length),
        visible(first?.key ?? ""),
        reason,
      );
}

function progressOf(done: number, total: number | undefined): ShownProgress {
  if (total === undefined) return { text: l10n.t("{0} deleted", grouped(done)) };
  return {
    fraction: done / total,
    text: l10n.t("{0} of {1}", grouped(done), grouped(total)),
  };
}

/** What became of the bucket, where that is no failure. */
function remarkOn(error: unknown, name: string, deleted: number): string | undefined {
  if (isCancel(error))
    return l10n.t(
      "Stopped: the bucket “{0}” stays, but {1} of what was in it is gone.",
      visible(name),
      grouped(deleted),
    );
  return isStorageError(error, "conflict")
    ? l10n.t(
        "Something came into “{0}” since its contents were counted, so the bucket stays. Look again before you delete it.",
        visible(name),
      )
    : undefined;
}

async function confirmed(name: string): Promise<boolean> {
  const act = l10n.t("Delete Bucket");
  const detail = l10n.t(
    "It is empty. Its settings go with it, and somebody else may take its name.",
  );
  const question = l10n.t("Delete the bucket “{0}”?", visible(name));
  return (await window.showWarningMessage(question, { modal: true, detail }, act)) === act;
}

async function typed(name: string, contents: BucketContents): Promise<boolean> {
  const reply = await askText(
    { title: l10n.t("Delete the Bucket {0} and All in It", visible(name)) },
    {
      prompt: l10n.t(
        "It holds {0}. All of it is deleted for good. Type the bucket's name to delete it.",
        contentsText(contents),
      ),
      placeholder: name,
      remark: (text) =>
        text === name
          ? undefined
          : {
              text: l10n.t("Type “{0}”, or press Escape to keep it.", visible(name)),
              severity: "error",
            },
    },
  );
  return reply?.type === "answer" && reply.value === name;
}

function contentsText({ objects, earlier, bytes, uploads, isMore }: BucketContents): string {
  const parts = [
    ...(objects > 0 ? [things(l10n.t, "object", objects)] : []),
    ...(earlier > 0
      ? [
          earlier === 1
            ? l10n.t("1 earlier version")
            : l10n.t("{0} earlier versions", grouped(earlier)),
        ]
      : []),
    ...(uploads.length > 0
      ? [
          uploads.length === 1
            ? l10n.t("1 unfinished upload")
            : l10n.t("{0} unfinished uploads", grouped(uploads.length)),
        ]
      : []),
  ];
  const counted = l10n.t("{0} ({1})", parts.join(", "), size(l10n.t, bytes));
  return isMore ? l10n.t("more than {0}, too much to be counted", counted) : counted;
}
