export type PolicyPurpose =
  | "read"
  | "append-only" // backups that whoever steals the key cannot delete
  | "full";

export interface PolicyRequest {
  /** The connection's preset, which tells the service. */
  readonly preset?: string | undefined;
  readonly bucket: string;
  readonly region?: string | undefined;
  /** Empty for the whole bucket; else a folder, ending in `/`. */
  readonly prefix: string;
  readonly purpose: PolicyPurpose;
  /**
   * Whom the policy of a bucket is about, as the service names users; absent for the policy of a
   * user, which is about whoever has it.
   */
  readonly principal?: string | undefined;
}
