/** Directory of the ledger within the state directory. */
export const LEDGER_DIRECTORY = "ledger";

/** The newest checkpoint, as C2SP names it. */
export const CHECKPOINT_FILE = "checkpoint";

/** The public key that the checkpoints are signed with, so that a copy of the ledger can be looked at alone. */
export const KEY_FILE = "key.pem";

/** Which runs are known, for a quicker start; nothing of what is proven. */
export const MARK_FILE = ".known-runs";
