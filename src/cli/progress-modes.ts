/** How progress is shown: `auto` is `tty` on a terminal and `plain` elsewhere. */
export const PROGRESS_MODES = ["auto", "tty", "plain", "jsonl", "none"] as const;

/** See {@link PROGRESS_MODES}. */
export type ProgressMode = (typeof PROGRESS_MODES)[number];
