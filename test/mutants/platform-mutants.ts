import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, "docs/platform.md", { file: `src/${file}.ts`, change, tests });

const [file, writer] = [at("effects/platform/platform-file"), at("effects/platform/platform-writer")];
const [rules, signals] = [at("effects/platform/platform-rules"), at("health/signals/health-signals")];
const [rank, observer] = [at("health/signals/health-rank"), at("health/health-observers/signals")];
const [service, health] = [at("api/grpc/platform-service"), at("api/grpc/platform-health-service")];

const STORE = "effects/platform/platform-store";
const STEPS = "effects/platform/platform-steps";
const SIGNALS = "health/signals/health-signals";

/** Mistakes in the platform, its journal and what is said about its health. */
export const PLATFORM_MUTANTS: readonly Mutant[] = [
  file("hidden-write-told-in-the-name-of-the-one-before", {
    change: ["iif(NEW.changed_by IS OLD.changed_by, NULL, NEW.changed_by)", "NEW.changed_by"],
    tests: STORE,
  }),
  file("hidden-delete-leaves-no-entry", {
    change: ["AFTER DELETE ON resource BEGIN", "AFTER DELETE ON resource WHEN OLD.changed_by IS NOT NULL BEGIN"],
    tests: STORE,
  }),
  file("entry-that-no-change-stands-behind", {
    change: [
      '"BEFORE INSERT ON change WHEN NEW.after IS NOT (SELECT value FROM resource WHERE key = NEW.key)"',
      '"BEFORE INSERT ON change WHEN NEW.after IS NULL AND NEW.before IS NULL"',
    ],
    tests: STORE,
  }),
  writer("step-performed-again-writes-again", {
    change: ["if (before !== undefined) return before;", ""],
    tests: STEPS,
  }),
  writer("revert-over-the-change-of-somebody-else", {
    change: ["if (last?.seq !== made.seq) {", "if (last === undefined) {"],
    tests: STEPS,
  }),
  writer("write-without-the-lock-that-others-wait-for", {
    change: ['database.prepare("BEGIN IMMEDIATE")', 'database.prepare("BEGIN")'],
    tests: STEPS,
  }),
  rules("frozen-capability-can-be-touched", {
    change: [
      "if (capability.frozen !== true || maySayFrozen) return undefined;",
      "if (!maySayFrozen) return undefined;",
    ],
    tests: STEPS,
  }),
  signals("signal-stands-for-ever", {
    change: [
      "return expiresAt !== null && expiresAt <= now;",
      'return expiresAt !== null && expiresAt < "" && now > "";',
    ],
    tests: SIGNALS,
  }),
  signals("time-of-a-signal-lasts-a-moment-longer", {
    change: ["expiresAt <= now", "expiresAt < now"],
    tests: SIGNALS,
  }),
  signals("what-the-process-is-does-not-count", {
    change: ["worst([...own.map(countsAs), seen.status])", "worst(own.map(countsAs))"],
    tests: SIGNALS,
  }),
  rank("what-is-not-known-is-no-reason-to-wait", {
    change: ['return status === "BLOCKED" || status === "UNKNOWN";', 'return status === "BLOCKED";'],
    tests: SIGNALS,
  }),
  observer("observation-hides-what-others-say", {
    change: ["worst([seen.status, ...ofSystem.map(countsAs)])", "seen.status"],
    tests: "health/health-observers/signals",
  }),
  service("page-leaves-out-what-did-not-fit", {
    change: ["const end = start + capabilities.length;", "const end = start + (pageSize || USUAL_PAGE) + 1;"],
    tests: "api/platform-services",
  }),
  health("health-told-of-what-is-not-there", {
    change: ["refuseIfAny(scopeViolations(scope, platform));\n      const", "const"],
    tests: "api/platform-services",
  }),
];
