import type { VerifyOptions } from "#evidence";
import { Fault } from "#model";
import { planHashOf } from "../job-file/plan-hash.ts";
import type { CommonFlags } from "../host.ts";
import type { CliHost } from "../host.ts";

/** Flags of `verify`. */
export interface VerifyFlags extends CommonFlags {
  /** The head that somebody has noted when the run ended. */
  readonly head?: string;
  /** Receipts of a client, each `seq=hash`. */
  readonly expect?: readonly string[];
  /** File of the seal; absent = the one beside the log, or the server's. */
  readonly seal?: string;
  /** A proof of one line, to be verified in place of a log. */
  readonly proof?: string;
  /** Files of public keys that are trusted. */
  readonly key?: readonly string[];
  /** File of what was to be run. */
  readonly plan?: string;
}

const RECEIPT = /^(?<seq>\d{1,15})=(?<hash>[\w-]{43})$/;

/** What the flags say of the log beforehand. @throws {Fault} INVALID_REQUEST that names every flag that cannot be read. */
export async function expectationsOf({ expect = [], plan }: VerifyFlags, host: CliHost): Promise<VerifyOptions> {
  const expected = receiptsOf(expect);
  return {
    ...(expected.size > 0 && { expected }),
    ...(plan !== undefined && { planHash: await planHashOf(plan, host) }),
  };
}

function receiptsOf(receipts: readonly string[]): ReadonlyMap<number, string> {
  const expected = new Map<number, string>();
  const violations = receipts.flatMap((receipt) => {
    const { seq, hash } = RECEIPT.exec(receipt)?.groups ?? {};
    if (seq === undefined || hash === undefined)
      return [
        { field: "--expect", description: `is ${JSON.stringify(receipt)}; expected seq=hash, as a stream sends them` },
      ];
    const before = expected.get(Number(seq));
    if (before !== undefined && before !== hash)
      return [{ field: "--expect", description: `names two hashes for seq ${seq}; a line has one` }];
    expected.set(Number(seq), hash);
    return [];
  });
  if (violations.length === 0) return expected;
  throw new Fault("INVALID_REQUEST", "What is expected of the log cannot be read.", { violations });
}
