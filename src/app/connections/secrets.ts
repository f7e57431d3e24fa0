/**
 * The secrets of connections. They live in the host's secret store; where that store fails (Linux
 * without a keyring), they are kept in memory until the window closes, and never in plain text.
 */
import type { Log, Secrets } from "../ports.ts";

export class ConnectionSecrets {
  readonly #store: Secrets;
  readonly #log: Log;
  /** What the store would not take, by its name there. An empty text hides one it still holds. */
  readonly #session = new Map<string, string>();

  constructor(store: Secrets, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** The secret, or nothing if none is set or the store cannot be read. */
  async get(id: string, field: string): Promise<string | undefined> {
    const name = nameOf(id, field);
    const kept = this.#session.get(name);
    if (kept !== undefined) return kept === "" ? undefined : kept;
    try {
      return await this.#store.get(name);
    } catch (error) {
      this.#complain("read", error);
      return undefined;
    }
  }

  /** Keeps the secret: safely where possible, else for this session. */
  async set(id: string, field: string, secret: string): Promise<void> {
    const name = nameOf(id, field);
    try {
      await this.#store.store(name, secret);
      // Some stores swallow what they cannot keep.
      if ((await this.#store.get(name)) === secret) {
        this.#session.delete(name);
        return;
      }
      this.#log.warn("the secret store did not keep a secret");
    } catch (error) {
      this.#complain("write", error);
    }
    this.#session.set(name, secret);
  }

  /** Forgets the secret here and in the store. Resolves to whether the store has let go of it. */
  async delete(id: string, field: string): Promise<boolean> {
    return await this.#forget(nameOf(id, field));
  }

  /** Forgets all of a connection's secrets, also of fields that this version does not know. */
  async deleteAll(id: string, fields: readonly string[]): Promise<boolean> {
    const names = new Set(fields.map((field) => nameOf(id, field)));
    for (const name of await this.#kept()) if (connectionOfSecret(name) === id) names.add(name);
    const gone = await Promise.all([...names].map((name) => this.#forget(name)));
    return gone.every(Boolean);
  }

  async #forget(name: string): Promise<boolean> {
    this.#session.delete(name);
    try {
      await this.#store.delete(name);
      return true;
    } catch (error) {
      this.#complain("forget", error);
      this.#session.set(name, "");
      return false;
    }
  }

  async #kept(): Promise<readonly string[]> {
    try {
      return (await this.#store.keys?.()) ?? [];
    } catch (error) {
      this.#complain("list", error);
      return [];
    }
  }

  /** Whether a secret of this connection will be gone when the window closes. */
  sessionOnly(id: string): boolean {
    const prefix = nameOf(id, "");
    return [...this.#session].some(([name, secret]) => secret !== "" && name.startsWith(prefix));
  }

  #complain(verb: "read" | "write" | "forget" | "list", error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#log.warn(`the secret store failed to ${verb} a secret: ${reason}`);
  }
}

/** The connection whose secret bears this name in the store, if any. */
export function connectionOfSecret(name: string): string | undefined {
  return /^connection\/([^/]+)\//.exec(name)?.[1];
}

function nameOf(id: string, field: string): string {
  return `connection/${id}/${field}`;
}
