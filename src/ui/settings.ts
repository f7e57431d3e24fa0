/** What can be set. The manifest and the README are generated from these declarations. */

interface Declared<T extends string> {
  readonly type: T;
  /** Markdown. */
  readonly description: string;
  readonly scope: "application" | "machine" | "window" | "resource";
  /** A workspace may set it only once it is trusted. */
  readonly restricted?: true;
}
export type SettingDeclaration =
  | (Declared<"boolean"> & { readonly default: boolean })
  | (Declared<"number"> & {
      readonly default: number;
      readonly minimum: number;
      readonly maximum: number;
    })
  | (Declared<"string"> & {
      readonly default: string;
      /** If only some values count: value to its description. */
      readonly options?: Readonly<Record<string, string>>;
    })
  | (Declared<"array"> & { readonly default: readonly string[] })
  | (Declared<"object"> & { readonly default: Readonly<Record<string, unknown>> });

/** In the order the settings page shows them. Names are without the leading `offsite.`. */
export const settings = {
  "browse.askAboveMegabytes": {
    type: "number",
    default: 20,
    minimum: 0,
    maximum: 100_000,
    scope: "window",
    description: "Ask before opening an object larger than this many megabytes in an editor.",
  },
} as const satisfies Readonly<Record<string, SettingDeclaration>>;
