/**
 * The few things the app needs from its host, as tiny interfaces. `vscode.Memento`,
 * `vscode.SecretStorage` and `vscode.LogOutputChannel` satisfy them as they are.
 */
import type { Event } from "../base/event.ts";

export interface Memento {
  get<T>(key: string): T | undefined;
  update(key: string, value: unknown): Thenable<void>;
}

export interface Secrets {
  get(key: string): Thenable<string | undefined>;
  store(key: string, value: string): Thenable<void>;
  delete(key: string): Thenable<void>;
  /** The names of all secrets that are kept. */
  keys?(): Thenable<readonly string[]>;
  /** Fires in every window. */
  readonly onDidChange?: Event<{ readonly key: string }>;
}

export interface Log {
  trace(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export interface Clock {
  now(): Date;
}

/** Tells other windows, and hears from them, that saved connections have changed. */
export interface Elsewhere {
  readonly onDidChange: Event<void>;
}

type Thenable<T> = PromiseLike<T>;
