/** Ports that live in memory, for tests of the app. */
import type { Clock, Log, Memento, Secrets } from "../../src/app/ports.ts";

/** Values pass through JSON, as they do in VS Code. */
export function memoryMemento(): Memento & { readonly saved: Map<string, string> } {
  const saved = new Map<string, string>();
  return {
    saved,
    get: <T>(key: string): T | undefined => {
      const text = saved.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    update: async (key, value) => {
      if (value === undefined) saved.delete(key);
      else saved.set(key, JSON.stringify(value));
    },
  };
}

export function memorySecrets(): Secrets & { readonly saved: Map<string, string> } {
  const saved = new Map<string, string>();
  return {
    saved,
    get: async (key) => saved.get(key),
    store: async (key, value) => void saved.set(key, value),
    delete: async (key) => void saved.delete(key),
  };
}

/** As on a Linux machine without a keyring. */
export function brokenSecrets(): Secrets {
  const fail = async () => {
    throw new Error("no keyring");
  };
  return { get: fail, store: fail, delete: fail };
}

export function quietLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  return { lines, trace: write, info: write, warn: write, error: write };
}

export function handClock(start = "2026-03-01T10:00:00.000Z"): Clock & { pass(ms: number): void } {
  let at = Date.parse(start);
  return { now: () => new Date(at), pass: (ms) => void (at += ms) };
}
