// Long because a write goes by a hidden name, a claim and a move, and each step undoes the one before.
import { shellQuoted } from "../../../base/shell.ts";
import { complete } from "../../contentRange.ts";
import type { Driver } from "../../driver.ts";
import { isStorageError, StorageError } from "../../errors.ts";
import { type BeforeRequest, openHttp } from "../../http/http.ts";
import type { HttpReply } from "../../http/messages.ts";
import { type ObjectInfo, isSameState } from "../../objects.ts";
import { checkFileKey, checkKey, parentOf, unfinishedName } from "../../paths.ts";
import type { Config } from "../../fields.ts";
import { defineProvider } from "../../provider.ts";
import { deleteEach } from "../../refusals.ts";
import type { MoveRequest, ReadRequest, WriteRequest, Written } from "../../requests.ts";
import { serverFields } from "../../serverFields.ts";
import { listingOf } from "../../walk.ts";
import { type Addresses, addressesBeneath } from "./addresses.ts";
import { type WebdavService, webdavPresets } from "./presets.ts";
import { claimsOf } from "./claims.ts";
import { type Dav, completed, dropped, hasStatus, openDav } from "./client.ts";
import { checksumHeader, checksumOf, verified } from "./checksums.ts";
import { uploadInChunks, uploadsOf, wholeBytes } from "./chunks.ts";
import { examineWebdav } from "./examination.ts";
import { foldersOf, inTheWay } from "./folders.ts";
import { lengthsOf } from "./lengths.ts";
import { relocationOf } from "./relocation.ts";
import { paced } from "./pace.ts";
import { recogniseWebdav } from "./recognition.ts";
import { infoOfReply, mayBeFolder, partOf, understood } from "./replies.ts";
import { resourcesOf } from "./resources.ts";
import { respelled } from "./respelling.ts";

const fields = {
  url: {
    type: "text",
    label: "Address",
    format: "url",
    required: true,
    placeholder: "https://dav.example.com/files/",
    help: "The folder to use, as the service shows it under WebDAV.",
  },
  folder: {
    type: "text",
    label: "Folder",
    format: "folder",
    placeholder: "Photos/2026",
    help: "Shows this folder beneath the address, and nothing outside it.",
  },
  user: { type: "text", label: "User" },
  password: {
    type: "secret",
    label: "Password",
    help: "Many services want an app password, made in their security settings.",
  },
  auth: {
    type: "choice",
    label: "Sign in with",
    options: {
      basic: "User and password (basic)",
      digest: "User and password (digest)",
      bearer: "Access token (bearer)",
    },
    default: "basic",
    advanced: true,
  },
  token: { type: "secret", label: "Access token", advanced: true },
  ...serverFields({ default: 6, max: 32 }),
} as const;

/** Servers of RFC 4918: Nextcloud, ownCloud, Apache, NAS boxes and many file services. */
export const webdav = defineProvider({
  id: "webdav",
  label: "WebDAV",
  icon: "server",
  noun: "file",
  folder: "folder",
  fields,
  presets: webdavPresets,
  recognise: recogniseWebdav,
  place(config, service) {
    const { host, pathname } = new URL(rootOf(config, service));
    return host + pathname.replace(/\/$/, "");
  },
  // restic speaks no WebDAV itself; rclone, which it starts, does.
  restic(config, folder, service) {
    const { auth, user } = config;
    const url = rootOf(config, service);
    const access = auth === "bearer" ? "bearer_token …" : `user ${shellQuoted(user ?? "…")} pass …`;
    return {
      repository: `rclone:offsite:${folder}`,
      preparation: [`rclone config create offsite webdav url ${shellQuoted(url)} ${access}`],
    };
  },
  open: async (config, service, beforeRequest) => {
    const { dav, addresses } = await reached(config, service, beforeRequest);
    return webdavDriver(dav, addresses, config.concurrency, service);
  },
  examine: async (config, examination, service) => {
    const { dav, addresses } = await reached(config, service);
    await examineWebdav(dav, addresses, examination);
  },
});

