import { readInstant } from "../instant.ts";
import { isNamed } from "../named.ts";
import { listed, seen } from "../phrase.ts";
import type { Contract } from "./contract.ts";
import { GUARDS } from "./guards.ts";
import type { TransitionFacts, TransitionRequest, TransitionVerdict } from "./transition.ts";
import { refuse } from "./transition.ts";
import { TRANSITIONS } from "./transition-table.ts";

/**
 * Decides whether a contract may take a transition, and makes the next contract if so. A pure function: the moment
 * is `facts.now`, the given contract is left as it is, and the answer is frozen.
 *
 * The first problem found is the answer, in this order: unreadable input, version, table, actor, the guard of the
 * state asked for. Nothing in a request can switch a guard off.
 */
export function decideTransition(
  contract: Contract,
  request: TransitionRequest,
  facts: TransitionFacts,
): TransitionVerdict {
  const followers = TRANSITIONS.get(contract.state);
  if (followers === undefined) {
    return refuse("UNREADABLE", `The contract is in the unknown state ${seen(contract.state)}; nothing can follow it.`);
  }
  const nowMs = readInstant(facts.now);
  const expiresMs = readInstant(contract.expiresAt);
  if (nowMs === undefined || expiresMs === undefined) {
    const [name, text] = nowMs === undefined ? ["now", facts.now] : ["expiresAt", contract.expiresAt];
    return refuse("UNREADABLE", `\`${name}\` is ${seen(text)}; give an RFC 3339 time with an offset.`);
  }
  if (!isVersion(contract.version) || !isNamed(contract.submittedBy)) {
    return refuse("UNREADABLE", "The contract lacks a version from 1 or its submitter; nothing can be decided on it.");
  }
  if (request.expectedVersion !== contract.version) {
    return refuse(
      "VERSION_CONFLICT",
      `The contract is at version ${contract.version}, not ${seen(request.expectedVersion)}; read it again and decide anew.`,
    );
  }
  if (followers.length === 0) {
    return refuse("TERMINAL", `The contract is ${contract.state}, which is final; submit a new one.`);
  }
  const to = followers.find((state) => state === request.to);
  if (to === undefined) {
    return refuse(
      "NOT_IN_TABLE",
      `${contract.state} cannot become ${seen(request.to)}; it can become ${listed(followers)}.`,
    );
  }
  if (!isNamed(request.actor)) {
    const code = to === "APPROVED" ? "APPROVER_REQUIRED" : "ACTOR_REQUIRED";
    return refuse(code, `Nobody is named who makes the contract ${to}; give the identity of the caller.`);
  }
  const answer = GUARDS[to]({ contract, request, facts, nowMs, expiresMs });
  if ("verdict" in answer) return answer;
  const change = { state: to, version: contract.version + 1, changedAt: facts.now, changedBy: request.actor };
  return Object.freeze({ verdict: "ALLOWED", contract: Object.freeze({ ...contract, ...answer.adds, ...change }) });
}

function isVersion(version: number): boolean {
  return Number.isSafeInteger(version) && version >= 1 && version < Number.MAX_SAFE_INTEGER;
}
