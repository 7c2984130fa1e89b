import type { CapabilityStats, Violation, Work } from "#model";
import { LIMITS } from "#model";
import type { WorkNumbers } from "#orchestration";
import { refuseIfAny } from "./checks.ts";
import type { HooksPart } from "./hook-service.ts";
import { withHooks } from "./hook-service.ts";
import { fitting } from "./pages.ts";
import type { MakePage, SidePage, SidePages } from "./side-pages.ts";

/** What the paths of these pages begin with. */
export const DEVELOPMENT_PATH = "/_dev/";

const USUAL_PAGE = 50;
const LARGEST_PAGE = 100;

/** Pages for whoever builds an application: numbers of all work, and what nobody will try again. */
export function developmentPages(hooks: HooksPart | undefined): SidePages {
  const stats: MakePage = async () => json(toldNumbers(await withHooks(hooks).desk.numbers()));
  const dead: MakePage = async ({ query, shares }) => {
    const { desk } = withHooks(hooks);
    const { limit, behind } = pageOf(query);
    await shares.answer.take(LIMITS.responseBytes);
    const { works, matched } = desk.deadLetters({}, { behind, limit });
    const told = works.map((work) => ({ place: work.place, letter: toldLetter(work) }));
    const letters = fitting(told, ({ letter }) => JSON.stringify(letter).length);
    const last = letters.at(-1)?.place;
    const more = last !== undefined && (letters.length < works.length || works.length === limit);
    return json({
      matched,
      dead_letters: letters.map(({ letter }) => letter),
      next: more ? `${DEVELOPMENT_PATH}jobs/dead?limit=${limit}&behind=${last}` : null,
    });
  };
  return new Map([
    [`${DEVELOPMENT_PATH}jobs/stats`, stats],
    [`${DEVELOPMENT_PATH}jobs/dead`, dead],
  ]);
}

type Counts = Omit<CapabilityStats, "capability">;

function toldCounts({ enqueued, completed, failed, retried, dead }: Counts) {
  return {
    total_enqueued: enqueued,
    total_completed: completed,
    total_failed: failed,
    total_retried: retried,
    total_dead: dead,
  };
}

function toldNumbers({ states, oldestAgeMs, capabilities, workers, busy, queue }: WorkNumbers) {
  const sum = (column: keyof Counts): number => capabilities.reduce((total, one) => total + one[column], 0);
  return {
    worker_count: workers,
    workers_busy: busy,
    queue_depth: states.pending + states.failed,
    queue_available: queue !== undefined,
    running: states.running,
    ...toldCounts({
      enqueued: sum("enqueued"),
      completed: sum("completed"),
      failed: sum("failed"),
      retried: sum("retried"),
      dead: sum("dead"),
    }),
    oldest_age_seconds: oldestAgeMs === undefined ? null : oldestAgeMs / 1000,
    capabilities: Object.fromEntries(capabilities.map((one) => [one.capability, toldCounts(one)])),
  };
}

function toldLetter(work: Work) {
  const { id, name, capability, attempts, createdMs, endedMs, errors, payload, redrives } = work;
  return {
    job_id: id,
    name,
    capability,
    attempts,
    created_at: new Date(createdMs).toISOString(),
    dead_at: endedMs === undefined ? null : new Date(endedMs).toISOString(),
    last_error: errors.at(-1)?.message ?? null,
    errors: errors.map(({ attempt, at, errorClass, message }) => ({ attempt, at, error_class: errorClass, message })),
    ...(redrives !== undefined && { redrives }),
    payload,
  };
}

/** @throws {Fault} INVALID_REQUEST with every problem. */
function pageOf(query: URLSearchParams): { readonly limit: number; readonly behind: number } {
  const violations: Violation[] = [];
  const numberOf = (field: string, { usual, most }: { readonly usual: number; readonly most: number }): number => {
    const text = query.get(field);
    if (text === null) return usual;
    const least = field === "limit" ? 1 : 0;
    const value = /^\d{1,16}$/.test(text) ? Number(text) : -1;
    if (value >= least && value <= most) return value;
    const seen = JSON.stringify(text.slice(0, 40));
    violations.push({ field, description: `is ${seen}; expected a whole number from ${least} to ${most}` });
    return usual;
  };
  const page = {
    limit: numberOf("limit", { usual: USUAL_PAGE, most: LARGEST_PAGE }),
    behind: numberOf("behind", { usual: 0, most: Number.MAX_SAFE_INTEGER }),
  };
  refuseIfAny(violations);
  return page;
}

function json(value: unknown): SidePage {
  return { contentType: "application/json", text: `${JSON.stringify(value, undefined, 2)}\n` };
}
