import assert from "node:assert/strict";
import type { VerifyStep } from "../../../src/app/connections/verify.ts";
import { never } from "../../../src/base/abort.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import { StorageError } from "../../../src/storage/errors.ts";
import { memoryProvider } from "../../../src/storage/providers/memory.ts";
import { newProfile } from "../connectionPorts.ts";

const draft = { name: "Photos", provider: "memory", answers: { container: "photos" } };

/** Verifies over a memory driver of which some operations are replaced. */
async function outcome(
  changes: (driver: Driver) => Partial<Driver>,
  { signal = never, readOnly = false, answers = draft.answers as object } = {},
) {
  const memory = memoryProvider();
  const provider = {
    ...memory,
    open: async (given: Readonly<Record<string, unknown>>) => {
      const driver = await memory.open(given);
      return { ...driver, ...changes(driver) };
    },
  };
  const { connections } = newProfile(provider).open();
  const told: VerifyStep[] = [];
  const ok = await connections.verify(
    { ...draft, answers: { ...answers }, readOnly },
    signal,
    (step) => told.push(step),
  );
  const left = await memory.open({ container: "photos" });
  const { entries } = await left.list({ prefix: "", shallow: false, signal: never });
  return {
    ok,
    left: entries.length,
    steps: told.filter(({ state }) => state !== "running").map(line),
  };
}

function line(step: VerifyStep): string {
  return `${step.step} ${step.state === "skipped" ? step.reason : step.state}`;
}

function failing(kind: ConstructorParameters<typeof StorageError>[0]) {
  return async () => {
    throw new StorageError(kind, "no");
  };
}

describe("verify", () => {
  it("reaches, signs in, lists, writes, reads back and deletes, and leaves nothing", async () => {
    assert.deepEqual(await outcome(() => ({})), {
      ok: true,
      left: 0,
      steps: ["reach done", "sign-in done", "list done", "write done", "read done", "delete done"],
    });
  });

  it("writes nothing over a read-only connection", async () => {
    const write = failing("unexpected");
    const { ok, steps } = await outcome(() => ({ write }), { readOnly: true });
    assert.ok(ok);
    assert.deepEqual(steps.slice(2), [
      "list done",
      "write read-only",
      "read read-only",
      "delete read-only",
    ]);
  });

  it("lists containers where none is named", async () => {
    const { ok, steps } = await outcome(() => ({}), { answers: {} });
    assert.ok(ok);
    assert.deepEqual(steps.slice(2, 4), ["list done", "write no-container"]);
  });

  const failures = [
    { kind: "unreachable", step: "reach", before: [] },
    { kind: "signed-out", step: "sign-in", before: ["reach done"] },
    { kind: "denied", step: "list", before: ["reach done", "sign-in done"] },
    { kind: "not-found", step: "list", before: ["reach done", "sign-in done"] },
  ] as const;
  for (const { kind, step, before } of failures)
    it(`says that ${step} failed when listing is ${kind}`, async () => {
      const { ok, steps } = await outcome(() => ({ list: failing(kind) }));
      assert.ok(!ok);
      assert.deepEqual(steps.slice(0, before.length + 1), [...before, `${step} failed`]);
      assert.ok(steps.slice(before.length + 1).every((text) => text.endsWith("failed-before")));
    });

  it("asks once only: a person is waiting", async () => {
    let asked = 0;
    await outcome(() => ({
      list: async () => {
        asked++;
        throw new StorageError("unreachable", "no");
      },
    }));
    assert.equal(asked, 1);
  });

  it("deletes a probe that came back changed, and one whose writing seemed to fail", async () => {
    const changed = await outcome((driver) => ({
      read: (request, use) =>
        driver.read(request, ({ info }) => use({ info, body: new Blob(["other"]).stream() })),
    }));
    assert.deepEqual([changed.ok, changed.left], [false, 0]);
    assert.ok(changed.steps.includes("read failed"));
    const lost = await outcome((driver) => ({
      write: async (request) => {
        await driver.write(request);
        throw new StorageError("unreachable", "the answer was lost");
      },
    }));
    assert.deepEqual([lost.ok, lost.left], [false, 0]);
  });

  it("says when the probe cannot be deleted", async () => {
    const { ok, steps } = await outcome(() => ({ delete: failing("denied") }));
    assert.ok(!ok);
    assert.equal(steps.at(-1), "delete failed");
  });

  it("cleans up when it is cancelled half-way", async () => {
    const cancel = new AbortController();
    const { ok, left, steps } = await outcome(
      (driver) => ({
        write: async (request) => {
          const info = await driver.write(request);
          cancel.abort();
          return info;
        },
      }),
      { signal: cancel.signal },
    );
    assert.deepEqual([ok, left], [false, 0]);
    assert.ok(steps.includes("read cancelled"));
  });
});
