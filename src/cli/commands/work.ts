import { changeOperationNumber, deadLetterFilter, toldStats, toldWork } from "#api";
import type { AskedDeadLetters, ToldWork } from "#api";
import { Fault } from "#model";
import type { Violation } from "#model";
import { EXIT } from "../exit-codes.ts";
import { givenText } from "../given-text.ts";
import type { CommonFlags } from "../host.ts";
import { actorOf } from "../plan-run/words-of-people.ts";
import type { ActorFlags } from "../plan-run/words-of-people.ts";
import type { Session } from "../session.ts";
import { deadLettersText, redrivenText, statsJson, statsText, workJson, workText } from "../views/work.ts";

/** Flags of `publish`. */
export interface PublishFlags extends CommonFlags {
  readonly id: string;
  readonly record: string;
  readonly old?: string;
}

/** Which dead letters. */
export interface DeadLetterFlags extends CommonFlags {
  readonly job?: string;
  readonly capability?: string;
  readonly errorClass?: string;
  readonly contains?: string;
  readonly since?: string;
  readonly until?: string;
  readonly id: readonly string[];
}

/** Flags of `dead-letters redrive`. */
export interface RedriveFlags extends DeadLetterFlags {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly max: number;
  readonly perSecond: number;
}

/** Flags of `dead-letters discard`. */
export interface DiscardFlags extends CommonFlags, ActorFlags {
  readonly reason: string;
}

const PAGE = 1000;
const RECORD = { what: "record", bytes: 128 * 1024 };

/** `verbatim publish`: tells of a committed change. */
export async function publish(
  change: { readonly entity: string; readonly operation: string },
  flags: PublishFlags,
  { host, stdout, json }: Session,
): Promise<number> {
  const operation = changeOperationNumber(change.operation);
  if (operation === undefined) throw new Fault("INVALID_REQUEST", `There is no operation ${change.operation}.`);
  const recordJson = Buffer.from((await givenText(flags.record, RECORD, host)).text);
  const oldJson =
    flags.old === undefined ? Buffer.alloc(0) : Buffer.from((await givenText(flags.old, RECORD, host)).text);
  await using connection = await host.connect(flags);
  const told = { changeId: flags.id, entity: change.entity, operation, recordJson, oldJson };
  const { hooks, workIds, added } = await connection.client.hooks.publishChange(told);
  if (json) await stdout.json(`${JSON.stringify({ hooks, work_ids: workIds, added })}\n`);
  else if (hooks.length === 0) await stdout.write("No hook matches it.\n");
  else
    await stdout.write(
      `${hooks.join(", ")}: ${added} of ${workIds.length} new\n${workIds.map((id) => `  ${id}\n`).join("")}`,
    );
  return EXIT.succeeded;
}

/** `verbatim stats`: numbers of workers and work. */
export async function stats(flags: CommonFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const told = toldStats(await connection.client.queue.getStats({}));
  if (json) await stdout.json(`${JSON.stringify(statsJson(told))}\n`);
  else await stdout.write(statsText(told, stdout));
  return EXIT.succeeded;
}

/** `verbatim work`: one piece of work. */
export async function showWork(id: string, flags: CommonFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const { work } = await connection.client.queue.getWork({ workId: id });
  if (work === undefined) throw new Fault("INTERNAL", "The server answered without the work.");
  const told = toldWork(work);
  if (json) await stdout.json(`${JSON.stringify(workJson(told))}\n`);
  else await stdout.write(workText(told));
  return EXIT.succeeded;
}

/** `verbatim dead-letters list`. */
export async function listDeadLetters(
  flags: DeadLetterFlags & { readonly limit: number },
  { host, stdout, json }: Session,
): Promise<number> {
  const filter = deadLetterFilter(askedOf(flags, flags.id));
  await using connection = await host.connect(flags);
  const found: ToldWork[] = [];
  let pageToken = "";
  let matched = 0;
  do {
    const pageSize = Math.min(PAGE, flags.limit - found.length);
    const page = await connection.client.queue.listDeadLetters({ filter, pageSize, pageToken });
    found.push(...page.deadLetters.map(toldWork));
    matched = Number(page.matched);
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && found.length < flags.limit);
  if (json) await stdout.json(`${JSON.stringify({ dead_letters: found.map(workJson), matched })}\n`);
  else await stdout.write(deadLettersText(found, matched, stdout));
  return EXIT.succeeded;
}

/** `verbatim dead-letters redrive`. */
export async function redriveDeadLetters(
  ids: readonly string[],
  flags: RedriveFlags,
  { host, stdout, json }: Session,
): Promise<number> {
  const filter = deadLetterFilter(askedOf(flags, [...ids, ...flags.id]));
  const { all = false, dryRun = false, max, perSecond } = flags;
  await using connection = await host.connect(flags);
  const came = await connection.client.queue.redriveDeadLetters({ filter, all, dryRun, max, perSecond });
  const told = {
    matched: Number(came.matched),
    redriven: came.redriven.map(({ workId, newWorkId }) => ({ work_id: workId, new_work_id: newWorkId })),
    refused: came.refused.map(({ workId, reason }) => ({ work_id: workId, reason })),
  };
  if (json) await stdout.json(`${JSON.stringify({ ...told, dry_run: dryRun })}\n`);
  else await stdout.write(redrivenText({ ...told, dryRun }));
  return told.refused.length === 0 ? EXIT.succeeded : EXIT.runFailed;
}

/** `verbatim dead-letters discard`. */
export async function discardDeadLetter(
  id: string,
  flags: DiscardFlags,
  { host, stdout, json }: Session,
): Promise<number> {
  await using connection = await host.connect(flags);
  const order = { workId: id, reason: flags.reason, discardedBy: actorOf(flags, host) };
  const { work } = await connection.client.queue.discardDeadLetter(order);
  if (work === undefined) throw new Fault("INTERNAL", "The server answered without the work.");
  if (json) await stdout.json(`${JSON.stringify(workJson(toldWork(work)))}\n`);
  else await stdout.write(`${id} is discarded.\n`);
  return EXIT.succeeded;
}

function askedOf(flags: DeadLetterFlags, workIds: readonly string[]): AskedDeadLetters {
  const violations: Violation[] = [];
  const time = (field: string, text: string | undefined): string | undefined => {
    if (text !== undefined && Number.isNaN(Date.parse(text)))
      violations.push({
        field,
        description: `is ${JSON.stringify(text)}; expected a time such as 2026-01-31T12:00:00Z`,
      });
    return text;
  };
  const { job, capability, errorClass, contains: messageContains } = flags;
  const deadFrom = time("--since", flags.since);
  const deadBefore = time("--until", flags.until);
  if (violations.length > 0)
    throw new Fault(
      "INVALID_REQUEST",
      `The dead letters cannot be asked for: ${violations.map(({ field, description }) => `${field} ${description}`).join("; ")}`,
      { violations },
    );
  return {
    ...(job !== undefined && { job }),
    ...(capability !== undefined && { capability }),
    ...(errorClass !== undefined && { errorClass }),
    ...(messageContains !== undefined && { messageContains }),
    ...(deadFrom !== undefined && { deadFrom }),
    ...(deadBefore !== undefined && { deadBefore }),
    workIds,
  };
}
