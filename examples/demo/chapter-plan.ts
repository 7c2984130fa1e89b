import { spawnSync } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { connectClient, readToken } from "#api";
import { verifyFile } from "#evidence";
import { REPOSITORY, startServer } from "./server.ts";
import type { DemoServer } from "./server.ts";
import type { Stage } from "./stage.ts";
import { logFile } from "./stage.ts";

const CONFIG = "examples/plans/verbatim.yaml";

/** What the chapter plays with. */
interface PlanStage {
  readonly story: Stage["story"];
  readonly state: string;
  readonly runId: string;
  readonly scratch: string;
}

/** A plan whose server is killed in the middle: it goes on, waits for a person, and says what became of it. */
export async function runPlan({ story, state: beside }: Pick<Stage, "story" | "state">, runId: string): Promise<void> {
  const stage = { story, runId, state: join(beside, "plans"), scratch: join(beside, "scratch") };
  await mkdir(stage.scratch, { recursive: true });
  story.chapter("A plan: a diamond of jobs, a retry, a gate, and a server that is killed in the middle");
  await killedInTheMiddle(stage);
  await goesOn(stage);
}

async function killedInTheMiddle({ story, state, runId, scratch }: PlanStage): Promise<void> {
  await using server = await startServer({ state, config: CONFIG });
  using client = connectClient({ address: server.address, token: await readToken(state) });
  const text = await readFile(join(REPOSITORY, "examples/plans/release.yaml"), "utf8");
  const plan = { text, name: "examples/plans/release.yaml", overrides: { SCRATCH: scratch } };
  const { order, widths } = await client.runs.validatePlan({ plan });
  story.say(`examples/plans/release.yaml: ${order.join(", ")}; side by side at most ${widths.join(", ")}.`);
  await client.runs.createRun({ plan, runId, actor: "demo", reason: "the demo" });
  await untilTold(client.runs.watchRun({ runId }), ["step.started build", "job.succeeded test"]);
  process.kill(server.pid, "SIGKILL");
  story.say(`The job build runs. Its server, process ${server.pid}, is killed with SIGKILL.`);
}

async function goesOn(stage: PlanStage): Promise<void> {
  const { story, state, runId } = stage;
  await using server = await startServer({ state, config: CONFIG });
  using client = connectClient({ address: server.address, token: await readToken(state) });
  story.say(`Another server, process ${server.pid}, starts on the same state directory, and goes on by itself.`);
  for await (const { events } of client.runs.watchRun({ runId, untilBlocked: true }))
    for (const { jobKey, eventType, attempt, reason } of events)
      if (/^(?:job|gate|step\.in_doubt)/.test(eventType))
        story.say(`   ${eventType.padEnd(14)} ${jobKey} ${attempt} ${reason}`);
  const waiting = await client.runs.getRun({ runId });
  const gate = waiting.run?.jobs.find(({ gateOpen }) => gateOpen);
  story.expect("the run waits at the gate of publish", gate?.key === "publish");
  const own = verbatim(server, stage, "approve", runId, "publish", "--actor", "demo", "--reason", "mine");
  story.expect(`whoever has started the run may not approve it (exit code ${own.status})`, own.status === 7);
  const other = verbatim(server, stage, "approve", runId, "publish", "--actor", "reviewer", "--reason", "looked at it");
  story.expect("somebody else approves from another process", other.status === 0);
  await untilTold(client.runs.watchRun({ runId, untilBlocked: true, afterSeq: waiting.logSize - 1n }), [
    "run.completed ",
  ]);
  const status = verbatim(server, stage, "status", runId);
  story.say(`   verbatim status: ${status.stdout.trim()}`);
  story.expect("the run ended failed because of one leaf (exit code 1)", status.status === 1);
  await countEffects(stage);
}

async function countEffects(stage: PlanStage): Promise<void> {
  const { story, runId, scratch } = stage;
  const done = (await readFile(join(scratch, "effects"), "utf8")).trim().split("\n");
  const times = (name: string): number => done.filter((line) => line === name).length;
  const log = await readFile(logFile(stage, runId), "utf8");
  story.expect("what had succeeded before the kill was not run again", times("fetch") === 1 && times("publish") === 1);
  story.expect(
    "the failed attempt of test was followed by one more",
    times("test") === 2 && log.includes('"job.retried"'),
  );
  story.expect(
    "build was cut off and ran again, and the record says that its first run is in doubt",
    times("build") === 2 && times("built") === 1 && log.includes('"step.in_doubt"'),
  );
  const report = await verifyFile(logFile(stage, runId));
  story.expect(`its log of ${report.records} records is whole, and keeps the laws`, report.ok && report.complete);
}

/** The command line, in a process of its own. */
function verbatim(server: DemoServer, { state }: PlanStage, ...args: readonly string[]) {
  return spawnSync(
    process.execPath,
    [join(REPOSITORY, "src/main/bin.ts"), ...args, "--server", server.address, "--config", CONFIG, "--state", state],
    { cwd: REPOSITORY, encoding: "utf8" },
  );
}

/** Reads a run until it has told all of this, each as `event job`. */
async function untilTold(
  stream: AsyncIterable<{ readonly events: readonly { readonly eventType: string; readonly jobKey: string }[] }>,
  awaited: readonly string[],
): Promise<void> {
  const missing = new Set(awaited);
  for await (const { events } of stream) {
    for (const { eventType, jobKey } of events) missing.delete(`${eventType} ${jobKey}`);
    if (missing.size === 0) return;
  }
}
