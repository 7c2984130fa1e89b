import { auditJob, checkRequest, decideEligibility, planOfChanges, validateRequest } from "#governance";
import type { AuditFacts, ChangeRequest, EligibilityFacts } from "#governance";
import type { JobStep } from "#model";
import type { Measure, Sample } from "./measures.ts";

const ROUND_MS = 500;
const BATCH = 500;

/**
 * Requests a second that pass all four deciders (validator, eligibility, plan, audit of the job) in this process, beside
 * taking the same facts and verdicts apart and together as JSON, which is what storing them costs at least.
 */
export function deciders({ rounds }: { readonly rounds: number }): Measure {
  async function* samples(): AsyncGenerator<Sample> {
    const example = exampleOfAll();
    const text = JSON.stringify(example);
    rate(() => decideAll(example)); // until it is compiled
    for (let round = 0; round < rounds; round += 1) {
      const floor = rate(() => JSON.stringify(JSON.parse(text)).length);
      yield { ours: rate(() => decideAll(example)), floor };
    }
  }
  return {
    name: "deciders a second: validate, eligibility, plan, audit",
    unit: "requests/s",
    floor: "parsing and writing their facts as JSON",
    aim: ">= 0.4, or 50,000 requests/s",
    samples: samples(),
  };
}

/** How often a second something is done. */
function rate(once: () => number): number {
  let done = 0;
  let sum = 0;
  const start = performance.now();
  while (performance.now() - start < ROUND_MS) {
    for (let at = 0; at < BATCH; at += 1) sum += once();
    done += BATCH;
  }
  if (sum <= 0) throw new Error("nothing was decided");
  return (done / (performance.now() - start)) * 1000;
}

/** What the four deciders look at. */
interface Example {
  readonly request: ChangeRequest;
  readonly eligibility: EligibilityFacts;
  readonly audit: AuditFacts;
}

/** All four verdicts on one request; what they say is looked at, so that none can be left out. */
function decideAll({ request, eligibility, audit }: Example): number {
  const { confidence, severity, recommendation, issueType } = validateRequest(request);
  const { decision } = decideEligibility({ ...eligibility, confidence, severity, recommendation, issueType });
  const plan = planOfChanges(request);
  if (decision !== "MAY" || plan.verdict === "REFUSED") throw new Error("the example is not eligible");
  const { verdict, checks } = auditJob(audit);
  if (verdict !== "PASS") throw new Error(`the example does not pass: ${JSON.stringify(checks)}`);
  return checks.length + plan.steps.length;
}

function exampleOfAll(): Example {
  const request = exampleRequest();
  const plan = planOfChanges(request);
  if (plan.verdict === "REFUSED") throw new Error(JSON.stringify(plan.reasons));
  return { request, eligibility: eligibilityFacts(request), audit: auditFacts(plan.steps) };
}

function exampleRequest(): ChangeRequest {
  const read = checkRequest({
    source: "support_ticket",
    reference: "T-1234",
    submittedBy: "ada",
    title: "Enable http.post and email.send for the support team",
    description:
      "The support team answers tickets by hand. It wants the platform to post the answers to its own system, and to " +
      "send a copy by mail to whoever asked. Both have been tried on the test system for two weeks.",
    urgency: "normal",
    changes: ["http.post", "email.send"].map((capability) => ({ type: "capability_enable", capability })),
    capabilities: ["http.post", "email.send"],
  });
  if (read.verdict === "REFUSED") throw new Error(JSON.stringify(read.reasons));
  return read.request;
}

function eligibilityFacts({ source, capabilities }: ChangeRequest): EligibilityFacts {
  return {
    now: "2026-03-01T12:00:00.000Z",
    health: "HEALTHY",
    confidence: 0.9,
    severity: "medium",
    recommendation: "create_contract",
    issueType: "capability_request",
    source,
    capabilities,
    knownCapabilities: ["http.post", "email.send", "command.run", "SYSTEM"],
    frozenCapabilities: ["command.run"],
    systemPreApproved: false,
    signals: [{ type: "notice", blocking: false }],
    contracts: [{ contractId: "c-1", capabilities: ["command.run"], createdAt: "2026-03-01T11:00:00.000Z" }],
  };
}

/** The facts of a job that did what was planned. */
function auditFacts(planned: readonly JobStep[]): AuditFacts {
  const at = "2026-03-01T12:10:00.000Z";
  const steps = planned.map(({ stepIndex, stepType, target }) => ({
    stepIndex,
    stepType,
    target,
    inputsHash: `hash-${stepIndex}`,
  }));
  return {
    approved: {
      contractId: "contract-1",
      jobId: "job-1",
      steps: steps.map((step) => ({ ...step, after: { enabled: true } })),
      scope: steps.map(({ target }) => target),
      activatedAt: at,
      activationEndsAt: "2026-03-02T12:10:00.000Z",
    },
    log: {
      chain: "whole",
      jobId: "job-1",
      contractId: "contract-1",
      ended: true,
      finalStatus: "COMPLETED",
      steps: steps.map((step) => ({ ...step, status: "succeeded", startedAt: at, endedAt: at })),
      startedAt: at,
      endedAt: at,
    },
    healthBefore: "HEALTHY",
    healthAfter: "HEALTHY",
    signals: [],
    journal: steps.map(({ target, stepIndex }, position) => ({
      seq: position + 1,
      key: target,
      before: null,
      after: { enabled: true },
      by: `job-1/${stepIndex}`,
      at,
      authorised: true,
    })),
    standing: [],
  };
}
