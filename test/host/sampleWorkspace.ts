import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Writes a small project with a bit of everything: text, code, a picture, odd names, a link. */
export function writeSampleWorkspace(directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    const target = join(directory, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  mkdirSync(join(directory, "drafts"), { recursive: true });
  if (process.platform !== "win32") symlinkSync("notes/today.md", join(directory, "latest.md"));
}

const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const files: Readonly<Record<string, string | Buffer>> = {
  "README.md": "# Garden planner\n\nWhat grows where, and when to water it.\n",
  "package.json": '{\n  "name": "garden-planner",\n  "version": "1.4.0"\n}\n',
  "src/beds.js": "export const beds = ['tomatoes', 'beans', 'herbs'];\n",
  "src/water.js": "export const litres = (squareMetres, days) => squareMetres * days * 2.5;\n",
  "notes/today.md": "- [x] Sow the beans\n- [ ] Mend the fence\n",
  "notes/märz & april.md": "Late frost until the 20th.\n",
  "data/harvest.csv": "year,crop,kilos\n2025,tomatoes,31\n2026,beans,12\n",
  "data/empty.bin": "",
  "pictures/plan.png": Buffer.from(pixel, "base64"),
  "node_modules/left-out/index.js": "// Packages are not backed up.\n",
  ".gitignore": "node_modules/\ndist/\n",
};
