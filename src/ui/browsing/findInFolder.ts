/** A search through everything below a folder, shown in a list that fills while it goes on. */
import {
  type Disposable,
  l10n,
  type QuickPickItem,
  QuickPickItemKind,
  ThemeIcon,
  window,
} from "vscode";
import type { Browse } from "../../app/browsing/browse.ts";
import type { Location } from "../../app/location.ts";
import { find, type Found } from "../../app/browsing/search.ts";
import type { Entry } from "../../storage/objects.ts";
import type { Storage } from "../../storage/storage.ts";
import { explain } from "../messages.ts";
import { askText, redraw } from "../steps.ts";
import { grouped, size, visible } from "../words.ts";

/** Objects looked at before the search asks whether to go on: a hundred requests or so. */
const lookAtOnce = 100_000;
/** More than this nobody reads. */
const showAtMost = 1000;

interface Result extends QuickPickItem {
  readonly entry?: Entry;
  /** Looks on from where the search stopped. */
  readonly isMore?: true;
}

/** Asks what to look for below a place of that name; gives what is chosen of what was found. */
export async function findInFolder(
  browse: Browse,
  at: Location,
  name: string,
): Promise<Entry | undefined> {
  const reply = await askText(
    { title: l10n.t("Find in {0}", name) },
    {
      prompt: l10n.t("Part of a name or path, or a pattern such as *.jpg. Case does not count."),
      remark: (text) =>
        text.trim() === ""
          ? { text: l10n.t("Enter what to look for."), severity: "error" }
          : undefined,
    },
  );
  if (reply?.type !== "answer") return undefined;
  const text = reply.value.trim();
  const title = l10n.t("“{0}” in {1}", text, name);
  return await chooseFound(await browse.open(at), at.key, text, title);
}

async function chooseFound(
  storage: Storage,
  prefix: string,
  text: string,
  title: string,
): Promise<Entry | undefined> {
  const stop = new AbortController();
  const list = window.createQuickPick<Result>();
  Object.assign(list, {
    title,
    matchOnDescription: true,
    ignoreFocusOut: true,
    busy: true,
  });
  const steps = find(storage, prefix, text, stop.signal);
  const found: Result[] = [];
  let looked = 0;

  const look = async (): Promise<void> => {
    list.busy = true;
    const begunAt = looked;
    for (;;) {
      const step = await steps.next();
      if (stop.signal.aborted) return;
      if (step.done) return tellEnd();
      add(step.value);
      if (found.length >= showAtMost) return tellEnough();
      if (step.value.objects - begunAt >= lookAtOnce) return tellMore(step.value);
    }
  };
  const add = ({ found: entries, objects }: Found) => {
    found.push(...entries.map((entry) => resultOf(entry, prefix)));
    list.placeholder = l10n.t(
      "{0} found, {1} objects looked at…",
      grouped(found.length),
      grouped(objects),
    );
    if (entries.length > 0) redraw(list, found);
    looked = objects;
  };
  const end = (placeholder: string, last: readonly Result[] = []) => {
    Object.assign(list, { busy: false, placeholder });
    redraw(list, [...found.slice(0, showAtMost), ...last]);
  };
  const tellEnd = () =>
    end(
      found.length === 0
        ? l10n.t("Nothing found in {0} objects.", grouped(looked))
        : l10n.t("{0} found in {1} objects, which is all.", grouped(found.length), grouped(looked)),
    );
  const tellEnough = () =>
    end(
      l10n.t(
        "The first {0}, after {1} objects. Look for something narrower to see others.",
        grouped(showAtMost),
        grouped(looked),
      ),
    );
  const tellMore = ({ lastKey }: Found) =>
    end(l10n.t("{0} found, {1} objects looked at.", grouped(found.length), grouped(looked)), [
      { label: "", kind: QuickPickItemKind.Separator },
      {
        label: l10n.t("Look Further"),
        iconPath: new ThemeIcon("search"),
        detail: l10n.t("Looked as far as {0}", visible(lastKey)),
        alwaysShow: true,
        isMore: true,
      },
    ]);

  const subscriptions: Disposable[] = [list];
  try {
    return await new Promise<Entry | undefined>((resolve, reject) => {
      const go = () => {
        look().catch((error: unknown) => {
          if (stop.signal.aborted) return;
          // What was found is of use all the same.
          const message = explain(error, l10n.t)?.text;
          if (found.length === 0 || message === undefined) reject(error);
          else
            end(l10n.t("{0} found, then the search failed: {1}", grouped(found.length), message));
        });
      };
      subscriptions.push(
        list.onDidHide(() => resolve(undefined)),
        list.onDidAccept(() => {
          const [result] = list.selectedItems;
          if (result?.isMore) go();
          else if (result?.entry) resolve(result.entry);
        }),
      );
      list.show();
      go();
    });
  } finally {
    stop.abort();
    for (const subscription of subscriptions) subscription.dispose();
  }
}

function resultOf(entry: Entry, prefix: string): Result {
  const path = entry.key.slice(prefix.length).replace(/\/$/, "");
  const slash = path.lastIndexOf("/");
  const notes = [
    ...(slash < 0 ? [] : [visible(path.slice(0, slash))]),
    ...(entry.type === "object" ? [size(l10n.t, entry.size)] : []),
  ];
  return {
    label: visible(path.slice(slash + 1)),
    description: notes.join(" · "),
    iconPath: entry.type === "folder" ? ThemeIcon.Folder : ThemeIcon.File,
    entry,
  };
}
