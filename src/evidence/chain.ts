import { digest } from "./canonical-json.ts";

/** The form of a log, written into its first record. */
export const LOG_SCHEMA = "evidence/v1";

const TAIL = /,"hash":"([\w-]{43})"\}$/;

/** What the first line of a run's log is chained to. */
export function genesis(runId: string): string {
  return digest(`${LOG_SCHEMA}\n${runId}`);
}

/** The hash of a line whose text without its hash member is `body`, after a line with the hash `previous`. */
export function chainHash(previous: string, body: string): string {
  return digest(`${previous}\n${body}`);
}

/** The line: its body with the hash as the last member. */
export function sealLine(body: string, hash: string): string {
  return `${body.slice(0, -1)},"hash":"${hash}"}`;
}

/** Takes a line apart; undefined if it does not end with a hash member. */
export function openLine(line: string): { readonly body: string; readonly hash: string } | undefined {
  const hash = TAIL.exec(line)?.[1];
  return hash === undefined ? undefined : { body: `${line.slice(0, -(hash.length + 11))}}`, hash };
}
