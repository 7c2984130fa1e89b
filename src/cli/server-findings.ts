import type { ToldServer, VerbatimClient } from "#api";
import { saysServing, toldHealth, toldServer } from "#api";
import type { Clock } from "#model";
import { Fault } from "#model";
import type { Connection, Finding } from "./host.ts";
import {
  callerSeen,
  certificateSeen,
  clockSeen,
  failed,
  ok,
  storeSeen,
  versionSeen,
  warning,
} from "./server-judgements.ts";
import type { Seen } from "./server-judgements.ts";
import { toldError } from "./tell-error.ts";

/** How long one answer is waited for, milliseconds. */
const PATIENCE_MS = 10_000;

/** What a server is looked at with. */
export interface LookingAtServer {
  readonly connection: Connection;
  readonly clock: Clock;
  /** The version of this command. */
  readonly version: string;
}

/**
 * Asks a running server for all that it tells of itself. What the caller may not ask for is not asked for, so that looking leaves no
 * denial behind. Never throws.
 */
export async function serverFindings(looking: LookingAtServer): Promise<readonly Finding[]> {
  const { connection, clock } = looking;
  const { client } = connection;
  const ask = () => client.server.getServer({}, patience(clock));
  const first = await answered(ask);
  if ("fault" in first) return [{ name: "server", ...notAnswered(first.fault) }];
  // Asked again for the time: the first answer has waited for the connection.
  const [askedAt, askedMs] = [Date.parse(clock.now()), clock.monotonicMs()];
  const again = await answered(ask);
  if ("fault" in again) return [{ name: "server", ...notAnswered(again.fault) }];
  const tookMs = clock.monotonicMs() - askedMs;
  const told = toldServer(again.value);
  return [
    { name: "server", ...versionSeen(told, { where: connection.where, version: looking.version }) },
    { name: "serving", ...(await servingSeen(looking, told)) },
    { name: "store", ...storeSeen(told) },
    { name: "governance", ...governanceSeen(told) },
    ...(await certificates(looking)),
    { name: "clock", ...clockSeen(told, { askedAt, tookMs }) },
    { name: "caller", ...callerSeen(told) },
    { name: "step types", ...(await stepTypesSeen(looking)) },
    { name: "key", ...(await keySeen(looking)) },
    ...(await asFarAsAllowed(looking, told)),
  ];
}

type Answer<T> = { readonly value: T } | { readonly fault: unknown };

async function answered<T>(ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await ask() };
  } catch (fault) {
    return { fault };
  }
}

function patience(clock: Clock): { readonly deadline: Date } {
  return { deadline: new Date(Date.parse(clock.now()) + PATIENCE_MS) };
}

/** What is seen of an answer; a fault is a failed finding with its own words, which say what to do. */
async function seenOf<T>(ask: () => Promise<T>, judge: (value: T) => Seen): Promise<Seen> {
  const answer = await answered(ask);
  return "fault" in answer ? notAnswered(answer.fault) : judge(answer.value);
}

function notAnswered(fault: unknown): Seen {
  const { code, message } = toldError(fault);
  if (code === "UNIMPLEMENTED")
    return failed(`it does not tell of itself: it is older than this command, or no Verbatim. ${message}`);
  if (code === "DEADLINE_PASSED")
    return failed(
      `no answer within ${PATIENCE_MS / 1000} s: it is overloaded, stopped, or behind a network that drops what is sent`,
    );
  return failed(`${code}: ${message}`);
}

async function servingSeen({ connection, clock }: LookingAtServer, told: ToldServer): Promise<Seen> {
  return await seenOf(
    () => connection.client.health.check({ service: "" }, patience(clock)),
    (answer) => {
      if (saysServing(answer)) return ok("it takes calls");
      if (told.store_halted) return failed("it takes no jobs, because its store has halted");
      return failed(
        "it takes no jobs: it is being stopped, or its disk is full. Look for server.draining and disk.full in its log",
      );
    },
  );
}

