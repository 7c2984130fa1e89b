import type { AuditFacts } from "#governance";
import { deepFreeze } from "../support/deep-freeze.ts";

type Members = Record<string, unknown>;

/** The facts of a job of two steps that did just what was approved, as plain JSON. */
interface Example {
  approved: Members & { steps: Members[]; scope: string[] };
  log: Members & { steps: Members[] };
  healthBefore: unknown;
  healthAfter: unknown;
  signals: Members[];
  journal: Members[];
  standing: Members[] | undefined;
  [member: string]: unknown;
}

function step(stepIndex: number, stepType: string, target: string): Members {
  return { stepIndex, stepType, target, inputsHash: `hash-${stepIndex}` };
}

const ENABLE = step(0, "capability_enable", "capability/http.post");
const SET = step(1, "configuration_update", "configuration/retry.limit");

function example(): Example {
  return {
    approved: {
      contractId: "contract-1",
      jobId: "job-1",
      steps: [
        { ...ENABLE, after: { enabled: true } },
        { ...SET, after: 3 },
      ],
      scope: ["capability/http.post", "configuration/retry.limit"],
      activatedAt: "2026-03-01T12:00:00.000Z",
      activationEndsAt: "2026-03-01T13:00:00.000Z",
    },
    log: {
      chain: "whole",
      jobId: "job-1",
      contractId: "contract-1",
      ended: true,
      finalStatus: "COMPLETED",
      steps: [
        { ...ENABLE, status: "succeeded", startedAt: "2026-03-01T12:10:00.001Z", endedAt: "2026-03-01T12:10:00.002Z" },
        { ...SET, status: "succeeded", startedAt: "2026-03-01T12:10:00.003Z", endedAt: "2026-03-01T12:10:00.004Z" },
      ],
      startedAt: "2026-03-01T12:10:00.000Z",
      endedAt: "2026-03-01T12:10:00.005Z",
    },
    healthBefore: "HEALTHY",
    healthAfter: "HEALTHY",
    signals: [{ source: "probe", status: "HEALTHY", scope: "http.post" }],
    journal: [
      entry(7, { key: "capability/http.post", before: { enabled: false }, after: { enabled: true }, by: "job-1/0" }),
      entry(8, { key: "configuration/retry.limit", before: null, after: 3, by: "job-1/1" }),
    ],
    standing: [
      { key: "capability/http.post", value: { enabled: true } },
      { key: "configuration/retry.limit", value: 3 },
    ],
  };
}

/** An entry of the journal that the audited job made, or somebody else who is authorised. */
export function entry(seq: number, members: Members): Members {
  return { seq, at: "2026-03-01T12:10:00.002Z", authorised: true, ...members };
}

/** Facts under which every check passes, after this has changed them. */
export function auditFactsWith(change: (facts: Example) => void = () => undefined): AuditFacts {
  const facts = example();
  change(facts);
  // `as`: the tests also say what no typed caller could
  return deepFreeze(structuredClone(facts)) as unknown as AuditFacts;
}

/** How a test changes them. */
export type AuditChange = (facts: Example) => void;
