/** What VS Code has no viewer for can be looked at elsewhere: says so, once for each file. */
import { commands, l10n, type Uri, window } from "vscode";
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
    const download = l10n.t("Download…");
    const browser = l10n.t("Open in Browser");
    const chosen = await window.showInformationMessage(
      l10n.t("“{0}” is not text, and VS Code has no viewer for it.", visible(nameOf(uri.path))),
      download,
      ...(links ? [browser] : []),
    );
    if (chosen === download) await this.#rooms.download(uri);
    if (chosen !== browser || !links) return;
    const link = await links.get({ key, seconds: linkSeconds, signal: never });
    // As text: a `Uri` would be written anew on its way, and the link's signature with it.
    await commands.executeCommand("vscode.open", link);
  }
}
