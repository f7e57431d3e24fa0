import { l10n, ViewColumn, window, workspace } from "vscode";
import type { PlaceRow } from "../../app/browsing/browse.ts";
import { permissionsFor, type Permissions } from "../../app/buckets/policy.ts";
import type { PolicyPurpose } from "../../app/buckets/policyRequest.ts";
import type { ExtraRooms } from "../objects/extraRooms.ts";
import { isPlaceRow } from "../rows.ts";
import { pickOne } from "../steps.ts";
import { inert } from "../words.ts";

/** "Create Access Policy…": the least a key has to be allowed for a bucket or folder. */
export function policyCommands(rooms: ExtraRooms) {
  return {
    createAccessPolicy: async (...given: readonly unknown[]) => {
      const row = rooms.chosen(given).find(isPlaceRow);
      if (row) await createAccessPolicy(rooms, row);
    },
  };
}

async function createAccessPolicy({ connections }: ExtraRooms, { at }: PlaceRow): Promise<void> {
  const connection = connections.get(at.connection);
  const provider = connection && connections.provider(connection);
  if (!connection || !provider?.container) return;
  const bucket = at.container ?? connection.answers[provider.container];
  const { region } = connection.answers;
  if (typeof bucket !== "string") return;
  const prefix = provider.rootOf(connection.answers) + at.key;
  const purpose = await askPurpose(prefix === "" ? bucket : `${bucket}/${prefix}`);
  if (!purpose) return;
  const permissions = permissionsFor(
    {
      preset: connection.preset,
      bucket,
      prefix,
      purpose,
      ...(typeof region === "string" && { region }),
    },
    l10n.t,
  );
  await show(permissions, l10n.t("Access to {0}", bucket));
}

async function askPurpose(place: string): Promise<PolicyPurpose | undefined> {
  const reply = await pickOne<PolicyPurpose>(
    { title: l10n.t("Access Policy for {0}", place) },
    {
      placeholder: l10n.t("What shall a key be able to do there, and nothing else?"),
      choices: [
        { label: l10n.t("Read"), detail: l10n.t("List and download."), value: "read" },
        {
          label: l10n.t("Back up, append only"),
          detail: l10n.t("Add and read backups; whoever steals the key cannot delete one."),
          value: "append-only",
        },
        {
          label: l10n.t("Full"),
          detail: l10n.t("Read, write and delete what is in it, but not the bucket itself."),
          value: "full",
        },
      ],
    },
  );
  return reply?.type === "answer" ? reply.value : undefined;
}

/** The document in an editor, with where to paste it; where there is no document, the steps. */
async function show(permissions: Permissions, title: string): Promise<void> {
  const { policy, isCommand = false, steps } = permissions;
  if (policy === undefined) {
    await showSteps(permissions, title, ViewColumn.Active);
    return;
  }
  const document = await workspace.openTextDocument({
    language: isCommand ? "shellscript" : "json",
    content: policy,
  });
  await window.showTextDocument(document, { preview: false });
  const all = l10n.t("All Steps");
  // Where to paste it is told by the first step or by the second.
  const answer = await window.showInformationMessage(inert(steps.slice(0, 2).join(" ")), all);
  if (answer === all) await showSteps(permissions, title, ViewColumn.Beside);
}

async function showSteps(
  { steps, limits }: Permissions,
  title: string,
  column: ViewColumn,
): Promise<void> {
  const content = [
    `# ${title}`,
    "",
    ...steps.map((step, index) => `${index + 1}. ${step}`),
    ...(limits.length > 0 ? ["", `## ${l10n.t("What to know")}`, ""] : []),
    ...limits.map((limit) => `- ${limit}`),
    "",
  ].join("\n");
  const document = await workspace.openTextDocument({ language: "markdown", content });
  await window.showTextDocument(document, { viewColumn: column, preview: false });
}
