import { l10n, window } from "vscode";
import { bucketNameProblem, type BucketNameProblem } from "../../app/buckets/name.ts";
import type { ConnectionRow } from "../../app/browsing/browse.ts";
import { isStorageError } from "../../storage/errors.ts";
import type { ExtraRooms } from "../objects/extraRooms.ts";
import { explain } from "../messages.ts";
import { answer, askText, pickOne, runSteps, type Step } from "../steps.ts";

interface Draft {
  readonly name: string;
  /** Where the service keeps it; absent where the connection says so, or nobody has to. */
  readonly region?: string;
}

/** "New Bucket…": asks for a name and, where there is a choice, a region. */
export async function newBucket(rooms: ExtraRooms, row: ConnectionRow): Promise<void> {
  const { connections, browse } = rooms;
  const { connection } = row;
  const create = async (wanted: Draft, signal: AbortSignal) =>
    await connections.createContainer(connection.id, wanted, signal);
  const regions = regionsOf(rooms, row);
  const steps = [
    ...(regions.length > 1 ? [askRegion(regions)] : []),
    askName(async (draft, signal) => {
      try {
        await create(draft, signal);
        return undefined;
      } catch (error) {
        if (isStorageError(error, "conflict"))
          return l10n.t("There is a bucket of this name already. Choose another.");
        return explain(error, l10n.t)?.text;
      }
    }),
  ];
  const made = await runSteps<Draft>(l10n.t("New Bucket in {0}", connection.name), steps, {
    name: "",
  });
  if (!made) return;
  browse.refresh(row.at);
  // A key that may not list buckets does not see the one it has made.
  const seen = await browse.rows(row);
  if (!seen.some((one) => one.type === "container" && one.name === made.name)) {
    await connections.addContainer(connection.id, made.name);
    browse.refresh(row.at);
  }
  await rooms.revealPlace({ ...row.at, container: made.name });
  window.setStatusBarMessage(`$(check) ${l10n.t("Created the bucket “{0}”", made.name)}`, 6000);
}

type Regions = readonly (readonly [id: string, place: string])[];

/** The connection's own region first. */
function regionsOf({ connections }: ExtraRooms, { connection }: ConnectionRow): Regions {
  const provider = connections.provider(connection);
  const field = provider?.field("region", connection.preset);
  if (field?.type !== "text") return [];
  const own = connection.answers["region"];
  return Object.entries(field.suggestions ?? {}).toSorted(
    ([a], [b]) => Number(b === own) - Number(a === own),
  );
}

function askRegion(regions: Regions): Step<Draft> {
  return {
    ask: async (draft, frame) => {
      const reply = await pickOne<string>(frame, {
        placeholder: l10n.t("Where shall it lie? This cannot be changed later."),
        choices: regions.map(([id, place]) => ({ label: place, description: id, value: id })),
      });
      return reply?.type === "answer" ? answer({ ...draft, region: reply.value }) : reply;
    },
  };
}

/** The name is settled by creating it: only the service knows which are taken. */
function askName(
  create: (draft: Draft, signal: AbortSignal) => Promise<string | undefined>,
): Step<Draft> {
  return {
    ask: async (draft, frame) => {
      const reply = await askText(frame, {
        prompt: l10n.t("Its name. With many services it must differ from all others in the world."),
        remark: (text) => {
          const problem = text === "" ? undefined : bucketNameProblem(text);
          return problem && { text: problemText(problem), severity: "error" };
        },
        refuse: async (name, signal) =>
          name === "" ? problemText("length") : await create({ ...draft, name }, signal),
      });
      return reply?.type === "answer" ? answer({ ...draft, name: reply.value }) : reply;
    },
  };
}

function problemText(problem: BucketNameProblem): string {
  switch (problem) {
    case "length":
      return l10n.t("A bucket's name has 3 to 63 characters.");
    case "characters":
      return l10n.t("Only small letters without accents, digits, hyphens and dots.");
    case "ends":
      return l10n.t("It begins and ends with a letter or a digit.");
    case "dots":
      return l10n.t("A dot stands between letters or digits.");
    case "address":
      return l10n.t("It must not look like an IP address.");
    case "reserved":
      return l10n.t("This beginning or ending is reserved by Amazon.");
  }
}
