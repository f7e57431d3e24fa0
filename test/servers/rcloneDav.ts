import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { answers, found, freePort, inItsHome, running, type FolderServer } from "./process.ts";

/** `rclone serve webdav` on `folder`, or on a temporary directory. */
export async function startRcloneDav(options: { folder?: string } = {}): Promise<FolderServer> {
  const program = found("rclone", "rclone");
  return await inItsHome("rclone", async (home) => {
    const folder = options.folder ?? join(home, "files");
    await mkdir(folder, { recursive: true });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const [user, password] = ["alice", "secret"];
    // Without the caches, what another program does to the files is seen at once.
    const args = [
      "serve",
      "webdav",
      folder,
      "--addr",
      `127.0.0.1:${port}`,
      "--user",
      user,
      "--pass",
      password,
      "--vfs-cache-mode",
      "off",
      "--dir-cache-time",
      "0",
      "--config",
      join(home, "rclone.conf"),
      "--cache-dir",
      join(home, "cache"),
    ];
    // This variable, where it is set, makes some versions of rclone refuse to start.
    const { AWS_CA_BUNDLE: _, ...env } = process.env;
    const stop = await running(program, args, async () => await answers(url), { env });
    return {
      url,
      folder,
      answers: { url, user, password },
      stop,
    };
  });
}
