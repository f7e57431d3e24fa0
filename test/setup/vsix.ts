import { readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "./processes.ts";

/** Where `npm run package` writes the extension. */
export function vsixPath(): string {
  // Our own manifest has a version.
  const { version } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
    version: string;
  };
  return join(project, `offsite-${version}.vsix`);
}
