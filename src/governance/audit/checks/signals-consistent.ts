import { seen } from "../../phrase.ts";
import { CONFIGURATION_CAPABILITY } from "../../request/change-request.ts";
import { concluded, sentences } from "../finding.ts";
import type { Finding } from "../finding.ts";
import type { ReadAudit, ReadSignal } from "../read-audit-facts.ts";

const SYSTEM = "system";
const CAPABILITY = "capability/";
const BAD: ReadonlySet<unknown> = new Set(["DEGRADED", "BLOCKED"]);

/** the job is said to have succeeded, and no signal about what it touched says otherwise. */
export function checkSignals({ approved, log, signals }: ReadAudit): Finding {
  const touched = approved.scope && new Set([...approved.scope].map(capabilityOf));
  const about = (signals ?? []).filter(({ scope }) => scope === undefined || concerns(scope, touched));
  const steps = log?.steps ?? [];
  const wrong = sentences([
    log !== undefined && log.finalStatus !== "COMPLETED" && `The job ended ${seen(log.finalStatus)}, not COMPLETED.`,
    ...steps.map(({ status }, index) => status !== "succeeded" && `Step ${index} is ${seen(status)}, not succeeded.`),
    ...about.map((signal) => contradiction(signal)),
  ]);
  const unreadable = sentences([
    log === undefined && "The log does not prove how the job ended.",
    log !== undefined && log.steps === undefined && "The log's steps are unreadable.",
    touched === undefined && "The approved scope is unreadable.",
    signals === undefined && "The signals are unreadable.",
    ...about.map((signal) => openQuestion(signal)),
  ]);
  return concluded({ wrong, unreadable }, "The job succeeded, and no signal about what it touched says otherwise.");
}

/** Whether a signal is about what was touched, or about everything; about anything if that is unreadable. */
function concerns(scope: string, touched: ReadonlySet<string> | undefined): boolean {
  return scope.toLowerCase() === SYSTEM || (touched?.has(capabilityOf(scope)) ?? true);
}

/** The capability of a resource key; a text that is none stands for itself. */
function capabilityOf(key: string): string {
  if (key.startsWith("configuration/")) return CONFIGURATION_CAPABILITY;
  if (!key.startsWith(CAPABILITY)) return key;
  const end = key.indexOf("/", CAPABILITY.length);
  return key.slice(CAPABILITY.length, end < 0 ? undefined : end);
}

function contradiction({ source, status, scope }: ReadSignal): string | false {
  if (!BAD.has(status) || scope === undefined) return false;
  return `The signal of ${seen(source)} about ${seen(scope)} became ${seen(status)} during the job.`;
}

function openQuestion({ source, status, scope }: ReadSignal): string | false {
  if (scope === undefined) return `The signal of ${seen(source)} does not say what it is about.`;
  if (status === "HEALTHY" || BAD.has(status)) return false;
  return `The signal of ${seen(source)} about ${seen(scope)} is ${seen(status)}, which tells nothing.`;
}
