import type { Answers } from "../../src/storage/provider.ts";
import type { PlaceName } from "./places.ts";

/** What the engine is measured at. The first backup is always made: the others work on it. */
export const engineCases = [
  "first",
  "unchanged",
  "changed",
  "restore",
  "check",
  "large",
  "cold",
] as const;

export type EngineCase = (typeof engineCases)[number];

/** What a round works on. */
export interface EngineOrder {
  /** An empty folder for whatever is needed besides. */
  readonly work: string;
  /** The two folders to back up. */
  readonly sources: string;
  readonly large: string;
  readonly cases: readonly EngineCase[];
}

/** The same for the process that is our side of it. */
export interface OurOrder extends EngineOrder {
  /** Where the engine's worker and kernels are. */
  readonly dist: string;
  readonly on: PlaceName;
  readonly answers: Answers;
  /** Only a backup to the repository in this folder: a process of a few seconds. */
  readonly coldIn?: string;
}
