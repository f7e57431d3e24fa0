/** The Delete key in the Transfers view. */
import { l10n, window } from "vscode";
import { isOver, type Transfer } from "../../app/transfers/state.ts";
import type { Transfers } from "../../app/transfers/transfers.ts";
import { grouped } from "../words.ts";
import type { TransferRow, TransfersView } from "./view.ts";
import { transferName } from "./words.ts";

/**
 * Takes what is over from the list, and cancels what is not once somebody has agreed to it. The row
 * that comes next has the focus then.
 */
export async function removeTransfers(
  transfers: Transfers,
  view: TransfersView,
  rows: readonly TransferRow[],
): Promise<void> {
  const ids = new Set(rows.filter(({ type }) => type === "transfer").map(({ id }) => id));
  const chosen = transfers.state.transfers.filter(({ id }) => ids.has(id));
  // What another window is at can be cancelled there.
  const underWay = chosen.filter(({ status, isElsewhere }) => !isOver(status) && !isElsewhere);
  if (underWay.length > 0 && !(await agreed(underWay))) return;
  await Promise.all(underWay.map(async ({ id }) => await transfers.cancel(id)));
  const over = new Set(chosen.filter(({ status }) => isOver(status)).map(({ id }) => id));
  if (over.size === 0) return;
  const next = beside(transfers.state.transfers, over);
  await transfers.clear([...over]);
  if (next) await view.focus(next.id);
}

async function agreed(underWay: readonly Transfer[]): Promise<boolean> {
  const [first, ...others] = underWay;
  if (!first) return false;
  const question =
    others.length === 0
      ? l10n.t("Cancel the transfer of “{0}”?", transferName(first, l10n.t))
      : l10n.t("Cancel {0} transfers?", grouped(underWay.length));
  const detail = l10n.t("What has arrived stays. What is half done is removed.");
  const cancel = { title: l10n.t("Cancel Transfer") };
  const goOn = { title: l10n.t("Go On"), isCloseAffordance: true };
  const answer = await window.showWarningMessage(question, { modal: true, detail }, cancel, goOn);
  return answer === cancel;
}

/** The one below those that go, or else above; the newest is at the top. */
function beside(all: readonly Transfer[], going: ReadonlySet<string>): Transfer | undefined {
  const last = all.findIndex(({ id }) => going.has(id));
  const stays = ({ id }: Transfer) => !going.has(id);
  return all.slice(0, last).findLast(stays) ?? all.slice(last).find(stays);
}
