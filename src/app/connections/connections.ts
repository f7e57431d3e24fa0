// Long because answers and secrets are joined here and nowhere else: whoever needs both has to be in this file.
import { Emitter, type Disposable, type Event } from "../../base/event.ts";
import { StorageError } from "../../storage/errors.ts";
import type { Found } from "../../storage/examination.ts";
import { openStorage, type Target } from "../../storage/open.ts";
import { Pace } from "../../storage/pace.ts";
import type { Fields } from "../../storage/fields.ts";
import type {
  Answers,
  NewContainer,
  Problem,
  Provider,
  StorageClass,
} from "../../storage/provider.ts";
import { providerOf } from "../../storage/registry.ts";
import type { Storage } from "../../storage/storage.ts";
import { ConnectionSecrets, connectionOfSecret } from "./secrets.ts";
import { diagnose, type Diagnosis, type DiagnosisTrial } from "./diagnose.ts";
import { connectionOf, type Connection } from "./connection.ts";
import { Findings } from "./findings.ts";
import type { Clock, Elsewhere, Log, Memento, Secrets } from "../ports.ts";
import { changes, merge, readRecords, stored, type Records } from "./records.ts";
import { verify, type VerifyStep } from "./verify.ts";

/** What the rest of the app and the UI need of connections. */
export interface ConnectionStore {
  /** Fires with the ids of those that were added, changed or removed. */
  readonly onDidChange: Event<readonly string[]>;
  list(): readonly Connection[];
  get(id: string): Connection | undefined;
  /** Opens the connection's container, or the named one. Secrets join the answers here and nowhere else. */
  open(id: string, container?: string): Promise<Storage>;
}

/** A connection as the form has it: new or changed, and not saved yet. */
export interface Draft {
  /** Absent for a new connection. */
  readonly id?: string;
  readonly name: string;
  readonly provider: string;
  readonly preset?: string | undefined;
  /** A secret that is absent here stays as it is; an empty one is forgotten. */
  readonly answers: Answers;
  readonly readOnly?: boolean;
}

/** Undefined where nobody limits anything; `Infinity` for no limit at this time of day. */
export interface Limits {
  /** Of all connections together. */
  bytesPerSecond(): number | undefined;
  /** Of each connection. */
  requestsPerSecond(): number | undefined;
}

export interface ConnectionsOptions {
  /** State that all windows share. */
  readonly memento: Memento;
  readonly secrets: Secrets;
  readonly log: Log;
  readonly clock: Clock;
  /** Fires when another window may have changed something. */
  readonly elsewhere?: Elsewhere;
  readonly newId: () => string;
  /** How fast everything may go, asked again and again. */
  readonly limits?: Limits;
  /** Tests bring providers of their own. */
  readonly providerOf?: (id: string) => Provider | undefined;
}

const stateKey = "connections";

/** The saved connections: the only place that joins their answers with their secrets. */
export class Connections implements ConnectionStore {
  readonly #options: ConnectionsOptions;
  readonly #providerOf: (id: string) => Provider | undefined;
  readonly #secrets: ConnectionSecrets;
  readonly #findings: Findings;
  readonly #changed = new Emitter<readonly string[]>();
  readonly #subscriptions: readonly (Disposable | undefined)[];
  readonly #bytes: Pace | undefined;
  /** By connection, whatever its containers. */
  readonly #requestPaces = new Map<string, Pace>();
  /** By connection and container. */
  readonly #opened = new Map<string, Promise<Storage>>();
  #records: Records;
  #requests = 0;

  readonly onDidChange: Event<readonly string[]> = this.#changed.event;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#providerOf = options.providerOf ?? providerOf;
    this.#secrets = new ConnectionSecrets(options.secrets, options.log);
    this.#findings = new Findings(options.memento);
    this.#records = readRecords(options.memento.get(stateKey));
    const { limits } = options;
    this.#bytes = limits && new Pace(() => limits.bytesPerSecond());
    this.#subscriptions = [
      options.elsewhere?.onDidChange(() => void this.refresh()),
      options.secrets.onDidChange?.(({ key }) => this.#secretChanged(key)),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription?.dispose();
  }

  /** Requests sent over all connections since the window opened, repeated ones included. */
  get requestsSent(): number {
    return this.#requests;
  }

