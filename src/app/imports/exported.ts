/** Connections in one file, sealed under a passphrase, for another computer. */
import { jsonObject } from "../../base/json.ts";
import { checkSealed, openText, sealText } from "../../base/sealedText.ts";
import { providerOf } from "../../storage/registry.ts";
import type { Connections } from "../connections/connections.ts";
import { readConnection } from "../connections/connection.ts";
import type { Found } from "./found.ts";

const format = "offsite-connections";

export interface ExportWish {
  readonly passphrase: string;
  /** Without them each connection has to be given its own again. */
  readonly secrets: boolean;
  /** scrypt's, which tests want less of. */
  readonly cost?: number;
}

/** The file's text. */
export async function exportConnections(
  connections: Connections,
  ids: readonly string[],
  { passphrase, secrets, cost }: ExportWish,
): Promise<string> {
  const chosen = await Promise.all(
    ids.map(async (id) => (secrets ? await connections.withSecrets(id) : connections.get(id))),
  );
  const written = chosen.filter((one) => one !== undefined);
  return await sealText(JSON.stringify({ connections: written }), passphrase, format, cost);
}

/** Fails with `SealedTextError` if the text is not such a file, which takes no passphrase to see. */
export function checkExported(text: string): void {
  checkSealed(text, format);
}

/** What the file holds. Fails with `SealedTextError`, and then nothing of it is used. */
export async function readExported(text: string, passphrase: string): Promise<readonly Found[]> {
  const list = jsonObject(await openText(text, passphrase, format))?.["connections"];
  return (Array.isArray(list) ? list : []).flatMap((value: unknown) => foundIn(value) ?? []);
}

function foundIn(value: unknown): Found | undefined {
  const stored = idOf(value);
  const connection = readConnection(stored ?? "", value);
  if (!connection) return undefined;
  const { id, name, ...rest } = connection;
  const named = { source: "offsite", name } as const;
  if (!providerOf(rest.provider)) return { type: "unusable", ...named, reason: "newer-provider" };
  return { type: "connection", ...named, ...rest, ...(id !== "" && { id }) };
}

/** Ids become part of names in the secret store and of addresses, so they must look like ours. */
function idOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("id" in value)) return undefined;
  const { id } = value;
  return typeof id === "string" && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(id)
    ? id
    : undefined;
}
