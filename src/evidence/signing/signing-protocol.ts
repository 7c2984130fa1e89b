/**
 * How a process asks a signer in another one, over a unix socket: one JSON object a line, one answer to each, in order.
 * `{"public_key": true}` is answered by `{"public_key": PEM}`; `{"sign": BASE64}` by `{"signature": BASE64}`; what cannot be
 * answered by `{"error": TEXT}`.
 */
export interface SigningRequest {
  readonly public_key?: true;
  readonly sign?: string;
}

/** The answer to a {@link SigningRequest}. */
export interface SigningAnswer {
  readonly public_key?: string;
  readonly signature?: string;
  readonly error?: string;
}

/** The most that one line may hold, in characters: a seal of the longest run fits. */
export const SIGNING_LINE_CHARACTERS = 64 * 1024 * 1024;
