import type { LogReport } from "#evidence";
import { CONTRACT_LAWS_PROVEN, contractNotProven, contractProven } from "./contract-verdict.ts";

/** What was found of a seal's signature. */
export interface SealFinding {
  readonly keyId: string;
  /** `unknown_key`: signed by none of the keys at hand, if any. */
  readonly verdict: "valid" | "bad_signature" | "unknown_key";
  /** Where the keys came from; none = nobody has named one. */
  readonly keys: "given" | "own" | "none";
}

/** What is known of a log when it is told what is proven of it. */
export interface ProofFacts {
  /** Whether every line holds, and is the one that was noted. */
  readonly whole: boolean;
  /** Whether the records keep the laws; undefined if that cannot be said, because the lines do not hold. */
  readonly lawful: boolean | undefined;
  /** Whether the head is the one that was noted; undefined if none was. */
  readonly headAsNoted: boolean | undefined;
  /** What was found of the log's seal. */
  readonly seal: SealFinding | undefined;
  /** Whether the log goes on behind the lines that its seal covers, because the run was resumed. */
  readonly isBehind: boolean;
  /** Whether it is proven that the log has ended, that nothing is missing, and that nobody has written it anew since. */
  readonly endProven: boolean;
  readonly report: LogReport;
}

/** What a verification has proven of a log. */
export function provenBy({ whole, lawful, headAsNoted, seal, endProven, report }: ProofFacts): readonly string[] {
  if (!whole) return [];
  const { kind, planCompared, receipts, end } = report;
  return [
    `the chain is whole: every line is hashed together with all lines before it and with the ${kind}'s id, so no line was changed, removed, inserted or swapped unless all lines after it were written anew`,
    ...(kind === "run" ? runProven(report, lawful) : lawful === true ? lawfulContract(report) : []),
    ...(planCompared ? ["the plan is the one that was given"] : []),
    ...(receipts > 0 ? [`the lines of which there are receipts (${receipts}) stand in it, with all before them`] : []),
    ...(headAsNoted === true ? ["it is the log whose head was noted: nobody has written it anew since"] : []),
    ...(end === "sealed" && endProven
      ? [
          `it is the log that was sealed with the key ${seal?.keyId ?? ""}: nothing is missing, and nobody without that key has written it anew`,
        ]
      : []),
  ];
}

function runProven({ complete, laws }: LogReport, lawful: boolean | undefined): readonly string[] {
  return [
    "every output that stands in the log fits its hash",
    ...(lawful === true && laws ? [LAWS_PROVEN] : []),
    ...(complete ? ["the log begins with run.created and ends with run.completed"] : []),
  ];
}

function lawfulContract(report: LogReport): readonly string[] {
  return report.laws ? [CONTRACT_LAWS_PROVEN, ...contractProven(report)] : [];
}

const LAWS_PROVEN =
  "the records keep the laws: steps were started in declared order without gaps (EXEC-001), each started step has one result or is in doubt (EXEC-002), nothing was started after a failure (EXEC-003), no step was started twice under one job id (EXEC-006), and run and jobs went through states that may follow one another";

/** What it has not, and could not. */
export function notProvenBy({ whole, headAsNoted, seal, isBehind, endProven, report }: ProofFacts): readonly string[] {
  const { kind, end } = report;
  const isAnchored = endProven || headAsNoted === true || end !== "unproven";
  return [
    ...(whole ? [] : ["which of the lines are true: the log does not hold together"]),
    ...(kind === "contract" ? contractNotProven(report) : endNotProven(report)),
    ...(isAnchored
      ? []
      : [
          `UNSEALED: tail not provable. Whoever owns the whole log could have written it anew from the start, or from a line on of which nobody has a receipt; compare the head with one noted when the ${kind} ended (--head), or with what a stream has sent (--expect)`,
        ]),
    ...(end === "sealed" ? [keyUnproven(seal)] : [isBehind ? ONLY_BEGINNING_SEALED : unsealed(seal)]),
    ...(kind === "run" ? RUN_NOT_PROVEN : []),
  ];
}

function endNotProven({ complete }: LogReport): readonly string[] {
  return complete
    ? []
    : ["that nothing is missing at the end: there is no run.completed (the run goes on, or the end was cut)"];
}

const RUN_NOT_PROVEN = [
  "payloads over 8 KiB, which lie beside the log under their hash: they were not read",
  "that the run succeeded, or that a step has told the truth: a whole log can tell of a failed run",
];

const ONLY_BEGINNING_SEALED =
  "who wrote what stands behind the sealed lines, and whether it is all: the run had failed and was resumed, and the seal is from before that. Ask for the seal that is made when the run has ended again";

function keyUnproven(seal: SealFinding | undefined): string {
  const [whose, trusted] =
    seal?.keys === "own"
      ? ["this installation's", "whoever owns it could have signed anew"]
      : ["the one that was given", "that is for you to know"];
  return `whose key it is: it is ${whose}; ${trusted}`;
}

function unsealed(seal: SealFinding | undefined): string {
  if (seal === undefined) return "who wrote it: there is no seal";
  if (seal.keys === "none")
    return `who wrote it: there is a seal, signed by ${seal.keyId}, and no key to check it with (--key)`;
  return "who wrote it: the seal does not hold";
}
