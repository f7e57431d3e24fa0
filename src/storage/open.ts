import type { Driver } from "./driver.ts";
import type { Found } from "./examination.ts";
import { limit, rate, readOnly as refuseChanges, retry, trace, withLayers } from "./layers.ts";
import type { BeforeRequest } from "./http/http.ts";
import type { Pace } from "./pace.ts";
import type { Answers, Provider } from "./provider.ts";
import { rooted } from "./rooted.ts";
import { Storage } from "./storage.ts";

export interface Target {
  readonly provider: Provider;
  readonly preset?: string;
  readonly answers: Answers;
  /** The connection's name, for errors and the log. */
  readonly name?: string;
  /** Whatever would change something is refused before it is sent. */
  readonly readOnly?: boolean;
  /** What was found by trying this storage. */
  readonly found?: Found | undefined;
}

export interface OpenOptions {
  /** How often a failing request is sent at most; 1 for an answer at once, as when verifying. */
  readonly attempts?: number;
  /** Keeps traffic to a pace. */
  readonly bytes?: Pace | undefined;
  readonly beforeRequest?: BeforeRequest;
}

/** The only place where drivers are made and layers are stacked. */
export async function openStorage(
  { provider, preset, answers, name, readOnly, found }: Target,
  log: (line: string) => void,
  { attempts, bytes, beforeRequest }: OpenOptions = {},
): Promise<Storage> {
  const driver = await provider.open(answers, preset, found, beforeRequest);
  const { quirks, lacks } = provider.presets.find(({ id }) => id === preset) ?? {};
  // What the protocol promises, what is known of the service, what was seen with one's own eyes.
  const capabilities = { ...driver.capabilities, ...quirks, ...found?.capabilities };
  const extras = { ...driver.extras };
  for (const name of lacks ?? []) delete extras[name];
  // Innermost first: a line for each request sent; a slot for each request under way; bytes paced
  // before a slot is taken; and retries outside, so that waiting between attempts holds no slot.
  const layered = withLayers(
    { ...(readOnly ? leavingAll(driver) : driver), capabilities, extras },
    trace(log),
    limit(capabilities.concurrency),
    ...(bytes ? [rate(bytes)] : []),
    retry(attempts === undefined ? {} : { attempts }),
    ...(readOnly ? [refuseChanges] : []),
  );
  // Outermost, so that the log has whole keys and everybody else the connection's own.
  const root = provider.rootOf(answers);
  return new Storage(
    rooted(layered, root),
    name,
    "",
    `${wholePlace(provider, answers, preset)}/${root}`,
  );
}

/** Where the container is, of which a connection may show a folder. */
function wholePlace(provider: Provider, answers: Answers, preset: string | undefined): string {
  const { id, folder } = provider;
  const whole = folder === undefined ? answers : { ...answers, [folder]: undefined };
  return `${id}:${provider.place(whole, preset)}`;
}

/** Where nothing may change, nobody tidies up either. */
function leavingAll(driver: Driver): Driver {
  return { ...driver, list: (request) => driver.list({ ...request, leavesAll: true }) };
}
