/** What there is to know of a connection before one looks into it. Pure: the language comes in as `t`. */
import type { Connection } from "../../app/connections/connection.ts";
import type { Found, Verdict } from "../../storage/examination.ts";
import type { Provider } from "../../storage/provider.ts";
import { aboutConditions } from "../connections/diagnosis.ts";
import { kindIn } from "../connections/providerWords.ts";
import { ago, type Translate } from "../words.ts";

export interface KnownConnection {
  readonly connection: Connection;
  readonly provider: Provider | undefined;
  readonly place: string;
  readonly triedAt: Date | undefined;
  readonly found: Found | undefined;
}

/** Each with its name. No secret is among them. */
export function connectionFacts(
  t: Translate,
  { connection, provider, place, triedAt }: KnownConnection,
  now: Date,
): readonly (readonly [string, string])[] {
  return [
    [t("Kind"), kindIn(t, provider, connection)],
    [t("Place"), place],
    ...answered(t, provider, connection),
    [t("Access"), connection.readOnly ? t("read-only") : t("read and write")],
    ...(isUnverified(connection) ? ([[t("Certificate"), t("not verified")]] as const) : []),
    ...(holdsContainers(provider, connection)
      ? []
      : [[t("Tried out"), triedAt ? ago(t, triedAt, now) : t("never")] as const]),
  ];
}

/** Each of its buckets is tried out by itself then. */
function holdsContainers(provider: Provider | undefined, { answers }: Connection): boolean {
  return provider?.container !== undefined && !answers[provider.container];
}

/** What was found by trying it out, as far as it matters to whoever saves something there. */
export function connectionNotes(t: Translate, { found }: KnownConnection): readonly string[] {
  const { ifAbsent, ifMatch } = found?.capabilities ?? {};
  return aboutConditions(outcome(ifAbsent), outcome(ifMatch), t);
}

/** Whether anybody on the way could pass for its server. */
export function isUnverified({ answers }: Connection): boolean {
  return answers["verifyTls"] === false;
}

/** Region, user and the like: what was typed in words, and does not stand in the place already. */
function answered(
  t: Translate,
  provider: Provider | undefined,
  { answers }: Connection,
): readonly (readonly [string, string])[] {
  const inPlace = [provider?.container, provider?.folder];
  return Object.entries(provider?.fields ?? {}).flatMap(([name, field]) => {
    const isWord = field.type === "text" && field.format !== "url" && field.format !== "path";
    const answer = answers[name];
    if (!isWord || field.advanced || inPlace.includes(name)) return [];
    return typeof answer === "string" && answer !== "" ? [[t(field.label), answer] as const] : [];
  });
}

function outcome(heeded: boolean | undefined): Verdict["outcome"] | undefined {
  if (heeded === undefined) return undefined;
  return heeded ? "yes" : "no";
}
