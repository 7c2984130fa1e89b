import type { Principal } from "../identity/principal.ts";
import type { CallShares } from "./call-budgets.ts";
import type { PeerCertificate } from "./peer-certificate.ts";

export type { Authenticate, Principal } from "../identity/principal.ts";

/** Read access to the metadata of a call. Names are lower case. */
export interface CallHeaders {
  /** The first value, or undefined. Binary values are not told. */
  get(name: string): string | undefined;
}

/** What an implementation is told of the call that it serves. */
export interface CallContext {
  /** Aborts when the caller goes away, its deadline passes or the server stops; never after a normal end. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting, milliseconds since 1970; Infinity if it does not say. */
  readonly deadline: number;
  readonly headers: CallHeaders;
  /** Where the call comes from, for people. */
  readonly peer: string;
  readonly principal: Principal;
  /** The certificate that the caller's connection was made with, verified; undefined where it was made without one. */
  readonly peerCertificate: PeerCertificate | undefined;
  /** What the call holds of the memory that all calls share: asked for before something large is read for its answer. */
  readonly shares: CallShares;
}
