import assert from "node:assert/strict";
import { Editing, SaveConflict } from "../../../src/app/files/editing.ts";
import type { Location } from "../../../src/app/location.ts";
import { never } from "../../../src/base/abort.ts";
import { text, utf8 } from "../../../src/base/bytes.ts";
import type { Driver } from "../../../src/storage/driver.ts";
import type { ObjectInfo } from "../../../src/storage/objects.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { Storage } from "../../../src/storage/storage.ts";
import { randomFrom } from "../../engine/random.ts";
import { handClock, memoryMemento } from "../ports.ts";

const at: Location = { connection: "c", key: "notes.txt" };

interface Kind {
  readonly conditions: boolean;
  /** The replies that tell a version. */
  readonly versionsIn: readonly ("stat" | "read" | "write")[];
}

const kinds: Readonly<Record<string, Kind>> = {
  "writes on a condition": { conditions: true, versionsIn: ["stat", "read", "write"] },
  "tells versions when asked": { conditions: false, versionsIn: ["stat", "read"] },
  "tells versions with the content alone": { conditions: false, versionsIn: ["read", "write"] },
  "tells nothing but sizes, and times in seconds": { conditions: false, versionsIn: [] },
};

for (const [kind, { conditions, versionsIn }] of Object.entries(kinds))
  describe(`an editor beside others, on a storage that ${kind}`, () => {
    it("overwrites nothing that it was not shown, whatever they do and when", async () => {
      for (let seed = 1; seed <= 300; seed++) await live(seed);
    });

    /** A short life of an editor that goes by VS Code's own rules. */
    async function live(seed: number): Promise<void> {
      const random = randomFrom(seed);
      const isNow = (oneIn: number) => random.below(oneIn) === 0;
      const inner = memoryDriver({ ifMatch: conditions, ifAbsent: conditions });
      let seconds = 1_000_000_000;
      let states = 0;
      const others = async () => {
        // Mostly in the same second, and as long as what is there.
        if (isNow(3)) seconds++;
        const content = `${++states}`.padStart(isNow(3) ? 7 : 6, "0");
        await inner.write({ key: at.key, body: new Blob([content]), signal: never });
      };
      const told = (info: ObjectInfo, reply: Kind["versionsIn"][number]): ObjectInfo => {
        const { version, ...rest } = info;
        const isTold = version !== undefined && versionsIn.includes(reply);
        return { ...rest, modified: new Date(seconds * 1000), ...(isTold && { version }) };
      };
      const driver: Driver = {
        ...inner,
        stat: async (request) => told(await inner.stat(request), "stat"),
        read: async (request, use) =>
          await inner.read(request, ({ info, body }) => use({ info: told(info, "read"), body })),
        write: async (request) => {
          if (conditions && isNow(5)) await others();
          const written = told(await inner.write(request), "write");
          if (isNow(5)) await others();
          return written;
        },
      };
      const storage = new Storage(driver);
      const stored = async () => text(await new Storage(inner).bytes(at.key));
      const [memento, clock] = [memoryMemento(), handClock()];
      let editing = new Editing({ memento, clock });
      /** What the editor goes by, and what it has shown or asked about. */
      let model = { mtime: 0, size: 0 };
      const shown = new Set<string>();

      const open = async () => {
        model = await editing.look(storage, at);
        await storage.read(at.key, async ({ info, body }) => {
          const bytes = new Uint8Array(await new Response(body).arrayBuffer());
          await editing.hasRead(storage, at, info, bytes);
          shown.add(text(bytes));
        });
      };
      const save = async () => {
        const now = await editing.look(storage, at);
        if (model.mtime < now.mtime && model.size !== now.size) return await open();
        if (isNow(3)) await others();
        const mine = `mine ${++states}`;
        const before = await stored();
        try {
          await editing.save(storage, at, utf8(mine), {
            create: true,
            overwrite: true,
            signal: never,
          });
        } catch (error) {
          if (error instanceof SaveConflict) return;
          throw error;
        }
        assert.ok(shown.has(before), `${before} was overwritten unseen, in life ${seed}`);
        shown.add(mine);
        model = await editing.look(storage, at);
      };

      await others();
      await open();
      for (let step = 0; step < 12; step++) {
        clock.pass(isNow(2) ? 100 : 5_000);
        if (isNow(3)) await others();
        else if (isNow(6)) {
          await editing.edited(at);
          editing = new Editing({ memento, clock });
        } else await save();
      }
    }
  });
