/** What VS Code has no viewer for can be looked at elsewhere: says so, once for each file. */
import { commands, env, l10n, UIKind, type Uri, window } from "vscode";
import type { Connections } from "../../app/connections/connections.ts";
import { looksLikeText } from "../../app/files/content.ts";
import { locationAt, nameOf } from "../../app/location.ts";
import { never } from "../../base/abort.ts";
import { isOpeningAsText } from "../openEditors.ts";
import type { Reporter } from "../report.ts";
import { visible } from "../words.ts";

/** Long enough for a browser to fetch it, and of little use to whoever finds it later. */
const linkSeconds = 600;

interface Rooms {
  readonly connections: Connections;
  readonly reporter: Reporter;
  readonly download: (uri: Uri) => unknown;
}

export class UnshownFiles {
  readonly #rooms: Rooms;
  readonly #told = new Set<string>();

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  /** To be called with what an editor is about to show. Does not wait for the answer. */
  notice(uri: Uri, content: Uint8Array): void {
    const id = uri.toString();
    if (looksLikeText(content) || this.#told.has(id) || !isOpeningAsText(uri)) return;
    this.#told.add(id);
    this.#offer(uri).catch((error: unknown) => this.#rooms.reporter.report(error));
  }

  async #offer(uri: Uri): Promise<void> {
    const { connection, container, key } = locationAt(uri.authority, uri.path);
    const { connections } = this.#rooms;
    const { links } = (await connections.open(connection, container)).extras;
    const link = async () => await links?.get({ key, seconds: linkSeconds, signal: never });
    const isForBrowser = reachesBrowser(await link());
    const download = l10n.t("Download…");
    const browser = l10n.t("Open in Browser");
    const chosen = await window.showInformationMessage(
      l10n.t("“{0}” is not text, and VS Code has no viewer for it.", visible(nameOf(uri.path))),
      download,
      ...(isForBrowser ? [browser] : []),
    );
    if (chosen === download) await this.#rooms.download(uri);
    // As text: a `Uri` would be written anew on its way, and the link's signature with it.
    if (chosen === browser) await commands.executeCommand("vscode.open", await link());
  }
}

/** To a server of the computer that VS Code runs on, a browser elsewhere comes by an address that was not signed. */
function reachesBrowser(link: string | undefined): boolean {
  if (link === undefined) return false;
  const isElsewhere = env.remoteName !== undefined || env.uiKind === UIKind.Web;
  const isLocal = /^(localhost|127\..*|\[::1\])$/.test(new URL(link).hostname);
  return !(isLocal && isElsewhere);
}
