import { pause } from "../../../base/abort.ts";
import type { Dav } from "./client.ts";
import type { WebdavService } from "./presets.ts";

/**
 * Keeps to a service's limit of requests: as many at once as it allows in its time, less some for
 * other programs of the same user, and then one whenever one is allowed again.
 */
export function paced(
  dav: Dav,
  { requests, minutes }: NonNullable<WebdavService["pace"]>,
  nowMs: () => number = () => performance.now(),
): Dav {
  const most = Math.floor(requests * 0.9);
  const eachMs = (minutes * 60_000) / most;
  /** When the budget will be full again; each request puts it off. */
  let fullAtMs = 0;
  return async (request) => {
    const now = nowMs();
    fullAtMs = Math.max(fullAtMs, now) + eachMs;
    const waitMs = fullAtMs - now - most * eachMs;
    if (waitMs > 0) await pause(waitMs, request.signal);
    return await dav(request);
  };
}
