/** Connections over fake ports, as one or several windows of VS Code have them. */
import { Connections, type ConnectionsOptions } from "../../src/app/connections/connections.ts";
import type { Clock, Memento, Secrets } from "../../src/app/ports.ts";
import { Emitter } from "../../src/base/event.ts";
import type { Provider } from "../../src/storage/provider.ts";
import { memoryProvider } from "../../src/storage/providers/memory.ts";
import { handClock, memoryMemento, memorySecrets, quietLog } from "./ports.ts";

export interface Window {
  readonly connections: Connections;
  /** The user comes back to this window. */
  focus(): void;
}

export interface Profile {
  readonly memento: ReturnType<typeof memoryMemento>;
  readonly secrets: Secrets & { readonly saved: Map<string, string> };
  readonly clock: ReturnType<typeof handClock>;
  readonly provider: Provider;
  /** Another window of the same profile. */
  open(options?: Partial<ConnectionsOptions>): Window;
}

let ids = 0;

/** State that several windows share. */
export function newProfile(provider: Provider = memoryProvider()): Profile {
  const memento = memoryMemento();
  const secrets = sharedSecrets();
  const clock = handClock();
  return {
    memento,
    secrets,
    clock,
    provider,
    open: (options) => openWindow(memento, secrets, clock, provider, options),
  };
}

function openWindow(
  memento: Memento,
  secrets: Secrets,
  clock: Clock,
  provider: Provider,
  options: Partial<ConnectionsOptions> = {},
): Window {
  const focused = new Emitter<void>();
  const connections = new Connections({
    memento,
    secrets,
    clock,
    log: quietLog(),
    elsewhere: { onDidChange: focused.event },
    newId: () => `id-${ids++}`,
    providerOf: (id) => (id === provider.id ? provider : undefined),
    ...options,
  });
  return { connections, focus: () => focused.fire() };
}

/**
 * VS Code's memento: each window has a copy of all values, writes all of it, and learns late of what
 * another window has written.
 */
export function lateMemento(shared: { value: string }): Memento & { catchUp(): void } {
  let own = shared.value;
  return {
    catchUp: () => {
      own = shared.value;
    },
    get: <T>(key: string): T | undefined => JSON.parse(own)[key],
    update: async (key, value) => {
      own = JSON.stringify({ ...JSON.parse(own), [key]: value });
      shared.value = own;
    },
  };
}

/** A secret store that tells every window what changes. */
function sharedSecrets(): Secrets & { readonly saved: Map<string, string> } {
  const changed = new Emitter<{ readonly key: string }>();
  const store = memorySecrets();
  return {
    saved: store.saved,
    onDidChange: changed.event,
    get: store.get,
    store: async (key, value) => {
      await store.store(key, value);
      changed.fire({ key });
    },
    delete: async (key) => {
      await store.delete(key);
      changed.fire({ key });
    },
  };
}
