import { memoryDriver, memoryProvider } from "../../src/storage/providers/memory.ts";
import { openStorage } from "../../src/storage/open.ts";
import { Storage } from "../../src/storage/storage.ts";
import { conformance } from "./conformance/conformance.ts";

conformance("memory", async () => new Storage(memoryDriver({ pageSize: 3, deleteBatch: 2 })), {
  pageSize: 3,
});

conformance("memory behind all layers", async () =>
  openStorage({ provider: memoryProvider(), answers: {} }, () => {}),
);

conformance("memory without conditions, ranges and copies", async () => {
  const { copy, ...driver } = memoryDriver({
    ifAbsent: false,
    ifMatch: false,
    copyIfAbsent: false,
    range: false,
  });
  void copy;
  return new Storage(driver);
});
