import { identity } from "../identity.ts";
import { MS_PER_HOUR, readInstant, writeInstant } from "../instant.ts";
import { isNamed } from "../named.ts";
import { seen } from "../phrase.ts";
import type { Contract } from "./contract.ts";
import type { TransitionFacts, TransitionRefusal, TransitionRequest } from "./transition.ts";
import { refuse } from "./transition.ts";
import type { NextState } from "./transition-table.ts";

/** Bounds of the activation window, in hours. */
export const ACTIVATION_WINDOW_HOURS = { minimum: 1, default: 24, maximum: 168 } as const;

/** A transition that the table knows, with the times read. */
export interface Question {
  readonly contract: Contract;
  readonly request: TransitionRequest;
  readonly facts: TransitionFacts;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Milliseconds since 1970. */
  readonly expiresMs: number;
}

type Answer = { readonly adds: Partial<Contract> } | TransitionRefusal;
type Guard = (question: Question) => Answer;

/** What each state demands of the transition into it, and what it writes on the contract. */
export const GUARDS: Readonly<Record<NextState, Guard>> = {
  VALIDATED: (question) => expired(question) ?? notValid(question) ?? { adds: {} },
  ELIGIBLE: (question) => expired(question) ?? notEligible(question) ?? bindPlan(question),
  APPROVED: (question) =>
    expired(question) ??
    overridesMayNot(question) ??
    approverProblem(question, question.request.actor) ??
    otherPlan(question, question.request.planHash) ??
    approve(question),
  ACTIVE: (question) =>
    overridesMayNot(question) ??
    approverProblem(question, question.contract.approvedBy) ??
    otherPlan(question, question.facts.planHash) ??
    outsideWindow(question) ??
    activate(question),
  COMPLETED: complete,
  FAILED: giveReason,
  REJECTED: giveReason,
  EXPIRED: ({ nowMs, expiresMs, contract }) =>
    nowMs >= expiresMs
      ? { adds: {} }
      : refuse(
          "NOT_YET_EXPIRED",
          `The contract expires at ${contract.expiresAt}, not before; to end it now, reject it.`,
        ),
};

function expired({ nowMs, expiresMs, contract, request }: Question): TransitionRefusal | undefined {
  if (nowMs < expiresMs) return undefined;
  return refuse(
    "EXPIRED",
    `The contract expired at ${contract.expiresAt} and cannot become ${request.to}; submit a new one.`,
  );
}

function notValid({ facts }: Question): TransitionRefusal | undefined {
  if (facts.violations === undefined) {
    return refuse("NOT_VALID", "The proposed changes have not been checked; check them against their schema first.");
  }
  const [first] = facts.violations;
  if (first === undefined) return undefined;
  return refuse(
    "NOT_VALID",
    `The proposed changes have ${facts.violations.length} problem(s), the first at ${seen(first.field)}; correct all of them in a new request.`,
  );
}

function notEligible({ facts }: Question): TransitionRefusal | undefined {
  if (facts.eligibility === "MAY") return undefined;
  const why = facts.eligibility === undefined ? "was not asked for" : `is ${seen(facts.eligibility)}`;
  return refuse("NOT_ELIGIBLE", `The eligibility decision ${why} and only MAY leads on; nobody can override it.`);
}

function bindPlan({ facts }: Question): Answer {
  if (isNamed(facts.planHash)) return { adds: { eligibility: "MAY", planHash: facts.planHash } };
  return refuse("PLAN_REQUIRED", "The proposed changes make no plan; only what can be carried out can be approved.");
}

/** Approved is a plan, not a contract: another one, however alike, was looked at by nobody. */
function otherPlan({ contract, request }: Question, planHash: string | undefined): TransitionRefusal | undefined {
  if (isNamed(planHash) && planHash === contract.planHash) return undefined;
  return refuse(
    "PLAN_MISMATCH",
    `The contract's plan is ${seen(contract.planHash)}, and ${request.to} was asked for ${seen(planHash)}; look at the contract again and name its plan.`,
  );
}

/** MAY_NOT wins over everything later: what the contract says and what is known now must both be MAY. */
function overridesMayNot({ contract, facts, request }: Question): TransitionRefusal | undefined {
  if (contract.eligibility === "MAY" && (facts.eligibility ?? "MAY") === "MAY") return undefined;
  const decision = contract.eligibility === "MAY" ? facts.eligibility : contract.eligibility;
  return refuse(
    "NOT_ELIGIBLE",
    `The eligibility decision is ${seen(decision)}, not MAY, and ${request.to} cannot override it; reject the contract.`,
  );
}

function approverProblem({ contract }: Question, approver: string | undefined): TransitionRefusal | undefined {
  if (!isNamed(approver)) {
    return refuse(
      "APPROVER_REQUIRED",
      "The contract has no approver; somebody other than its submitter must approve it.",
    );
  }
  if (identity(approver) !== identity(contract.submittedBy)) return undefined;
  return refuse(
    "FOUR_EYES",
    `${seen(approver)} submitted the contract and cannot approve it; somebody else must look at it.`,
  );
}

function approve({ request, facts, nowMs }: Question): Answer {
  const { minimum, default: standard, maximum } = ACTIVATION_WINDOW_HOURS;
  const hours = request.activationWindowHours ?? standard;
  if (!Number.isInteger(hours) || hours < minimum || hours > maximum) {
    return refuse(
      "WINDOW_OUT_OF_BOUNDS",
      `The activation window is ${seen(hours)} hours; give a whole number from ${minimum} to ${maximum}.`,
    );
  }
  const activationEndsAt = writeInstant(nowMs + hours * MS_PER_HOUR);
  return { adds: { approvedBy: request.actor, approvedAt: facts.now, activationEndsAt } };
}

function outsideWindow({ contract, facts, nowMs }: Question): TransitionRefusal | undefined {
  const opensMs = readInstant(contract.approvedAt);
  const endsMs = readInstant(contract.activationEndsAt);
  if (opensMs !== undefined && endsMs !== undefined && opensMs <= nowMs && nowMs < endsMs) return undefined;
  return refuse(
    "OUTSIDE_WINDOW",
    `It is ${facts.now}; the contract can be activated from ${seen(contract.approvedAt)} until before ${seen(contract.activationEndsAt)}. If that has passed, let it fail and submit a new one.`,
  );
}

function activate({ request }: Question): Answer {
  if (isNamed(request.jobId)) return { adds: { jobId: request.jobId } };
  return refuse("JOB_ID_REQUIRED", "No job id was given; name the job that carries the contract out.");
}

function complete({ contract, facts }: Question): Answer {
  const { audit } = facts;
  if (isNamed(contract.jobId) && audit?.verdict === "PASS" && audit.jobId === contract.jobId) {
    return { adds: { audit: Object.freeze({ jobId: audit.jobId, verdict: "PASS" }) } };
  }
  const what = audit === undefined ? "there is none" : `there is ${seen(audit.verdict)} for job ${seen(audit.jobId)}`;
  return refuse(
    "AUDIT_REQUIRED",
    `Completing needs an audit with PASS for job ${seen(contract.jobId)}, and ${what}; have that job audited.`,
  );
}

function giveReason({ request }: Question): Answer {
  if (isNamed(request.reason)) return { adds: { reason: request.reason } };
  return refuse("REASON_REQUIRED", `No reason was given; say why the contract becomes ${request.to}.`);
}
