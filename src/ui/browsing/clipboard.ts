/** Copy, cut and paste in the Connections view. */
import { l10n, window } from "vscode";
import type { Browse, Row } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import type { RemoteSource } from "../../app/transfers/plan.ts";
import type { Transfers } from "../../app/transfers/transfers.ts";
import { plansFor } from "../../app/transfers/sources.ts";
import type { CommandTable } from "../commands.ts";
import { setOffer } from "../offers.ts";
import { chosenFrom, isStoredRow } from "../rows.ts";
import { changeable, placeToPut } from "../transfers/places.ts";
import { usualExisting } from "../transfers/settings.ts";
import { grouped } from "../words.ts";

interface ClipboardRooms {
  readonly browse: Browse;
  readonly connections: Connections;
  readonly transfers: Transfers;
  /** The rows the keyboard works on. */
  readonly selected: () => readonly Row[];
}

/** What was picked up. It is of this window: other programs could do nothing with it. */
interface Held {
  readonly sources: readonly RemoteSource[];
  readonly kind: "copy" | "move";
}

export function clipboardCommands(
  rooms: ClipboardRooms,
): Pick<CommandTable, "copy" | "cut" | "paste"> {
  const { browse, connections, transfers, selected } = rooms;
  const chosen = chosenFrom(selected);
  let held: Held | undefined;

  const hold = (kind: Held["kind"], given: readonly unknown[]) => {
    const rows = chosen(given);
    const movable =
      kind === "move" ? changeable(rows, connections) : rows.filter((row) => isStoredRow(row));
    if (movable.length === 0) return;
    held = { kind, sources: movable.map(({ at, name }) => ({ at, name })) };
    void setOffer("canPaste", true);
    const what =
      movable.length === 1
        ? `“${movable[0]?.name ?? ""}”`
        : l10n.t("{0} items", grouped(movable.length));
    window.setStatusBarMessage(
      kind === "move"
        ? l10n.t("{0} will be moved to where you paste.", what)
        : l10n.t("{0} will be copied to where you paste.", what),
      4000,
    );
  };

  return {
    copy: (...given) => hold("copy", given),
    cut: (...given) => hold("move", given),
    paste: async (...given) => {
      if (!held) return;
      const [row] = chosen(given);
      const place = placeToPut(row, connections);
      if (!place) return;
      const { sources, kind } = held;
      const plans = await plansFor(kind, sources, place, {
        open: async (at) => await browse.open(at),
        existing: usualExisting(),
      });
      for (const plan of plans) transfers.add(plan);
      if (kind === "copy") return;
      // What was cut is pasted once.
      held = undefined;
      void setOffer("canPaste", false);
    },
  };
}
