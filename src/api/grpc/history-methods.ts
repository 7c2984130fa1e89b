import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { HistoryAttempt, HistoryPage, HistoryPlace, HistoryQuery, HistoryReader } from "#evidence";
import { timeViolations } from "./asked-time.ts";
import { Fault, LIMITS } from "#model";
import type {
  GetHistoryRequest,
  GetHistoryResponse,
  ListRunsRequest,
  ListRunsResponse,
  RunService,
} from "../gen/verbatim/orchestration/v1/run_pb.ts";
import { onlyOwn, ownIdsOf } from "./access/own-things.ts";
import type { CallContext, Principal } from "./call-context.ts";
import { idViolations, refuseIfAny } from "./checks.ts";
import { attemptMessage, listedRunMessage, wordMessage } from "./history-messages.ts";
import { pageToken, placeOfToken } from "./page-token.ts";
import { fitting, pageViolations } from "./pages.ts";
import { runStatusOf } from "./run-messages.ts";
import type { ServiceImplementation } from "./service.ts";
import { rfc3339 } from "./wire-values.ts";

const RUNS_PER_PAGE = 50;
const ATTEMPTS_PER_PAGE = 200;
const WORDS = 200;
/** The key of the longest job, and what can stand beside it. */
const KEY_CHARACTERS = LIMITS.jobKeyCharacters + ":compensate".length;

/** What is asked of all runs at once. */
export function historyMethods(
  history: HistoryReader,
): Pick<ServiceImplementation<typeof RunService>, "listRuns" | "getHistory"> {
  return {
    listRuns: (request, context) => listRuns(history, request, context),
    getHistory: (request, context) => getHistory(history, request, context),
  };
}

async function listRuns(
  history: HistoryReader,
  request: ListRunsRequest,
  { shares, principal }: CallContext,
): Promise<ListRunsResponse> {
  const { pageSize, pageToken: token, statuses, nameContains } = request;
  refuseIfAny([
    ...pageViolations(pageSize, token),
    ...timeViolations("created_after", request.createdAfter),
    ...timeViolations("created_before", request.createdBefore),
    ...(nameContains.length > LIMITS.idCharacters
      ? [{ field: "name_contains", description: `has ${nameContains.length} characters; expected at most 128` }]
      : []),
  ]);
  const query: HistoryQuery = {
    limit: pageSize === 0 ? RUNS_PER_PAGE : pageSize,
    kind: "plan",
    behind: ownPlace(runPlace(token), principal),
    statuses: new Set(statuses.map(runStatusOf).filter((status) => status !== undefined)),
    nameContains,
    idBegins: ownIdsOf(principal),
    createdAfter: timeOf(request.createdAfter),
    createdBefore: timeOf(request.createdBefore),
  };
  await shares.answer.take(LIMITS.responseBytes);
  const { runs, next } = fittingRuns(await history.ask((asked) => asked.list(query)));
  onlyOwn(runs, principal);
  return {
    $typeName: "verbatim.orchestration.v1.ListRunsResponse",
    runs: runs.map(listedRunMessage),
    nextPageToken: next === undefined ? "" : pageToken(next.createdAt, next.runId),
  };
}

function fittingRuns(page: HistoryPage): HistoryPage {
  const runs = fitting(page.runs, ({ name, reason = "" }) => name.length + reason.length);
  const last = runs.at(-1);
  return runs.length === page.runs.length || last === undefined ? page : { runs, next: last };
}

async function getHistory(
  history: HistoryReader,
  { runId, jobKey, pageSize, pageToken: token }: GetHistoryRequest,
  { shares }: CallContext,
): Promise<GetHistoryResponse> {
  refuseIfAny([
    ...idViolations("run_id", runId),
    ...(jobKey.length > KEY_CHARACTERS
      ? [{ field: "job_key", description: `has ${jobKey.length} characters; expected at most ${KEY_CHARACTERS}` }]
      : []),
    ...pageViolations(pageSize, token),
  ]);
  await shares.answer.take(LIMITS.responseBytes);
  const limit = pageSize === 0 ? ATTEMPTS_PER_PAGE : pageSize;
  const query = { limit: limit + 1, behind: attemptPlace(token), ...(jobKey !== "" && { key: jobKey }) };
  const { run, found, words } = await history.ask((asked) => ({
    run: asked.run(runId),
    found: asked.attempts(runId, query),
    words: token === "" ? asked.words(runId, { limit: WORDS }) : [],
  }));
  if (run === undefined) throw new Fault("RUN_NOT_FOUND", `There is no run ${runId}.`);
  const attempts = fitting(found.slice(0, limit), ({ reason = "" }) => reason.length);
  const last = attempts.at(-1);
  return {
    $typeName: "verbatim.orchestration.v1.GetHistoryResponse",
    run: listedRunMessage(run),
    why: run.why ?? "",
    contractId: run.contractId ?? "",
    direct: run.kind === "job",
    attempts: attempts.map(attemptMessage),
    nextPageToken: last === undefined || attempts.length === found.length ? "" : attemptToken(last),
    words: words.map(wordMessage),
  };
}

function runPlace(token: string): HistoryPlace | undefined {
  const place = placeOfToken(token);
  return place && { createdAt: place[0], runId: place[1] };
}

/** A place among another's runs is that of its time alone. */
function ownPlace(place: HistoryPlace | undefined, principal: Principal): HistoryPlace | undefined {
  return place && { ...place, runId: place.runId.startsWith(ownIdsOf(principal)) ? place.runId : "" };
}

function attemptToken({ key, attempt }: HistoryAttempt): string {
  return pageToken(key, String(attempt));
}

function attemptPlace(token: string): Pick<HistoryAttempt, "key" | "attempt"> | undefined {
  const place = placeOfToken(token);
  return place && { key: place[0], attempt: Math.trunc(Number(place[1])) || 0 };
}

function timeOf(time: Timestamp | undefined): string | undefined {
  return time === undefined ? undefined : rfc3339(time);
}
