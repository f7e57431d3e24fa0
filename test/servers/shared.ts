import { type Ceph, startCeph } from "./ceph.ts";

let ceph: Promise<Ceph> | undefined;

/** One Ceph for all suites of a test run, started by the first that asks. */
export function sharedCeph(): Promise<Ceph> {
  return (ceph ??= startCeph());
}

// A hook of the root suite: it runs when everything else is over.
after(async () => {
  await (await ceph?.catch(() => undefined))?.stop();
});
