import { isObject } from "../../base/json.ts";

/** Where a repository lies: a connection, a bucket where the connection has several, and a folder. */
export interface RepositoryPlace {
  /** The connection's id. */
  readonly connection: string;
  readonly container?: string;
  /** Segments joined by `/`, none at either end; empty for the container's own root. */
  readonly folder: string;
}

/** One text per place, for maps and for the target of a job. */
export function placeKey({ connection, container, folder }: RepositoryPlace): string {
  return JSON.stringify([connection, container ?? null, folder]);
}

/** The place's folder as a storage prefix: empty, or ending in `/`. */
export function storageFolder({ folder }: RepositoryPlace): string {
  return folder === "" ? "" : `${folder}/`;
}

/** Reads a place from settings or state, which anyone may have edited; undefined if it is none. */
export function parsePlace(value: unknown): RepositoryPlace | undefined {
  if (!isObject(value)) return undefined;
  const { connection, container, folder = "" } = value;
  if (typeof connection !== "string" || connection === "" || typeof folder !== "string")
    return undefined;
  if (container !== undefined && typeof container !== "string") return undefined;
  const plain = plainFolder(folder);
  if (plain === undefined) return undefined;
  return { connection, folder: plain, ...(container && { container }) };
}

/** `folder` without slashes at its ends; undefined if a segment is one that no storage can hold. */
export function plainFolder(folder: string): string | undefined {
  const segments = folder.split("/").filter((segment) => segment !== "");
  const odd = (segment: string) =>
    segment === "." || segment === ".." || Array.from(segment).some((character) => character < " ");
  return segments.some(odd) ? undefined : segments.join("/");
}
