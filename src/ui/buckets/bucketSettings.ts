import { l10n } from "vscode";
import { readRules, saveRules } from "../../app/buckets/rules.ts";
import type { Location } from "../../app/location.ts";
import {
  afterAct,
  bucketContent,
  bucketDraft,
  bucketProblems,
  bucketRules,
} from "./bucketSettingsContent.ts";
import type { ExtraRooms } from "../objects/extraRooms.ts";
import type { Loaded, PanelSource } from "../panels/panel.ts";

/** "Bucket Settings": versions, websites and lifecycle of one bucket, as a panel. */
export function bucketSettings(
  { browse, connections }: Pick<ExtraRooms, "browse" | "connections">,
  at: Location,
): PanelSource {
  const connection = connections.get(at.connection);
  const bucket = at.container ?? connection?.name ?? "";
  return {
    title: l10n.t("{0}: Settings", bucket),
    load: async (signal): Promise<Loaded> => {
      const storage = await browse.open(at);
      const rules = await readRules(storage, { signal });
      const isReadOnly = connections.get(at.connection)?.readOnly === true;
      return {
        draft: bucketDraft(rules),
        render: bucketContent({ bucket, rules, isReadOnly, t: l10n.t }),
        problems: (draft) => bucketProblems(rules, draft, l10n.t),
        act: async (button, draft) => afterAct(button, draft),
        save: async (draft, saving) =>
          await saveRules(storage, rules, bucketRules(rules, draft), { signal: saving }),
      };
    },
  };
}
