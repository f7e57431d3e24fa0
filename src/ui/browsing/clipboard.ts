/** Copy, cut and paste in the Connections view. */
import {
  type Disposable,
  EventEmitter,
  type FileDecoration,
  type FileDecorationProvider,
  l10n,
  ThemeColor,
  type Uri,
  window,
} from "vscode";
import type { Browse, Row } from "../../app/browsing/browse.ts";
import type { Connections } from "../../app/connections/connections.ts";
import type { RemoteSource } from "../../app/transfers/plan.ts";
import type { Transfers } from "../../app/transfers/transfers.ts";
import { plansFor } from "../../app/transfers/sources.ts";
import type { CommandTable } from "../commands.ts";
import { setOffer } from "../offers.ts";
import { uriOf } from "../remoteUri.ts";
import { chosenFrom, isStoredRow } from "../rows.ts";
import { changeable, placeToPut } from "../transfers/places.ts";
import { usualExisting } from "../transfers/settings.ts";
import { grouped, visible } from "../words.ts";

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

export interface ClipboardParts {
  readonly commands: Pick<CommandTable, "copy" | "cut" | "paste">;
  /** What was cut is drawn faint. */
  readonly decorations: Disposable;
}

export function startClipboard(rooms: ClipboardRooms): ClipboardParts {
  const { browse, connections, transfers, selected } = rooms;
  const chosen = chosenFrom(selected);
  const faded = new FadedRows();
  let held: Held | undefined;

  const hold = (kind: Held["kind"], given: readonly unknown[]) => {
    const rows = chosen(given);
    const movable =
      kind === "move" ? changeable(rows, connections) : rows.filter((row) => isStoredRow(row));
    if (movable.length === 0) return;
    held = { kind, sources: movable.map(({ at, name }) => ({ at, name })) };
    faded.show(kind === "move" ? held.sources : []);
    void setOffer("canPaste", true);
    const what =
      movable.length === 1
        ? `“${visible(movable[0]?.name ?? "")}”`
        : l10n.t("{0} items", grouped(movable.length));
    window.setStatusBarMessage(
      kind === "move"
        ? l10n.t("{0} will be moved to where you paste.", what)
        : l10n.t("{0} will be copied to where you paste.", what),
      4000,
    );
  };

  const commands: ClipboardParts["commands"] = {
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
      faded.show([]);
      void setOffer("canPaste", false);
    },
  };
  return { commands, decorations: window.registerFileDecorationProvider(faded) };
}

/** As the Explorer draws what was cut, until it is pasted. */
class FadedRows implements FileDecorationProvider {
  readonly #changed = new EventEmitter<Uri[]>();
  #uris: ReadonlyMap<string, Uri> = new Map();

  readonly onDidChangeFileDecorations = this.#changed.event;

  show(sources: readonly RemoteSource[]): void {
    const before = this.#uris;
    const uris = sources.map(({ at }) => uriOf(at));
    this.#uris = new Map(uris.map((uri) => [uri.toString(), uri]));
    this.#changed.fire([...before.values(), ...uris]);
  }

  provideFileDecoration(uri: Uri): FileDecoration | undefined {
    if (!this.#uris.has(uri.toString())) return undefined;
    return { color: new ThemeColor("disabledForeground"), tooltip: l10n.t("Cut") };
  }
}
