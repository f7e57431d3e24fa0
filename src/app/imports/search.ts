/** Looks through this computer for connections that other programs have, when asked to. */
import {
  isLocalFailure,
  LocalFileError,
  namesIn,
  pathBelow,
  readSmallText,
} from "../../engine/disk/localFiles.ts";
import { awsDialect, awsEnvironment, awsProfiles } from "./aws.ts";
import { cyberduckBookmark, isBinary } from "./cyberduck.ts";
import { type Found, MalformedText, type Source } from "./found.ts";
import { iniSections } from "./ini.ts";
import { minioAliases, minioEnvironment } from "./minioClient.ts";
import { completedByNetrc } from "./netrc.ts";
import { rcloneRemotes } from "./rclone.ts";
import { decrypted, isEncrypted } from "./rcloneSecrets.ts";
import { s3cmdAccounts } from "./s3cmd.ts";

/** What there is to know of a computer, as Node names it. */
export interface Computer {
  readonly platform: string;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A file that is there and says nothing that can be used. */
export interface Unreadable {
  readonly type: "unreadable";
  readonly source: Source;
  readonly file: string;
  /** Where it stops making sense; absent if it could not be read, or stayed locked. */
  readonly line?: number;
  readonly reason: "malformed" | "binary" | "no-settings" | "not-readable" | "locked";
}

/**
 * Asks for the password of an encrypted file until `opens` resolves to true, or until whoever is
 * asked gives up.
 */
export type Unlock = (
  file: string,
  opens: (password: string) => Promise<boolean>,
) => Promise<unknown>;

/**
 * Everything found, by source, with a file that cannot be used as part of the result. Nothing is
 * written, and nothing but these files and the environment is looked at.
 */
export async function findConnections(
  { platform, home, environment }: Computer,
  unlock: Unlock,
): Promise<readonly (Found | Unreadable)[]> {
  const unreadable: Unreadable[] = [];

  async function read<T>(
    source: Source,
    file: string,
    parse: (text: string) => T,
    none: Awaited<T>,
  ) {
    try {
      const text = await readSmallText(file);
      return text === undefined ? none : await parse(text);
    } catch (error) {
      unreadable.push({ type: "unreadable", source, file, ...whyUnreadable(error) });
      return none;
    }
  }

  async function rclone(file: string, aws: readonly Found[]): Promise<readonly Found[]> {
    const around = { environment, profiles: aws.map(({ name }) => name) };
    const parse = async (text: string) => {
      const plain = await plainRclone(file, text);
      return plain === undefined ? undefined : await rcloneRemotes(plain, around);
    };
    // What the environment says is there without a file, too.
    return (await read("rclone", file, parse, undefined)) ?? (await rcloneRemotes("", around));
  }

  /** Nothing if it stays locked. */
  async function plainRclone(file: string, text: string): Promise<string | undefined> {
    if (!isEncrypted(text)) return text;
    let plain: string | undefined;
    const opens = async (password: string) => {
      plain = await decrypted(text, password);
      return plain !== undefined;
    };
    // Where rclone itself looks before it asks.
    const known = environment["RCLONE_CONFIG_PASS"];
    if (!known || !(await opens(known))) await unlock(file, opens);
    if (plain === undefined)
      unreadable.push({ type: "unreadable", source: "rclone", file, reason: "locked" });
    return plain;
  }

  async function bookmarks(folder: string): Promise<readonly Found[]> {
    const files = (await namesIn(folder)).filter((name) => name.endsWith(".duck")).toSorted();
    const found = files.map((name) => bookmark(pathBelow(folder, [name])));
    return (await Promise.all(found)).flat();
  }

  async function bookmark(file: string): Promise<readonly Found[]> {
    const parse = (text: string) => {
      if (!isBinary(text)) return [cyberduckBookmark(text)];
      unreadable.push({ type: "unreadable", source: "cyberduck", file, reason: "binary" });
      return [];
    };
    return await read<readonly Found[]>("cyberduck", file, parse, []);
  }

  const at = placesOn({ platform, home, environment });
  const sections = (text: string) => iniSections(text, awsDialect);
  const credentials = await read("aws", at.awsCredentials, sections, []);
  const config = await read("aws", at.awsConfig, sections, []);
  // Half of what is said of a profile could send its key to a place it was not meant for.
  const profiles = unreadable.length > 0 ? [] : awsProfiles(credentials, config);
  const found = [
    ...profiles,
    ...awsEnvironment(environment),
    ...minioEnvironment(environment),
    ...(await rclone(at.rclone, profiles)),
    ...(await read("s3cmd", at.s3cmd, s3cmdAccounts, [])),
    ...(await read("minio-client", at.minioClient, minioAliases, [])),
    ...(await bookmarks(at.bookmarks)),
  ];
  const completed = await read("netrc", at.netrc, (text) => completedByNetrc(found, text), found);
  return [...completed, ...unreadable];
}

/** What keeps a file from being used, if it is the file's fault; else fails with `error`. */
export function whyUnreadable(error: unknown): Pick<Unreadable, "reason" | "line"> {
  if (error instanceof MalformedText) return { reason: "malformed", line: error.line };
  if (error instanceof LocalFileError) return { reason: "no-settings" };
  if (isLocalFailure(error)) return { reason: "not-readable" };
  throw error;
}

/** Where each program keeps its settings, and the variable that says otherwise. */
function placesOn({ platform, home, environment }: Computer) {
  const windows = platform === "win32";
  const below = (...segments: readonly string[]) => pathBelow(home, segments);
  const told = (variable: string, otherwise: string) => environment[variable] || otherwise;
  const roaming = told("APPDATA", below("AppData", "Roaming"));
  const settings = windows ? roaming : told("XDG_CONFIG_HOME", below(".config"));
  const s3cmd = windows ? pathBelow(roaming, ["s3cmd.ini"]) : below(".s3cfg");
  const minioFolder = told("MC_CONFIG_DIR", below(windows ? "mc" : ".mc"));
  return {
    awsCredentials: told("AWS_SHARED_CREDENTIALS_FILE", below(".aws", "credentials")),
    awsConfig: told("AWS_CONFIG_FILE", below(".aws", "config")),
    rclone: told("RCLONE_CONFIG", pathBelow(settings, ["rclone", "rclone.conf"])),
    s3cmd: told("S3CMD_CONFIG", s3cmd),
    minioClient: pathBelow(minioFolder, ["config.json"]),
    netrc: told("NETRC", below(windows ? "_netrc" : ".netrc")),
    bookmarks: bookmarkFolder(platform, below, roaming),
  };
}

function bookmarkFolder(
  platform: string,
  below: (...segments: readonly string[]) => string,
  roaming: string,
): string {
  if (platform === "win32") return pathBelow(roaming, ["Cyberduck", "Bookmarks"]);
  if (platform !== "darwin") return below(".duck", "bookmarks");
  const container = below("Library", "Group Containers", "G69SCX94XU.duck");
  return pathBelow(container, ["Library", "Application Support", "duck", "Bookmarks"]);
}
