/** Which files count. Patterns are gitignore's, relative to the root they stand in. */
export interface ExcludeRules {
  /** Patterns that hold in every root. */
  readonly patterns: readonly string[];
  /** Obey `.gitignore` files, nested ones too. `.offsiteignore` files always count. */
  readonly gitignore: boolean;
  /** Files larger than this stay out. */
  readonly maxFileBytes?: number;
  /** Absolute paths that never count: our own cache and the repository itself. */
  readonly never: readonly string[];
}