  /** Sorted by name. */
  list(): readonly Connection[] {
    return Object.values(this.#records)
      .flatMap(({ connection }) => connection ?? [])
      .toSorted((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
  }

  get(id: string): Connection | undefined {
    return this.#records[id]?.connection;
  }

  /** The connection's provider, if this version has it. */
  provider(connection: { readonly provider: string }): Provider | undefined {
    return this.#providerOf(connection.provider);
  }

  /** How its service can keep objects; of one without a name, what most services know. */
  storageClasses(connection: Connection): Readonly<Record<string, StorageClass>> {
    const { presets = [] } = this.provider(connection) ?? {};
    const preset =
      presets.find(({ id }) => id === connection.preset) ??
      presets.findLast(({ retired }) => retired === undefined);
    return preset?.storageClasses ?? {};
  }

  /** The short text that tells this connection from others: a host, a bucket, a path. */
  place(connection: Connection): string {
    return this.provider(connection)?.place(connection.answers, connection.preset) ?? "";
  }

  /** When what its storage can do was last tried out. */
  triedAt({ preset, answers, ...connection }: Connection): Date | undefined {
    const provider = this.provider(connection);
    return provider && this.#findings.triedAt({ provider, preset, answers });
  }

  /** What was found of its storage then. */
  found({ preset, answers, ...connection }: Connection): Found | undefined {
    const provider = this.provider(connection);
    return provider && this.#findings.of({ provider, preset, answers });
  }

  /** Whether opening it takes the name of a container. */
  needsContainer(connection: Connection): boolean {
    const field = this.provider(connection)?.container;
    return field !== undefined && !connection.answers[field];
  }

  async open(id: string, container?: string): Promise<Storage> {
    const key = openedKey(id, container);
    const opened = this.#opened.get(key) ?? this.#open(id, container);
    this.#opened.set(key, opened);
    try {
      return await opened;
    } catch (error) {
      if (this.#opened.get(key) === opened) this.#opened.delete(key);
      throw error;
    }
  }

  /** The names of the containers the connection gives access to. `denied` if they may not be listed. */
  async containers(id: string, signal: AbortSignal): Promise<readonly string[]> {
    const connection = this.#required(id);
    const provider = this.#requiredProvider(connection);
    if (!provider.containers) throw new StorageError("unsupported", "has no containers to list");
    try {
      const answers = await this.#complete(connection);
      return await provider.containers(answers, signal, connection.preset);
    } catch (error) {
      if (error instanceof StorageError)
        error.place ??= { operation: "list", connection: connection.name };
      throw error;
    }
  }

  /** Makes a container. `conflict` if the name is taken; `denied` on a read-only connection. */
  async createContainer(id: string, container: NewContainer, signal: AbortSignal): Promise<void> {
    await this.#change(id, "write", async (connection, provider, answers) => {
      if (!provider.createContainer) throw new StorageError("unsupported", "makes no containers");
      await provider.createContainer(answers, container, signal, connection.preset);
    });
  }

  /**
   * Takes an empty container away. `conflict` if anything is in it; `denied` on a read-only
   * connection.
   */
  async deleteContainer(id: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#change(id, "delete", async (connection, provider, answers) => {
      if (!provider.deleteContainer) throw new StorageError("unsupported", "deletes no containers");
      await provider.deleteContainer(answers, name, signal, connection.preset);
    });
    this.#opened.delete(openedKey(id, name));
    const { containers = [], ...connection } = this.#required(id);
    if (!containers.includes(name)) return;
    await this.#put(id, { ...connection, containers: containers.filter((one) => one !== name) });
  }

  /** Keeps a new or changed connection, its secrets first, so that no window sees one without the other. */
  async save(draft: Draft): Promise<Connection> {
    const { fields } = this.#requiredProvider(draft);
    const id = draft.id ?? this.#options.newId();
    const before = this.get(id);
    const connection = connectionOf({
      ...draft,
      id,
      answers: withoutSecrets(fields, draft),
      containers: before?.containers,
    });
    // Another provider's secrets mean nothing to this one.
    if (before && before.provider !== connection.provider) await this.#forgetSecrets(before);
    for (const field of secretsOf(fields)) await this.#keep(id, field, draft.answers[field]);
    await this.#put(id, connection);
    return connection;
  }

  /** Keeps a copy under another name, with the same secrets. */
  async duplicate(id: string, name: string): Promise<Connection> {
    const { id: _, ...draft } = await this.withSecrets(id);
    return await this.save({ ...draft, name });
  }

