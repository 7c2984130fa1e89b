/** Whether the checker sees. */
export interface CanaryReport {
  /** Whether every planted violation was named by its law. */
  readonly ok: boolean;
  /** Why nothing could be planted at all; absent if it could. */
  readonly refused?: string;
  readonly laws: readonly {
    readonly law: string;
    /** How many files were planted that the law has to name. */
    readonly planted: number;
    /** Those that it did not name. */
    readonly missed: readonly string[];
  }[];
}
