import { toldRunWithLog } from "#api";
import type { ToldRun, ToldRunWithLog } from "#api";
import { Fault } from "#model";
import { resumed } from "../resume.ts";
import type { CliHost, Connection } from "../host.ts";
import type { RunReporter } from "./run-reporter.ts";
import { isEnded, RunTracker } from "./run-tracker.ts";
import type { RunEvents } from "./run-tracker.ts";

/** How a run is followed. */
export interface FollowOptions {
  readonly runId: string;
  readonly connection: Connection;
  readonly host: CliHost;
  readonly reporter: RunReporter;
  /** Whether it had been accepted before. */
  readonly attached: boolean;
  /** Whether it is followed on while it waits at gates. */
  readonly wait: boolean;
  /** Events up to this sequence number are known to whoever looks, and are not shown; -1 = none is. */
  readonly shownUpTo: number;
}

/**
 * Follows a run until it has ended or is blocked, and shows it on the way. The first signal from outside lets an embedded
 * machine drain; with a server it ends the following, and the run goes on there.
 * @throws {Fault} SERVER_UNREACHABLE with how to find the run again.
 */
export async function followRun(options: FollowOptions): Promise<ToldRunWithLog> {
  const { runId } = options;
  try {
    return await new Following(options).end();
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "SERVER_UNREACHABLE") throw error;
    const advice = `If the run was accepted it may go on: see \`verbatim status ${runId}\`, or \`verbatim summary ${runId}\`.`;
    throw new Fault(error.code, `${error.message.replace(/\.?$/, ".")} ${advice}`, { cause: error });
  }
}

class Following {
  readonly #options: FollowOptions;
  readonly #left = new AbortController();
  #seq: bigint | undefined;
  /** Whether nothing happens until somebody says something. */
  #waits = false;
  #drained: Promise<void> | undefined;

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  async end(): Promise<ToldRunWithLog> {
    const { interrupted } = this.#options.host;
    const onInterrupt = (): void => this.#interrupt();
    interrupted.addEventListener("abort", onInterrupt);
    if (interrupted.aborted) onInterrupt();
    try {
      return await this.#follow();
    } finally {
      interrupted.removeEventListener("abort", onInterrupt);
      await this.#drained;
    }
  }

  async #follow(): Promise<ToldRunWithLog> {
    const { reporter, connection, attached, host, wait } = this.#options;
    const { run: first } = await this.#told();
    const tracker = new RunTracker(first);
    const { runId, name, jobs } = first;
    await reporter.begin({ runId, name, jobs: jobs.length, where: connection.where, attached }, tracker);
    for (;;) {
      await this.#watch(tracker);
      const now = await this.#told();
      if (this.#left.signal.aborted || isEnded(now.run.status)) return now;
      if (now.run.status !== "blocked") continue;
      const gates = openGates(now.run);
      if (gates.length === 0 || !wait || host.interrupted.aborted) return now;
      this.#waits = true;
      await reporter.note(`Waiting for the word of others: ${approvals(now.run, gates)}`);
    }
  }

  async #told(): Promise<ToldRunWithLog> {
    return toldRunWithLog(await this.#options.connection.client.runs.getRun({ runId: this.#options.runId }));
  }

  /** Reads events until there are none to come. */
  async #watch(tracker: RunTracker): Promise<void> {
    const { connection, runId, reporter, host, shownUpTo } = this.#options;
    const { signal } = this.#left;
    const messages = resumed<RunEvents>({
      open: (afterSeq) =>
        connection.client.runs.watchRun(
          { runId, untilBlocked: true, ...(afterSeq !== undefined && { afterSeq }) },
          { signal },
        ),
      lastSeq: (message) => message.events.at(-1)?.seq,
      from: this.#seq,
      clock: host.clock,
      onCut: (fault) => void reporter.note(`${fault.message} Taking it up again.`),
    });
    try {
      for await (const { events } of messages) {
        this.#waits = false;
        for (const event of events) {
          this.#seq = event.seq;
          tracker.take(event);
          if (Number(event.seq) > shownUpTo) await reporter.event(event, tracker);
        }
      }
    } catch (error) {
      if (!(signal.aborted && error instanceof Fault && error.code === "CANCELLED")) throw error;
    }
  }

  #interrupt(): void {
    const { connection, host, reporter, runId } = this.#options;
    const by = `interrupted by ${String(host.interrupted.reason)}`;
    if (connection.drain === undefined) {
      const ways = `follow it with \`verbatim events ${runId} --follow\`, stop it with \`verbatim cancel ${runId} --reason TEXT\``;
      this.#drained = reporter.note(`${by}: the run goes on at ${connection.where}; ${ways}.`);
      this.#left.abort();
      return;
    }
    const drained = connection.drain().then(() => {
      if (this.#waits) this.#left.abort(); // nothing runs, so nothing would be told
    });
    // Beside it: a terminal that is not read must not hold the drain back.
    const told = reporter.note(`${by}: no more jobs are started, those that run may end; once more ends them at once.`);
    this.#drained = Promise.all([drained, told]).then(() => undefined);
  }
}

/** Keys of the jobs whose gate waits for somebody. */
export function openGates({ jobs }: Pick<ToldRun, "jobs">): readonly string[] {
  return jobs.filter(({ gateOpen }) => gateOpen).map(({ key }) => key);
}

const GATES_NAMED = 3;

/** The commands with which others pass gates. */
export function approvals({ runId }: Pick<ToldRun, "runId">, gates: readonly string[]): string {
  const named = gates.slice(0, GATES_NAMED).map((key) => `verbatim approve ${runId} ${key} --actor NAME`);
  const more = gates.length > named.length ? `, and ${gates.length - named.length} more` : "";
  return `${named.join(", ")}${more}`;
}
