import type { Event } from "../base/event.ts";
import type { Answers } from "../storage/provider.ts";
import type { Storage } from "../storage/storage.ts";

/** A saved way to a storage account, without its secrets. */
export interface Connection {
  /** Random and stable; secrets, URIs and workspace settings refer to it. */
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly preset?: string;
  /** Without secrets. */
  readonly answers: Answers;
  readonly readOnly?: boolean;
}

/** What the rest of the app and the UI need of connections. */
export interface ConnectionStore {
  readonly onDidChange: Event<void>;
  list(): readonly Connection[];
  get(id: string): Connection | undefined;
  /** Opens the connection's container, or the named one. Secrets join the answers here and nowhere else. */
  open(id: string, container?: string): Promise<Storage>;
}
