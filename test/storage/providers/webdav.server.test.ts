import { randomUUID } from "node:crypto";
import { openStorage } from "../../../src/storage/open.ts";
import { webdav } from "../../../src/storage/providers/webdav.ts";
import type { Answers } from "../../../src/storage/provider.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { startApache } from "../../servers/apache.ts";
import { orSkip, type Server } from "../../servers/process.ts";
import { startRcloneDav } from "../../servers/rcloneDav.ts";
import { conformance } from "../conformance.ts";

async function open(answers: Answers): Promise<Storage> {
  return await openStorage(
    { provider: webdav, answers },
    process.env["TRACE"] ? console.log : () => {},
  );
}

for (const [name, start] of [
  ["Apache with basic authentication", () => startApache()],
  ["Apache with digest authentication", () => startApache({ auth: "digest" })],
  ["rclone", () => startRcloneDav()],
] as const) {
  describe(`WebDAV on ${name}`, function () {
    this.timeout(60_000);
    let server: Server;
    before(async function () {
      server = await orSkip(this, start);
    });
    after(async () => await server?.stop());

    const below = (folder: string): Answers => ({
      ...server.answers,
      url: `${String(server.answers["url"])}${folder}/`,
    });
    const openEmpty = async (): Promise<Storage> => {
      const folder = randomUUID();
      const whole = await open(server.answers);
      await whole.makeFolder(`${folder}/`);
      return await open(below(folder));
    };
    conformance(`WebDAV on ${name}`, openEmpty, {
      fileLike: true,
      openMissing: async () => await open(below("missing")),
    });
  });
}
