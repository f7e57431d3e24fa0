import {
  limit,
  rate,
  readOnly as refuseChanges,
  requestRate,
  retry,
  trace,
  withLayers,
} from "./layers.ts";
import type { Pace } from "./pace.ts";
import type { Answers, Provider } from "./provider.ts";
import { Storage } from "./storage.ts";

export interface Target {
  readonly provider: Provider;
  readonly preset?: string;
  readonly answers: Answers;
  /** The connection's name, for errors and the log. */
  readonly name?: string;
  /** Whatever would change something is refused before it is sent. */
  readonly readOnly?: boolean;
}

export interface OpenOptions {
  /** How often a failing request is sent at most; 1 for an answer at once, as when verifying. */
  readonly attempts?: number;
  /** Keeps traffic to a pace, of bytes and of requests. */
  readonly bytes?: Pace | undefined;
  readonly requests?: Pace | undefined;
}

/** The only place where drivers are made and layers are stacked. */
export async function openStorage(
  { provider, preset, answers, name, readOnly }: Target,
  log: (line: string) => void,
  { attempts, bytes, requests }: OpenOptions = {},
): Promise<Storage> {
  const driver = await provider.open(answers, preset);
  const { quirks, lacks } = provider.presets.find(({ id }) => id === preset) ?? {};
  const capabilities = { ...driver.capabilities, ...quirks };
  const extras = { ...driver.extras };
  for (const name of lacks ?? []) delete extras[name];
  // Innermost first: a line for each request sent; a slot for each request under way; pacing
  // before a slot is taken; and retries outside, so that waiting between attempts holds no slot.
  const layered = withLayers(
    { ...driver, capabilities, extras },
    trace(log),
    limit(capabilities.concurrency),
    ...(bytes ? [rate(bytes)] : []),
    ...(requests ? [requestRate(requests)] : []),
    retry(attempts === undefined ? {} : { attempts }),
    ...(readOnly ? [refuseChanges] : []),
  );
  return new Storage(layered, name);
}
