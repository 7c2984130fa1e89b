import type { ErrorClass, Violation } from "#model";
import { timeViolations } from "./asked-time.ts";
import { ERROR_CLASSES, LIMITS } from "#model";
import type { DeadLetterQuery } from "#model";
import type { Redriven, RedriveOrder } from "#orchestration";
import type {
  DeadLetterFilter,
  RedriveDeadLettersRequest,
  RedriveDeadLettersResponse,
} from "../gen/verbatim/queue/v1/queue_pb.ts";
import { QueueService } from "../gen/verbatim/queue/v1/queue_pb.ts";
import { refuseIfAny, textViolations } from "./checks.ts";
import type { HooksPart } from "./hook-service.ts";
import { withHooks } from "./hook-service.ts";
import { pageToken, placeOfToken } from "./page-token.ts";
import { fitting, pageViolations } from "./pages.ts";
import type { MountedService } from "./service.ts";
import { mount } from "./service.ts";
import { sizeOfWork, statsMessage, toldRecord, workMessage } from "./work-messages.ts";

const USUAL_PAGE = 100;
const USUAL_REDRIVES = 1000;
const MOST_REDRIVES = 10_000;
const MOST_A_SECOND = 1000;
const MOST_IDS = 1000;
const NAME_CHARACTERS = 128;
const REASON_CHARACTERS = 1000;

/** `verbatim.queue.v1.QueueService`: work and dead letters. */
export function queueService({ hooks }: { readonly hooks?: HooksPart }): MountedService {
  return mount(QueueService, {
    async enqueue({ key, job, recordJson, oldJson }) {
      const { desk } = withHooks(hooks);
      const violations: Violation[] = [
        ...textViolations("key", key, NAME_CHARACTERS),
        ...textViolations("job", job, NAME_CHARACTERS),
      ];
      const record = toldRecord("record_json", recordJson, violations);
      const old = oldJson.length === 0 ? {} : { old: toldRecord("old_json", oldJson, violations) };
      refuseIfAny(violations);
      const { id, added } = await desk.enqueue({ key, job, record, ...old });
      return { $typeName: "verbatim.queue.v1.EnqueueResponse", workId: id, added };
    },

    async getWork({ workId }) {
      const { desk } = withHooks(hooks);
      return { $typeName: "verbatim.queue.v1.GetWorkResponse", work: workMessage(desk.get(workId)) };
    },

    async getStats() {
      return statsMessage(await withHooks(hooks).desk.numbers());
    },

    async listDeadLetters({ filter, pageSize, pageToken: token }, { shares }) {
      const { desk } = withHooks(hooks);
      const query = queryOf(filter);
      refuseIfAny([...query.violations, ...pageViolations(pageSize, token)]);
      await shares.answer.take(LIMITS.responseBytes);
      const behind = Math.trunc(Number(placeOfToken(token)?.[1] ?? 0)) || 0;
      const {
        works,
        matched,
        more: moreBehind,
      } = desk.deadLetters(query.query, { behind, limit: pageSize || USUAL_PAGE });
      const deadLetters = [...fitting(works.map(workMessage), sizeOfWork)];
      const last = works[deadLetters.length - 1]?.place;
      const more = deadLetters.length < works.length || moreBehind;
      return {
        $typeName: "verbatim.queue.v1.ListDeadLettersResponse",
        deadLetters,
        nextPageToken: more && last !== undefined ? pageToken("dead letters", String(last)) : "",
        matched: BigInt(matched),
      };
    },

    async redriveDeadLetters(request) {
      const { desk } = withHooks(hooks);
      return redrivenMessage(await desk.redrive(redriveOrder(request)));
    },

    async discardDeadLetter({ workId, reason, discardedBy }) {
      const { desk } = withHooks(hooks);
      refuseIfAny([
        ...textViolations("reason", reason, REASON_CHARACTERS),
        ...textViolations("discarded_by", discardedBy, NAME_CHARACTERS),
      ]);
      const work = desk.discard(workId, { by: discardedBy, reason });
      return { $typeName: "verbatim.queue.v1.DiscardDeadLetterResponse", work: workMessage(work) };
    },
  });
}

/** @throws {Fault} INVALID_REQUEST with every problem. */
function redriveOrder({ filter, all, dryRun, max, perSecond }: RedriveDeadLettersRequest): RedriveOrder {
  const { query, violations } = queryOf(filter);
  const more = [...violations];
  if (Object.keys(query).length === 0 && !all) {
    const description = "is empty, which means every dead letter: say `all` too, or filter";
    more.push({ field: "filter", description });
  }
  if (max > MOST_REDRIVES) more.push({ field: "max", description: `is ${max}; expected 1 to ${MOST_REDRIVES}` });
  if (perSecond > MOST_A_SECOND)
    more.push({ field: "per_second", description: `is ${perSecond}; expected 1 to ${MOST_A_SECOND}` });
  refuseIfAny(more);
  return { query, dryRun, max: max || USUAL_REDRIVES, perSecond };
}

function redrivenMessage({ matched, redriven, refused }: Redriven): RedriveDeadLettersResponse {
  return {
    $typeName: "verbatim.queue.v1.RedriveDeadLettersResponse",
    matched: BigInt(matched),
    redriven: redriven.map(({ id, newId }) => ({
      $typeName: "verbatim.queue.v1.Redriven",
      workId: id,
      newWorkId: newId,
    })),
    refused: refused.map(({ id, why }) => ({
      $typeName: "verbatim.queue.v1.NotRedriven",
      workId: id,
      reason: why,
    })),
  };
}

function queryOf(filter: DeadLetterFilter | undefined): {
  readonly query: DeadLetterQuery;
  readonly violations: readonly Violation[];
} {
  if (filter === undefined) return { query: {}, violations: [] };
  const { job, capability, errorClass, messageContains, deadFrom, deadBefore, workIds } = filter;
  const violations: Violation[] = [
    ...timeViolations("filter.dead_from", deadFrom),
    ...timeViolations("filter.dead_before", deadBefore),
  ];
  if (errorClass !== "" && !isErrorClass(errorClass))
    violations.push({
      field: "filter.error_class",
      description: `is "${errorClass}"; expected one of ${ERROR_CLASSES.join(", ")}`,
    });
  if (workIds.length > MOST_IDS)
    violations.push({
      field: "filter.work_ids",
      description: `has ${workIds.length} ids; at most ${MOST_IDS} are allowed`,
    });
  const query: DeadLetterQuery = {
    ...(job !== "" && { name: job }),
    ...(capability !== "" && { capability }),
    ...(isErrorClass(errorClass) && { errorClass }),
    ...(messageContains !== "" && { messageContains }),
    ...(deadFrom !== undefined && { endedFromMs: Number(deadFrom.seconds) * 1000 }),
    ...(deadBefore !== undefined && { endedBeforeMs: Number(deadBefore.seconds) * 1000 }),
    ...(workIds.length > 0 && { ids: workIds }),
  };
  return { query, violations };
}

function isErrorClass(text: string): text is ErrorClass {
  return (ERROR_CLASSES as readonly string[]).includes(text);
}