async function reached(
  config: Config<typeof fields>,
  service: WebdavService | undefined,
  beforeRequest?: BeforeRequest,
): Promise<{ readonly dav: Dav; readonly addresses: Addresses }> {
  const { auth, user, password, token, verifyTls, timeout } = config;
  const addresses = addressesBeneath(rootOf(config, service));
  const http = openHttp({
    verifyTls,
    timeoutMs: timeout * 1000,
    addressField: "url",
    ...(beforeRequest && { beforeRequest }),
  });
  const account = { root: addresses.root, auth, user, password, token };
  const dav = await openDav(http, account);
  return { dav: service?.pace ? paced(dav, service.pace) : dav, addresses };
}

/** The folder to use: as given, or where the service keeps a user's files on the server that is given. */
function rootOf(
  { url, user }: { readonly url: string; readonly user: string | undefined },
  service: WebdavService | undefined,
): string {
  const { path } = service ?? {};
  if (
    path === undefined ||
    /\/(remote|public)\.php(\/|$)|\/(web)?dav(\/|$)/.test(new URL(url).pathname)
  )
    return url;
  const base = url.replace(/[?#].*$/, "").replace(/\/(index\.php)?\/*$/, "");
  return `${base}/${path.replace("{user}", encodeURIComponent(user ?? ""))}`;
}

/** https://www.rfc-editor.org/rfc/rfc4918 */
function webdavDriver(
  dav: Dav,
  addresses: Addresses,
  concurrency: number,
  service: WebdavService = {},
): Driver {
  const resources = resourcesOf(dav, addresses);
  const folders = foldersOf(dav, addresses, resources);
  const lengths = lengthsOf(dav, addresses);
  const relocate = relocationOf(dav, addresses);
  const claimed = claimsOf(dav, addresses, resources);

  async function stat(key: string, signal: AbortSignal): Promise<ObjectInfo> {
    const resource = await resources.one(key, signal);
    if (resource.isFolder) throw new StorageError("not-found", `not a file: ${key}`);
    return await lengths.infoOf(key, resource, signal);
  }

  async function discard(key: string): Promise<void> {
    // The caller's signal may have fired already.
    const signal = AbortSignal.timeout(5000);
    await dav({ method: "DELETE", url: addresses.of(key), signal }).then(dropped, () => {});
  }

  /**
   * Gives what `fill` makes its name. Many servers show a half-sent PUT (rclone leaves it so when
   * cut), so `fill` is given a hidden name in the same folder, and MOVE is one step.
   */
  async function put(
    { key, ifAbsent = false, ifMatch, signal }: Omit<WriteRequest, "body">,
    size: number,
    fill: (unfinished: string) => Promise<void>,
  ): Promise<Written> {
    const unfinished = parentOf(key) + unfinishedName();
    try {
      await folders.with(parentOf(key), signal, () => fill(unfinished));
      const { size: kept, version } = await stat(unfinished, signal);
      if (kept !== size)
        throw new StorageError("unreachable", `the server kept ${kept} of ${size} bytes`);
      if (ifMatch === undefined) await place(unfinished, key, ifAbsent, signal);
      else await replace(unfinished, key, ifMatch, signal);
      // What the version is under the new name, only the server knows.
      return { key, size, ...(version !== undefined && { hiddenVersion: version }) };
    } catch (error) {
      await discard(unfinished);
      throw error;
    }
  }

  function refuseTopmost(key: string): void {
    if (service.isRootOfFolders && !key.includes("/") && isTopmost(addresses.root))
      throw new StorageError("unsupported", "the topmost folder holds folders only", {
        reason: "folders-only",
      });
  }

  const uploads = service.chunks === "nextcloud" ? uploadsOf(addresses.root) : undefined;

  async function send(
    { key, body, contentType, modified, signal }: WriteRequest,
    unfinished: string,
  ): Promise<void> {
    const url = addresses.of(unfinished);
    const seconds = Math.floor((modified?.getTime() ?? 0) / 1000);
    const times =
      service.keepsTimes && modified !== undefined ? { "x-oc-mtime": String(seconds) } : {};
    if (uploads !== undefined && body.size > wholeBytes) {
      // Sent again for a missing folder would be a lot.
      if (parentOf(key) !== "") await folders.make(parentOf(key), signal);
      const upload = { body, target: url, headers: times, signal };
      if (await uploadInChunks(dav, uploads, upload)) return;
    }
    const headers = {
      "content-type": contentType ?? "application/octet-stream",
      ...times,
      ...(service.keepsChecksums && { "oc-checksum": await checksumHeader(body, signal) }),
    };
    await completed(await dav({ method: "PUT", url, headers, body, signal }));
  }

  async function place(
    from: string,
    to: string,
    ifAbsent: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const move = async (overwrite: boolean, within: AbortSignal = signal) =>
      await relocate({ method: "MOVE", from, to, overwrite, signal: within });
    if (ifAbsent) {
      await claimed(to, signal, async (limited) => await move(false, limited));
      return;
    }
    try {
      await move(false);
    } catch (error) {
      if (!hasStatus(error, 412)) throw error;
      // Overwriting a folder would delete all that is in it, so what is there is looked at first.
      const there = await resources.one(to, signal).catch(ignoreMissing);
      if (there?.isFolder) throw inTheWay(to);
      await overwrite(() => move(true), from, signal);
    }
  }

  /** In the place of a file in that state: another file, a folder or none is a conflict. */
  async function replace(
    from: string,
    to: string,
    ifMatch: string,
    signal: AbortSignal,
  ): Promise<void> {
    const move = { method: "MOVE", from, to, overwrite: true, ifMatch, signal } as const;
    try {
      await relocate(move);
    } catch (error) {
      // Another writer was in the middle of it; see `overwrite`.
      if (!hasStatus(error, 404, 409)) throw error;
      await resources.one(from, signal);
      await relocate(move);
    }
  }

  /** Apache deletes the old file before it renames the new one, and fails if another writer has. */
  async function overwrite(
    move: () => Promise<void>,
    from: string,
    signal: AbortSignal,
  ): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await move();
        return;
      } catch (error) {
        if (attempt === 8 || !hasStatus(error, 404, 409, 412)) throw error;
        await resources.one(from, signal);
      }
    }
  }

  /** A server that took `Overwrite: F` for nothing would delete all that is in the target first. */
  async function moveFolder(from: string, to: string, signal: AbortSignal): Promise<void> {
    if ((await resources.one(to.slice(0, -1), signal).catch(ignoreMissing)) !== undefined)
      throw new StorageError("conflict", `something is at ${to}`);
    await relocate({ method: "MOVE", from, to, overwrite: false, signal });
  }

  /** Servers refuse in many ways to move what is not there, and to where something is. */
  async function explained(
    error: unknown,
    { from, to, signal }: Pick<MoveRequest, "from" | "to" | "signal">,
  ): Promise<unknown> {
    if (!hasStatus(error, 400, 403, 404, 405, 409, 412, 500)) return error;
    const { details } = error;
    if ((await resources.one(from, signal).catch(ignoreMissing)) === undefined)
      return new StorageError("not-found", `nothing is at ${from}`, details);
    if ((await resources.one(to.replace(/\/$/, ""), signal).catch(ignoreMissing)) === undefined)
      return error;
    return new StorageError("conflict", `something is at ${to}`, { ...details, retryable: false });
  }

  async function removeFile(key: string, signal: AbortSignal): Promise<void> {
    // DELETE of a folder would delete all that is in it, and a folder is not the file.
    const there = await resources.one(key, signal).catch(ignoreMissing);
    if (there === undefined || there.isFolder) return;
    try {
      await completed(await dav({ method: "DELETE", url: addresses.of(key), signal }));
    } catch (error) {
      ignoreMissing(error);
    }
  }

  async function get(
    key: string,
    range: ReadRequest["range"],
    signal: AbortSignal,
  ): Promise<HttpReply> {
    const last = range?.end === undefined ? "" : range.end - 1;
    const headers = range ? { range: `bytes=${range.start}-${last}` } : {};
    try {
      const reply = await dav({ method: "GET", url: addresses.of(key), headers, signal });
      if (mayBeFolder(reply))
        await stat(key, signal).catch(async (error: unknown) => {
          reply.body?.cancel();
          throw error;
        });
      return reply;
    } catch (error) {
      // Servers refuse to read a folder in many ways. None means that a file cannot be read.
      if (hasStatus(error, 301, 302, 303, 307, 308, 403, 405, 501)) await stat(key, signal);
      throw error;
    }
  }

  return {
    capabilities: {
      // By a claim and `Overwrite: F`; few servers look at `If-None-Match`.
      ifAbsent: true,
      // Apache gives weak ETags for a file's first second and refuses its own; others do not look.
      ifMatch: false,
      copyIfAbsent: true,
      range: true,
      deleteBatch: 16,
      concurrency,
    },

    list: listingOf({
      children: resources.children,
      describe: lengths.entriesOf,
    }),

    async stat({ key, signal }) {
      checkKey(key);
      return await stat(key, signal);
    },

    async read({ key, range, signal }, use) {
      checkKey(key);
      if (key.endsWith("/")) throw new StorageError("not-found", `not a file: ${key}`);
      const asked = understood(range);
      const reply = await get(key, asked, signal);
      try {
        const info = infoOfReply(key, asked, reply) ?? (await stat(key, signal));
        if (range && range.start >= info.size)
          throw new StorageError("invalid", `the file ends before byte ${range.start}`);
        // A server may send the whole file although a part was asked for.
        const isAsked = reply.status === 206 && asked === range;
        const sent = reply.body ?? new Blob([]).stream();
        const part = range && !isAsked ? partOf(sent, range) : sent;
        const body = complete(part, reply.headers, info.size, range);
        const sum = range ? undefined : checksumOf(reply.headers.get("oc-checksum"));
        return await use({ info, body: sum ? verified(body, sum) : body });
      } finally {
        // What is left unread would hold its connection.
        reply.body?.cancel();
      }
    },

    async write(request) {
      const { key, body } = request;
      checkFileKey(key);
      refuseTopmost(key);
      return await put(request, body.size, async (unfinished) => {
        await send(request, unfinished);
      });
    },

    async delete(request) {
      await deleteEach(request, 4, async (key) => {
        checkKey(key);
        await (key.endsWith("/") ? folders.remove : removeFile)(key, request.signal);
      });
    },

    async copy({ from, to, source, ifAbsent = false, signal }) {
      checkKey(from);
      checkFileKey(to);
      // Copying a folder would copy all that is in it.
      const found = await stat(from, signal);
      if (source && !isSameState(source, found))
        throw new StorageError("conflict", `changed meanwhile: ${from}`);
      return await put({ key: to, ifAbsent, signal }, found.size, async (unfinished) => {
        await relocate({ method: "COPY", from, to: unfinished, overwrite: false, signal });
      });
    },

    async move({ from, to, ifAbsent = false, signal }) {
      checkKey(from);
      checkKey(to);
      refuseTopmost(to);
      const isFolder = from.endsWith("/");
      try {
        await folders.with(parentOf(to), signal, async () => {
          // A folder replaces nothing, and no server's rename of one does, so it needs no claim,
          // whose time a large one might not keep to.
          if (isFolder) await moveFolder(from, to, signal);
          else await place(from, to, ifAbsent, signal);
        });
      } catch (error) {
        const told = await explained(error, { from, to, signal });
        const isTaken = ifAbsent && isStorageError(told, "conflict");
        if (!isTaken || !(await respelled(resources, relocate, { from, to, signal }))) throw told;
      }
      if (isFolder) folders.forget(from);
    },

    async makeFolder({ key, signal }) {
      checkKey(key);
      await folders.make(key.endsWith("/") ? key : `${key}/`, signal);
    },
  };
}

/** Whether it is all that there is, and no folder in it. */
function isTopmost(root: string): boolean {
  return /^\/(?:dav\/)?$/.test(new URL(root).pathname);
}

function ignoreMissing(error: unknown): undefined {
  if (!isStorageError(error, "not-found")) throw error;
}
