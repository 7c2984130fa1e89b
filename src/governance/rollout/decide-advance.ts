import type { Contract } from "../contract/contract.ts";
import { MS_PER_HOUR, readInstant, writeInstant } from "../instant.ts";
import { isNamed } from "../named.ts";
import { seen } from "../phrase.ts";
import { membersOf } from "../unread.ts";
import type { Members } from "../unread.ts";
import { ROLLOUT_STAGES } from "./stage.ts";
import type { RolloutStage } from "./stage.ts";

/** How long a stage has to stand before the next, in hours: more than 0. */
export const STABILISATION_HOURS = { default: 24, maximum: 8_760 } as const;

/** A question to the rollout, with all that was looked up for it. */
export interface AdvanceFacts {
  readonly contract: Contract;
  /** The stage at which the contract stands. */
  readonly stage: RolloutStage;
  /** The stage that is asked for. */
  readonly to: RolloutStage;
  /** When the present stage began, or the contract completed if none has yet; RFC 3339. Absent = not stable. */
  readonly stageSince?: string;
  /** HEALTHY, DEGRADED, BLOCKED or UNKNOWN; only HEALTHY is good. */
  readonly health: string;
  /** The moment of the decision, RFC 3339. */
  readonly now: string;
  /** Who asks, from the credential. */
  readonly actor: string;
  /** Hours that a stage has to stand before the next; default 24, more than 0, at most 8,760. */
  readonly stabilisationHours?: number;
}

/** Why a stage was not reached: the closed list. */
export type AdvanceRefusalCode =
  | "UNREADABLE"
  | "ACTOR_REQUIRED"
  | "FINAL"
  | "NOT_NEXT"
  | "NOT_COMPLETED"
  | "AUDIT_REQUIRED"
  | "STABILISATION_OUT_OF_BOUNDS"
  | "NOT_STABLE"
  | "NOT_HEALTHY";

/** The next stage, or why there is none. */
export type AdvanceVerdict =
  | {
      readonly verdict: "ALLOWED";
      readonly from: RolloutStage;
      readonly stage: RolloutStage;
      /** Who advanced it, and when: `actor` and `now` of the facts. */
      readonly changedBy: string;
      readonly changedAt: string;
    }
  | { readonly verdict: "REFUSED"; readonly code: AdvanceRefusalCode; readonly sentence: string };

/**
 * Decides whether a rollout goes on: by one stage, of a contract that COMPLETED with an audit PASS for its job, after
 * the present stage has stood long enough, on a healthy platform, by somebody who is named. The first reason against
 * it is told. Never throws on JSON.
 */
export function decideAdvance(facts: AdvanceFacts): AdvanceVerdict {
  const { stage, to, now, actor } = membersOf(facts);
  const from = ROLLOUT_STAGES.find((known) => known === stage);
  const nowMs = readInstant(now);
  if (from === undefined || nowMs === undefined || typeof now !== "string") {
    const [name, value] = from === undefined ? ["stage", stage] : ["now", now];
    return refuse("UNREADABLE", `\`${name}\` is ${seen(value)}; give a stage, and an RFC 3339 time with an offset.`);
  }
  if (!isNamed(actor)) {
    return refuse("ACTOR_REQUIRED", "Nobody is named who advances the rollout; give the identity of the caller.");
  }
  const next = ROLLOUT_STAGES[ROLLOUT_STAGES.indexOf(from) + 1];
  if (next === undefined) return refuse("FINAL", `The stage is ${from}, which is the last; nothing follows it.`);
  if (to !== next) return refuse("NOT_NEXT", `${from} cannot become ${seen(to)}; the next stage is ${next}.`);
  return (
    notCompleted(membersOf(facts)["contract"]) ??
    notStable(membersOf(facts), nowMs) ??
    notHealthy(membersOf(facts)["health"]) ??
    Object.freeze({ verdict: "ALLOWED", from, stage: next, changedBy: actor, changedAt: now })
  );
}

function notCompleted(contract: unknown): AdvanceVerdict | undefined {
  const { state, jobId, audit } = membersOf(contract);
  if (state !== "COMPLETED") {
    return refuse("NOT_COMPLETED", `The contract is ${seen(state)}; only a COMPLETED one is rolled out.`);
  }
  const { verdict, jobId: audited } = membersOf(audit);
  if (verdict === "PASS" && isNamed(jobId) && audited === jobId) return undefined;
  return refuse(
    "AUDIT_REQUIRED",
    `The audit is ${seen(verdict)} for job ${seen(audited)}; it must be PASS for job ${seen(jobId)}.`,
  );
}

function notStable({ stageSince, stabilisationHours }: Members, nowMs: number): AdvanceVerdict | undefined {
  const { default: standard, maximum } = STABILISATION_HOURS;
  const hours = stabilisationHours ?? standard;
  if (typeof hours !== "number" || !(hours > 0 && hours <= maximum)) {
    return refuse(
      "STABILISATION_OUT_OF_BOUNDS",
      `The stabilisation is ${seen(hours)} hours; give more than 0 and at most ${maximum}.`,
    );
  }
  const sinceMs = readInstant(stageSince);
  if (sinceMs === undefined) {
    return refuse("NOT_STABLE", `The stage stands since ${seen(stageSince)}, which is no time; so it is not stable.`);
  }
  const fromMs = sinceMs + hours * MS_PER_HOUR;
  if (nowMs >= fromMs) return undefined;
  return refuse(
    "NOT_STABLE",
    `The stage stands since ${writeInstant(sinceMs)}, it is ${writeInstant(nowMs)}, and it has to stand ${hours} hours; wait.`,
  );
}

function notHealthy(health: unknown): AdvanceVerdict | undefined {
  if (health === "HEALTHY") return undefined;
  return refuse("NOT_HEALTHY", `The health is ${seen(health)}; only HEALTHY will do.`);
}

function refuse(code: AdvanceRefusalCode, sentence: string): AdvanceVerdict {
  return Object.freeze({ verdict: "REFUSED", code, sentence });
}
