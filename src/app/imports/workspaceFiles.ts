/**
 * Files of a workspace that other programs keep a server's address and secret in, where they are
 * easily shared by mistake. That one is there is seen by its name; it is read only when asked.
 */
import { pathBelow, readSmallText } from "../../engine/disk/localFiles.ts";
import { awsEnvironment } from "./aws.ts";
import { brokenLine, type Found, MalformedText, webAddress } from "./found.ts";
import { rcloneRemotes } from "./rclone.ts";
import { s3cmdAccounts } from "./s3cmd.ts";
import { webdavConnection } from "./webdavAccount.ts";

type Parse = (text: string) => readonly Found[] | Promise<readonly Found[]>;

const parsers: Readonly<Record<string, Parse>> = {
  ".env": environmentFile,
  ".env.local": environmentFile,
  ".s3cfg": s3cmdAccounts,
  "rclone.conf": rcloneRemotes,
  ".vscode/sftp.json": uploadSettings,
  ".vscode/webdav.json": uploadSettings,
};

/** Where such files stand in a workspace's folder, as paths with `/`. */
export const workspaceFiles: readonly string[] = Object.keys(parsers);

/**
 * The connections that one of these files of `folder` holds; none if it has gone. Fails with
 * `MalformedText`, or as reading a file does.
 */
export async function connectionsOfFile(folder: string, name: string): Promise<readonly Found[]> {
  const parse = parsers[name];
  const text = parse && (await readSmallText(pathBelow(folder, name.split("/"))));
  if (!parse || text === undefined) return [];
  return (await parse(text)).map((found) => ({ ...found, source: "workspace" }));
}

/** Lines of `NAME=value`, as dotenv reads them: https://www.npmjs.com/package/dotenv */
function environmentFile(text: string): readonly Found[] {
  const line = /^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(?:"([^"]*)"|'([^']*)'|([^#\r\n]*))/gm;
  const values = [...text.matchAll(line)].map(
    ([, name = "", double, single, bare]) => [name, double ?? single ?? bare?.trim()] as const,
  );
  return awsEnvironment(Object.fromEntries(values)).map((found) => ({
    ...found,
    name: "AWS (.env)",
  }));
}

/** What extensions that upload on saving keep: an account, or several under `profiles`. */
function uploadSettings(text: string): readonly Found[] {
  const parsed = relaxedJson(text);
  return (Array.isArray(parsed) ? parsed : [parsed]).flatMap((account) => {
    const { profiles, ...rest } = record(account);
    const others = Object.entries(record(profiles)).map(([name, profile]) =>
      uploadAccount({ ...rest, name, ...record(profile) }),
    );
    return others.length > 0 ? others : [uploadAccount(rest)];
  });
}

function uploadAccount(account: Readonly<Record<string, unknown>>): Found {
  const text = (...names: readonly string[]) =>
    names.map((name) => account[name]).find((value) => typeof value === "string");
  const address = text("url", "remoteEndpoint", "host") ?? "";
  const named = { source: "workspace", name: text("name") ?? address } as const;
  const isWebDav = text("protocol") === "webdav" || /^(https?|davs?):\/\//.test(address);
  // What is not said is the usual one of such files.
  const protocol = text("protocol") ?? "sftp";
  if (!isWebDav) return { type: "unusable", ...named, reason: "other-protocol", protocol };
  return webdavConnection(named, {
    url: webAddress(address.replace(/^dav/, "http")),
    user: text("username", "user"),
    password: text("password", "pass"),
  });
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/**
 * JSON as VS Code's settings have it: with comments and commas at the end. What is not closed ends
 * with the text, so that nothing is looked through twice.
 */
function relaxedJson(text: string): unknown {
  const plain = text
    .replaceAll(
      /("(?:[^"\\]|\\[^])*"?)|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/g,
      // Lines are to keep their numbers.
      (comment, string?: string) => string ?? comment.replaceAll(/[^\n]/g, ""),
    )
    .replaceAll(/("(?:[^"\\]|\\[^])*"?)|,(?=\s*[}\]])/g, "$1");
  try {
    return JSON.parse(plain);
  } catch {
    throw new MalformedText(brokenLine(plain));
  }
}