function governanceSeen({ governance }: ToldServer): Seen {
  if (governance === "required") return ok("required: nothing runs but the jobs of approved contracts");
  return ok("open: whoever may submit has jobs and plans run");
}

async function certificates({ connection, clock }: LookingAtServer): Promise<readonly Finding[]> {
  const both = await connection.certificates?.();
  if (both === undefined)
    return [
      { name: "tls", ...ok("not spoken here: the way there does not leave this machine, or --insecure was said") },
    ];
  const nowMs = Date.parse(clock.now());
  return [
    { name: "tls", ...certificateSeen("the server's certificate", both.server, nowMs) },
    ...(both.client === undefined
      ? []
      : [{ name: "tls client", ...certificateSeen("the certificate of this client", both.client, nowMs) }]),
  ];
}

async function stepTypesSeen({ connection, clock }: LookingAtServer): Promise<Seen> {
  return await seenOf(
    () => connection.client.executor.listStepTypes({}, patience(clock)),
    ({ stepTypes }) => {
      if (stepTypes.length === 0)
        return warning("none: no job can run. Name some under `steps` in the server's configuration");
      return ok(`${stepTypes.length}: ${stepTypes.map(({ name }) => name).join(", ")}`);
    },
  );
}

async function keySeen({ connection, clock }: LookingAtServer): Promise<Seen> {
  return await seenOf(
    () => connection.client.evidence.getPublicKey({}, patience(clock)),
    ({ keyId, algorithm }) => ok(`signs with ${algorithm}, key id ${keyId}: compare it with the one that is trusted`),
  );
}

/** What only some roles may ask for. */
async function asFarAsAllowed(
  { connection, clock }: LookingAtServer,
  { caller }: ToldServer,
): Promise<readonly Finding[]> {
  const { client } = connection;
  const may = (method: string): boolean => caller.methods.includes(method);
  const findings: (Finding | undefined)[] = [
    may("/verbatim.queue.v1.QueueService/GetStats")
      ? await unlessAbsent("work", () => client.queue.getStats({}, patience(clock)), workSeen)
      : undefined,
    may("/verbatim.health.v1.PlatformHealthService/GetHealth")
      ? await unlessAbsent("platform", () => client.platformHealth.getHealth({}, patience(clock)), platformSeen)
      : undefined,
  ];
  return findings.filter((finding) => finding !== undefined);
}

/** Nothing is said of a part that the configuration does not have. */
async function unlessAbsent<T>(
  name: string,
  ask: () => Promise<T>,
  judge: (value: T) => Seen,
): Promise<Finding | undefined> {
  const answer = await answered(ask);
  if ("value" in answer) return { name, ...judge(answer.value) };
  if (answer.fault instanceof Fault && answer.fault.code === "NOT_CONFIGURED") return undefined;
  return { name, ...notAnswered(answer.fault) };
}

type Answered<Method extends (...given: never[]) => Promise<unknown>> = Awaited<ReturnType<Method>>;

function workSeen(stats: Answered<VerbatimClient["queue"]["getStats"]>): Seen {
  const { queueAvailable, queueDepth, running, dead, oldestAgeSeconds } = stats;
  const numbers = `${queueDepth} wait, ${running} run, ${dead} dead letters, the oldest is ${Math.round(oldestAgeSeconds)} s old`;
  if (!queueAvailable)
    return failed(`the queue does not answer (${numbers}). Work is still accepted; see to its server`);
  if (dead > 0n) return warning(`${numbers}. Look at \`verbatim dead-letters\`, then redrive or discard`);
  return ok(numbers);
}

function platformSeen(answer: Answered<VerbatimClient["platformHealth"]["getHealth"]>): Seen {
  const { status, blocks, reasons } = toldHealth(answer);
  const text = [status, ...reasons].join("; ");
  if (blocks) return failed(`${text}. Nothing may be changed until the signal is withdrawn or replaced`);
  return status === "HEALTHY" ? ok(text) : warning(text);
}
