import { createHash } from "node:crypto";
import {
  chmod,
  link,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readFile,
  readlink,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";

/** What a backup must give back of an entry. */
export interface Described {
  readonly type: string;
  readonly mode: number;
  /** In microseconds: Node sets times no finer. */
  readonly mtime: string;
  /** Hash of a file's content, or what a link leads to. */
  readonly content?: string;
  /** Several entries with the same number are one file. */
  readonly sameFile?: number;
}

/** Fills `folder` with everything that has ever tripped a backup program up, as far as the disk takes it. */
export async function makeOddTree(folder: string): Promise<void> {
  const at = (name: string | Buffer) =>
    typeof name === "string"
      ? join(folder, name)
      : Buffer.concat([Buffer.from(`${folder}/`), name]);
  const names = [
    "plain.txt",
    ".hidden",
    "with space",
    'with "quotes"',
    "with\\backslash",
    "with\nnewline",
    "with\ttab",
    "<html>&amp;",
    "ümläut",
    "u\u0308ber-decomposed",
    "emoji 🎉",
    "private \uFFEE use \uE000",
    "delete\x7f",
    "line\u2028separator",
    "%41 percent",
    "-rf",
    "a'b",
    "$HOME",
    "n".repeat(255),
  ];
  await mkdir(folder, { recursive: true });
  for (const name of names) await writeFile(at(name), `content of ${name}`);
  await writeFile(at(Buffer.from("latin \xfc\xe9", "latin1")), "a name that is not UTF-8");
  await writeFile(at("empty"), "");
  await writeFile(at("zeros"), new Uint8Array(3_000_000));
  await writeFile(at("large"), pseudoRandom(9_000_000));
  await writeFile(at("again"), pseudoRandom(9_000_000));
  for (const name of ["folder", "folder/empty", "folder/deep/er/still"])
    await mkdir(at(name), { recursive: true });
  await writeFile(at("folder/deep/er/still/file"), "deep");
  // As long as a path may be, but for what a target adds to it.
  const long = Array.from({ length: 14 }, (_, i) => String.fromCharCode(97 + i).repeat(250));
  await mkdir(at(long.join("/")), { recursive: true });
  await writeFile(at([...long, "end"].join("/")), "of a long way");
  await writeFile(at("folder/linked"), "one file, two names");
  await link(at("folder/linked"), at("second name"));
  for (const [name, target] of [
    ["link", "plain.txt"],
    ["dangling", "../nowhere/at all"],
    ["absolute", "/etc/hostname"],
    ["loop", "loop"],
    ["to folder", "folder"],
  ] as const) {
    await symlink(target, at(name));
  }
  await chmod(at("plain.txt"), 0o600);
  await chmod(at(".hidden"), 0o4755);
  await chmod(at("empty"), 0o000);
  await chmod(at("folder/empty"), 0o1777);
  await chmod(at("folder/deep"), 0o500);
  await settleTimes(Buffer.from(folder));
  const times = { "with space": 1, "a'b": 1_000_000_000.123456, "-rf": 4_000_000_000, folder: 1e9 };
  for (const [name, seconds] of Object.entries(times)) await utimes(at(name), seconds, seconds);
}

/** Gives every entry a time that Node can set exactly, for it knows seconds as floating numbers only. */
export async function settleTimes(folder: Buffer): Promise<void> {
  for (const name of await readdir(folder, { encoding: "buffer" })) {
    const path = Buffer.concat([folder, Buffer.from("/"), name]);
    await lutimes(path, 1_700_000_000, 1_700_000_000.25);
    if ((await lstat(path)).isDirectory()) await settleTimes(path);
  }
}

/** Every entry below `folder` by its path, whose bytes are read as Latin-1. */
export async function describeTree(folder: string | Buffer): Promise<Map<string, Described>> {
  const entries = new Map<string, Described>();
  const files = new Map<bigint, number>();
  const walk = async (path: Buffer, shown: string) => {
    for (const name of await readdir(path, { encoding: "buffer" })) {
      const child = Buffer.concat([path, Buffer.from("/"), name]);
      const place = `${shown}/${name.toString("latin1")}`;
      const stats = await lstat(child, { bigint: true });
      const described = {
        mode: Number(stats.mode) & 0o7777,
        mtime: String((stats.mtimeNs + 500n) / 1000n),
      };
      if (stats.isDirectory()) {
        entries.set(place, { type: "folder", ...described });
        await walk(child, place);
      } else if (stats.isSymbolicLink())
        entries.set(place, { type: "link", ...described, content: await readlink(child) });
      else {
        const content = createHash("sha256")
          .update(await readFile(child))
          .digest("hex");
        const number = files.get(stats.ino) ?? files.size;
        if (stats.nlink > 1n) files.set(stats.ino, number);
        const sameFile = stats.nlink > 1n ? { sameFile: number } : {};
        entries.set(place, { type: "file", ...described, content, ...sameFile });
      }
    }
  };
  await walk(Buffer.from(folder), "");
  return new Map([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Bytes that do not compress, the same each time. */
export function pseudoRandom(length: number, seed = "offsite"): Buffer {
  const blocks: Buffer[] = [];
  let block = createHash("sha512").update(seed).digest();
  for (let bytes = 0; bytes < length; bytes += block.length) {
    blocks.push(block);
    block = createHash("sha512").update(block).digest();
  }
  return Buffer.concat(blocks, length);
}
