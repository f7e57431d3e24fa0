import assert from "node:assert/strict";
import { never } from "../../../src/base/abort.ts";
import type { ContainerRules, CorsRule, LifecycleRule } from "../../../src/storage/extras.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import type { Each } from "./test.ts";

const signal = never;

/** What `ContainerRules` promises. */
export function rulesConformance(each: Each): void {
  each("turns the keeping of versions on and off", async (storage) => {
    const rules = rulesOf(storage);
    assert.equal(await rules.versioning({ signal }), "off");
    await rules.setVersioning({ on: true, signal });
    assert.equal(await rules.versioning({ signal }), "on");
    await rules.setVersioning({ on: false, signal });
    assert.equal(await rules.versioning({ signal }), "suspended");
  });

  each("keeps the rules for other websites", async (storage) => {
    const rules = rulesOf(storage);
    assert.deepEqual(await rules.cors({ signal }), []);
    const wanted: CorsRule[] = [
      {
        id: "apps & <friends>",
        origins: ["https://example.com", "http://localhost:*"],
        methods: ["GET", "PUT"],
        headers: ["*"],
        exposed: ["ETag"],
        maxAgeSeconds: 3000,
      },
      { origins: ["*"], methods: ["GET"] },
    ];
    await rules.setCors({ rules: wanted, signal });
    assert.deepEqual(sorted(await rules.cors({ signal })), sorted(wanted));
    await rules.setCors({ rules: [], signal });
    assert.deepEqual(await rules.cors({ signal }), []);
    await rules.setCors({ rules: [], signal });
  });

  each("keeps the rules for what expires", async (storage) => {
    const rules = rulesOf(storage);
    assert.deepEqual(await rules.lifecycle({ signal }), []);
    const wanted: LifecycleRule[] = [
      { id: "logs", enabled: true, prefix: "logs/", expireDays: 30 },
      { id: "old & <odd>", enabled: false, prefix: "ü&/", expireOldVersionsDays: 7 },
      { id: "uploads", enabled: true, prefix: "", abortUploadsDays: 3 },
    ];
    await rules.setLifecycle({ rules: wanted, signal });
    const kept = await rules.lifecycle({ signal });
    assert.deepEqual(byId(kept), byId(wanted));
    // Said again as it was heard.
    await rules.setLifecycle({ rules: kept, signal });
    assert.deepEqual(byId(await rules.lifecycle({ signal })), byId(kept));
    await rules.setLifecycle({ rules: [], signal });
    assert.deepEqual(await rules.lifecycle({ signal }), []);
  });
}

function rulesOf({ extras: { rules } }: Storage): ContainerRules {
  assert.ok(rules);
  return rules;
}

/** A service may order what a rule allows as it likes. */
function sorted(rules: readonly CorsRule[]): unknown {
  return rules.map(({ origins, methods, ...rest }) => ({
    ...rest,
    origins: origins.toSorted(),
    methods: methods.toSorted(),
  }));
}

function byId(rules: readonly LifecycleRule[]): LifecycleRule[] {
  const inOrder = rules.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return inOrder.map((rule) => {
    const { rest, ...shown } = rule;
    void rest;
    return shown;
  });
}
