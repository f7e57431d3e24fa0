/** What a transfer is to do, as plain data that outlives the window. It holds no secret. */
import { isObject } from "../../base/json.ts";
import type { Location } from "../location.ts";

export type TransferKind = "upload" | "download" | "copy" | "move";

/** What becomes of things that are there already. "newer" replaces what is older than the source. */
export const existingChoices = ["ask", "skip", "replace", "newer", "rename"] as const;
export type Existing = (typeof existingChoices)[number];

/** A file or folder of this computer. */
export interface LocalSource {
  readonly path: string;
  /** What it becomes; its own name if absent. */
  readonly name?: string;
  /** A copy that was made for this transfer, and goes with it. */
  readonly isTemporary?: true;
}

/** An object, or a folder with all that is in it. */
export interface RemoteSource {
  readonly at: Location;
  /** What it becomes. */
  readonly name: string;
}

export type TransferPlan = { readonly existing: Existing } & (
  | {
      readonly kind: "upload";
      readonly sources: readonly LocalSource[];
      /** A folder or a whole container. */
      readonly target: Location;
    }
  | {
      readonly kind: "download";
      readonly sources: readonly RemoteSource[];
      /** The path of a local folder. */
      readonly target: string;
    }
  | {
      readonly kind: "copy" | "move";
      readonly sources: readonly RemoteSource[];
      readonly target: Location;
    }
);

/** What the first of them becomes at the target. There may be many. */
export function firstName({ sources: [first] }: TransferPlan): string {
  return first?.name ?? lastName(first && "path" in first ? first.path : "");
}

function lastName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}

/** Reads a plan from a file, which anyone may have edited; undefined if it is none. */
export function parsePlan(value: unknown): TransferPlan | undefined {
  if (!isObject(value)) return undefined;
  const { kind, sources, target } = value;
  const existing = existingChoices.find((choice) => choice === value["existing"]);
  if (existing === undefined || !Array.isArray(sources) || sources.length === 0) return undefined;
  const ends = endsOf(kind, sources, target);
  return ends && { existing, ...ends };
}

function endsOf(kind: unknown, sources: readonly unknown[], target: unknown) {
  if (kind === "upload" && sources.every(isLocalSource) && isLocation(target))
    return { kind, sources, target } as const;
  if (!sources.every(isRemoteSource)) return undefined;
  if (kind === "download" && typeof target === "string") return { kind, sources, target } as const;
  if ((kind === "copy" || kind === "move") && isLocation(target))
    return { kind, sources, target } as const;
  return undefined;
}

function isLocalSource(value: unknown): value is LocalSource {
  if (!isObject(value) || typeof value["path"] !== "string") return false;
  const { name, isTemporary } = value;
  return isOptional(name) && (isTemporary === undefined || isTemporary === true);
}

function isRemoteSource(value: unknown): value is RemoteSource {
  return isObject(value) && typeof value["name"] === "string" && isLocation(value["at"]);
}

/** Whether `value` has the shape of a location. */
export function isLocation(value: unknown): value is Location {
  if (!isObject(value)) return false;
  const { connection, container, key } = value;
  return typeof connection === "string" && typeof key === "string" && isOptional(container);
}

function isOptional(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}
