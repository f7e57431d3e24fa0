import { l10n, window } from "vscode";
import { requestAll, type Wish } from "../../app/objects/archive.ts";
import type { ObjectRow } from "../../app/browsing/browse.ts";
import type { ExtraRooms } from "./extraRooms.ts";
import { notRequestedText } from "../failedText.ts";
import { answer, askText, pickOne, runSteps, type Step } from "../steps.ts";
import { withProgress } from "../transfers/progress.ts";
import { grouped, visible } from "../words.ts";

/** S3 keeps the readable copy so long at most. */
const mostDays = 30_000;

/** "Request from Archive…": asks the storage for a readable copy. */
export function archiveCommands({ browse, chosen }: ExtraRooms) {
  return {
    requestFromArchive: async (...given: readonly unknown[]) => {
      const rows = chosen(given)
        .filter((row) => row.type === "object")
        .filter(({ info }) => info.archived === true);
      await requestFromArchive(browse, rows);
    },
  };
}

type Archived = Pick<ObjectRow, "at" | "name">;

/** Asks how soon and for how long, and then for these. Does nothing if no answer is given. */
export async function requestFromArchive(
  browse: ExtraRooms["browse"],
  objects: readonly Archived[],
): Promise<void> {
  const [first] = objects;
  const wish = first && (await askWish(objects));
  if (!wish) return;
  const opened = objects.map(async ({ at }) => ({ storage: await browse.open(at), key: at.key }));
  const wanted = await Promise.all(opened);
  const refused = await withProgress(
    l10n.t("Requesting from the archive"),
    async (signal, show) => {
      let requested = 0;
      const onRequested = (count: number) => {
        requested += count;
        const text = l10n.t("{0} of {1}", grouped(requested), grouped(wanted.length));
        show({ fraction: requested / wanted.length, text });
      };
      return await requestAll(wanted, wish, { signal, onRequested });
    },
  );
  if (refused.length > 0) {
    void window.showErrorMessage(notRequestedText(l10n.t, refused));
    return;
  }
  void window.showInformationMessage(
    objects.length === 1
      ? l10n.t("Requested “{0}”. Its properties tell when it can be read.", visible(first.name))
      : l10n.t(
          "Requested {0} objects. Their properties tell when they can be read.",
          objects.length,
        ),
  );
}

async function askWish(objects: readonly Archived[]): Promise<Wish | undefined> {
  const [first, ...others] = objects;
  const title =
    others.length === 0
      ? l10n.t("Request “{0}” from the Archive", visible(first?.name ?? ""))
      : l10n.t("Request {0} Objects from the Archive", objects.length);
  return await runSteps(title, [askTier, askDays], { days: 7, tier: "standard" });
}

const askTier: Step<Wish> = {
  ask: async (wish, frame) => {
    const reply = await pickOne<Wish["tier"]>(frame, {
      placeholder: l10n.t("How soon is it needed? Sooner costs more."),
      choices: [
        {
          label: l10n.t("Standard"),
          description: l10n.t("3 to 5 hours; from a deep archive 12"),
          value: "standard",
        },
        {
          label: l10n.t("Bulk"),
          description: l10n.t("5 to 12 hours, the cheapest; from a deep archive 48"),
          value: "bulk",
        },
        {
          label: l10n.t("Fast"),
          description: l10n.t("1 to 5 minutes, the dearest; not from a deep archive"),
          value: "fast",
        },
      ],
    });
    return reply?.type === "answer" ? answer({ ...wish, tier: reply.value }) : reply;
  },
};

const askDays: Step<Wish> = {
  ask: async (wish, frame) => {
    const reply = await askText(frame, {
      prompt: l10n.t(
        "For how many days shall it be readable? The copy is billed as long; the archive keeps its own.",
      ),
      value: String(wish.days),
      remark: (text) =>
        /^[1-9]\d*$/.test(text.trim()) && Number(text) <= mostDays
          ? undefined
          : { text: l10n.t("Enter a whole number of days."), severity: "error" },
    });
    return reply?.type === "answer" ? answer({ ...wish, days: Number(reply.value) }) : reply;
  },
};