  /** The connection with its secrets among the answers, for a copy that is kept as safely. */
  async withSecrets(id: string): Promise<Connection> {
    const connection = this.#required(id);
    return { ...connection, answers: await this.#complete(connection) };
  }

  /** Remembers a container that the connection's key can use but not list. */
  async addContainer(id: string, name: string): Promise<void> {
    await this.refresh();
    const connection = this.#required(id);
    const containers = new Set([...(connection.containers ?? []), name]);
    await this.#put(id, { ...connection, containers: [...containers] });
  }

  async rename(id: string, name: string): Promise<void> {
    // What another window has changed is not to be taken back: its secrets are those of the new place.
    await this.refresh();
    await this.#put(id, { ...this.#required(id), name });
  }

  /**
   * Removes the connection and its secrets; nothing in the storage is touched. Resolves to whether
   * the secret store has let go of all of them.
   */
  async forget(id: string): Promise<boolean> {
    const connection = this.#required(id);
    await this.#put(id, undefined);
    return await this.#forgetSecrets(connection);
  }

  /** The fields whose secret is set. */
  async secretsSet(id: string): Promise<ReadonlySet<string>> {
    const connection = this.get(id);
    const names = connection ? secretsOf(this.provider(connection)?.fields ?? {}) : [];
    const secrets = await Promise.all(names.map((name) => this.#secrets.get(id, name)));
    return new Set(names.filter((_, index) => secrets[index] !== undefined));
  }

  /**
   * Whether a new connection may have this id: nothing is kept under it but what it brings along. All
   * profiles share one secret store, and ids are no secrets.
   */
  async isFree(draft: Draft & { readonly id: string }): Promise<boolean> {
    const { id, answers } = draft;
    if (this.get(id)) return false;
    const names = secretsOf(this.provider(draft)?.fields ?? {});
    const secrets = await Promise.all(names.map((name) => this.#secrets.get(id, name)));
    return secrets.every((secret, index) => {
      const name = names[index];
      return secret === undefined || (name !== undefined && answers[name] === secret);
    });
  }

  /** Whether the secret store failed, so that the connection works for this session only. */
  sessionOnly(id: string): boolean {
    return this.#secrets.sessionOnly(id);
  }

  /** What is wrong with a draft before anything is sent; a secret that is saved counts as given. */
  async problems(draft: Draft): Promise<readonly Problem[]> {
    const answers = await this.#completeDraft(draft);
    return this.#requiredProvider(draft).problems(answers, draft.preset);
  }

  /** Tries a draft out, step by step, and cleans up behind itself. Never rejects. */
  async verify(
    draft: Draft,
    signal: AbortSignal,
    onStep: (step: VerifyStep) => void,
  ): Promise<boolean> {
    const target = await this.#targetOf(draft);
    let found: Found | undefined;
    const { log, newId } = this.#options;
    const onFound = (given: Found) => (found = given);
    const ok = await verify(target, { signal, onStep, onFound, log, probe: newId() });
    if (found) await this.#learn(target, found, draft.id);
    return ok;
  }

  /**
   * Tries what the connection's storage (or the named container) can do, and goes by it from now
   * on. See `diagnose`.
   */
  async diagnose(
    id: string,
    container: string | undefined,
    trial: Pick<DiagnosisTrial, "signal" | "onFinding" | "mayBeLarge">,
  ): Promise<Diagnosis> {
    const connection = this.#required(id);
    const field = this.#requiredProvider(connection).container;
    const named = container !== undefined && field !== undefined && { [field]: container };
    const answers = { ...connection.answers, ...named };
    const target = await this.#targetOf({ ...connection, answers });
    const { log, newId } = this.#options;
    const diagnosis = await diagnose(target, { ...trial, log, probe: newId() });
    await this.#learn(target, diagnosis.found, id);
    return diagnosis;
  }

  async #targetOf(draft: Draft): Promise<Target & { readOnly: boolean; name: string }> {
    const provider = this.#requiredProvider(draft);
    const { preset, name } = draft;
    const answers = await this.#completeDraft(draft);
    return {
      provider,
      answers,
      name,
      readOnly: draft.readOnly === true,
      found: this.#findings.of({ provider, preset, answers }),
      ...(preset !== undefined && { preset }),
    };
  }

  async #learn(target: Target, found: Found, id: string | undefined): Promise<void> {
    await this.#findings.keep(target, found, this.#options.clock.now());
    // What is open has been opened with what was known before.
    if (id !== undefined) this.#drop(id);
  }

  /** The answers of a draft joined with the secrets that it leaves as they are. */
  async #completeDraft(draft: Draft): Promise<Answers> {
    const before = draft.id === undefined ? undefined : this.get(draft.id);
    if (!before || before.provider !== draft.provider) return draft.answers;
    return { ...(await this.#complete({ ...before, answers: {} })), ...draft.answers };
  }

  /** Reads what other windows have saved, and says again what they have overwritten. */
  async refresh(): Promise<void> {
    const theirs = readRecords(this.#options.memento.get(stateKey));
    const merged = merge(this.#records, theirs);
    this.#replace(merged);
    if (changes(theirs, merged).length > 0) await this.#write();
  }

  async #put(id: string, connection: Connection | undefined): Promise<void> {
    const theirs = readRecords(this.#options.memento.get(stateKey));
    const merged = merge(this.#records, theirs);
    // A clock that was set back must not make this change look older than the one it replaces.
    const changed = Math.max(this.#options.clock.now().getTime(), (merged[id]?.changed ?? 0) + 1);
    this.#drop(id);
    this.#replace({ ...merged, [id]: { changed, ...(connection && { connection }) } });
    await this.#write();
  }

  async #write(): Promise<void> {
    await this.#options.memento.update(stateKey, stored(this.#records, this.#options.clock.now()));
  }

  #replace(records: Records): void {
    const changed = changes(this.#records, records);
    this.#records = records;
    for (const id of changed) this.#drop(id);
    if (changed.length > 0) this.#changed.fire(changed);
  }

  #secretChanged(name: string): void {
    const id = connectionOfSecret(name);
    if (id === undefined) return;
    this.#drop(id);
    void this.refresh();
  }

  #drop(id: string): void {
    for (const key of this.#opened.keys()) if (key.startsWith(`${id}\n`)) this.#opened.delete(key);
  }

  async #open(id: string, container: string | undefined): Promise<Storage> {
    const connection = this.#required(id);
    const provider = this.#requiredProvider(connection);
    const { preset, name, readOnly } = connection;
    const field = container === undefined ? undefined : provider.container;
    const complete = await this.#complete(connection);
    const answers = field === undefined ? complete : { ...complete, [field]: container };
    const pace = this.#requestPace(id);
    return await openStorage(
      {
        provider,
        name,
        answers,
        found: this.#findings.of({ provider, preset, answers }),
        ...(preset !== undefined && { preset }),
        ...(readOnly && { readOnly }),
      },
      (line) => this.#options.log.trace(line),
      {
        bytes: this.#bytes,
        beforeRequest: (signal) => {
          this.#requests++;
          return pace?.mayLimit ? pace.pass(1, signal) : undefined;
        },
      },
    );
  }

  #requestPace(id: string): Pace | undefined {
    const { limits } = this.#options;
    const pace =
      this.#requestPaces.get(id) ?? (limits && new Pace(() => limits.requestsPerSecond()));
    if (pace) this.#requestPaces.set(id, pace);
    return pace;
  }

  /** Changes something of the whole account. */
  async #change(
    id: string,
    operation: "write" | "delete",
    work: (connection: Connection, provider: Provider, answers: Answers) => Promise<void>,
  ): Promise<void> {
    const connection = this.#required(id);
    try {
      if (connection.readOnly)
        throw new StorageError("denied", "the connection is read-only", { reason: "read-only" });
      await work(connection, this.#requiredProvider(connection), await this.#complete(connection));
    } catch (error) {
      if (error instanceof StorageError) error.place ??= { operation, connection: connection.name };
      throw error;
    }
  }

  async #complete(connection: Connection): Promise<Answers> {
    const names = secretsOf(this.#requiredProvider(connection).fields);
    const secrets = await Promise.all(
      names.map(async (name) => [name, await this.#secrets.get(connection.id, name)] as const),
    );
    const set = secrets.filter(([, secret]) => secret !== undefined);
    return { ...connection.answers, ...Object.fromEntries(set) };
  }

  async #keep(id: string, field: string, secret: unknown): Promise<void> {
    if (typeof secret !== "string") return;
    await (secret === "" ? this.#secrets.delete(id, field) : this.#secrets.set(id, field, secret));
  }

  async #forgetSecrets(connection: Connection): Promise<boolean> {
    const fields = secretsOf(this.provider(connection)?.fields ?? {});
    return await this.#secrets.deleteAll(connection.id, fields);
  }

  #required(id: string): Connection {
    const connection = this.get(id);
    if (!connection) throw new StorageError("not-found", "no such connection");
    return connection;
  }

  #requiredProvider(connection: { readonly provider: string; readonly name: string }): Provider {
    const provider = this.#providerOf(connection.provider);
    if (provider) return provider;
    const error = new StorageError("unsupported", `no provider ${connection.provider}`);
    error.place = { operation: "list", connection: connection.name };
    throw error;
  }
}

/** Under which name an opened container is kept. */
function openedKey(id: string, container: string | undefined): string {
  return `${id}\n${container ?? ""}`;
}

function secretsOf(fields: Fields): readonly string[] {
  return Object.keys(fields).filter((name) => fields[name]?.type === "secret");
}

/** Only what the provider asks for, without secrets and without empty answers. */
function withoutSecrets(fields: Fields, { answers }: Draft): Answers {
  const plain = Object.entries(fields).filter(
    ([name, { type }]) => type !== "secret" && answers[name] !== undefined && answers[name] !== "",
  );
  return Object.fromEntries(plain.map(([name]) => [name, answers[name]]));
}
