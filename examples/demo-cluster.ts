// npm run demo:cluster: a database, two nodes that take calls over mutual TLS, three workers that perform. Workers are killed,
// paused and cut off in the middle of their work, and so is a node; what was really done is counted in a file outside. Every line
// with a ✓ was checked; one that does not hold makes the exit code 1. It needs the programs of PostgreSQL: apt-get install -y postgresql
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { requestOf } from "#api";
import type { EvidenceRecord } from "#evidence";
import { Cluster, LEASE_SECONDS } from "./cluster/cluster.ts";
import type { ApiNode, Worker } from "./cluster/cluster.ts";
import { attemptLog, checkedLog, effects } from "./cluster/evidence.ts";
import { REPOSITORY } from "./demo/server.ts";
import { Story } from "./demo/story.ts";

const PATIENCE_MS = 60_000;
const JOBS = 8;
const PLANS = 3;
const STEPS = 3;
const STEP_SECONDS = 4;
const WRITES = 'echo "$VERBATIM_JOB_ID/$VERBATIM_STEP_INDEX $VERBATIM_EPOCH" >> effects';

const story = new Story(console.log);
const startMs = performance.now();
const directory = await mkdtemp(join(tmpdir(), "verbatim-cluster-"));
await chmod(directory, 0o700);
const logs: string[] = [];
try {
  await using cluster = new Cluster(directory);
  try {
    const [east, west] = await started(cluster);
    await work(east, west);
    await lost(cluster, east, { how: "killed", jobId: "killed-worker" });
    await lost(cluster, east, { how: "paused", jobId: "paused-worker" });
    await lost(cluster, west, { how: "cut off", jobId: "cut-off-worker" });
    await nodeDies(east, west);
    await everyLog(west);
  } catch (error) {
    for (const one of [...cluster.nodes, ...cluster.workers]) console.error(`${one.name} said:\n${one.log()}`);
    throw error;
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
console.log(`\n${story.ending((performance.now() - startMs) / 1000)}`);
process.exitCode = story.kept ? 0 : 1;

async function started(cluster: Cluster): Promise<readonly [ApiNode, ApiNode]> {
  story.chapter("A PostgreSQL, two nodes that take calls, three workers that perform");
  await cluster.open();
  const [east, west] = await Promise.all([cluster.startNode("east"), cluster.startNode("west")]);
  await Promise.all(["ada", "ben", "cyd"].map(async (name) => await cluster.startWorker(name)));
  for (const { name, pid, ready } of [...cluster.nodes, ...cluster.workers])
    story.say(`${name.padEnd(5)} process ${pid}: ${ready}`);
  story.say(`A worker that says nothing for ${LEASE_SECONDS} s loses what it has claimed.`);
  return [east, west];
}

async function work(east: ApiNode, west: ApiNode): Promise<void> {
  story.chapter(`${JOBS} jobs and ${PLANS} plans, asked for at both nodes`);
  const jobIds = Array.from({ length: JOBS }, (_nothing, place) => `job-${place + 1}`);
  const runIds = Array.from({ length: PLANS }, (_nothing, place) => `plan-${place + 1}`);
  await Promise.all([
    ...jobIds.map(async (jobId, place) => {
      const { result } = await nodeFor(place).client.executor.executeJob(commands(jobId, [WRITES, WRITES]));
      if (result === undefined) throw new Error(`${jobId} has no result`);
    }),
    ...runIds.map(async (runId, place) => await createRun(nodeFor(place), runId)),
  ]);
  for (const runId of runIds) await ended(west, runId); // whichever node was asked for it
  const performed = await Promise.all(jobIds.map(async (jobId) => await journey(west, jobId)));
  for (const told of performed) story.say(told);
  logs.push(...jobIds, ...runIds);
  const done = await effects(directory);
  const steps = done.map(({ step }) => step);
  story.expect(
    `${steps.length} commands were performed, each once`,
    steps.length === JOBS * 2 + PLANS * 4 && new Set(steps).size === steps.length,
  );
  const states = await Promise.all(runIds.map(async (runId) => (await west.client.runs.getRun({ runId })).run?.status));
  story.expect(
    "one node tells of the runs that the other one has taken",
    states.every((status) => status === states[0]) && states[0] !== undefined,
  );

  function nodeFor(place: number): ApiNode {
    return place % 2 === 0 ? east : west;
  }
}

/** A worker is taken away in the second of three steps. */
async function lost(
  cluster: Cluster,
  node: ApiNode,
  { how, jobId }: { readonly how: "killed" | "paused" | "cut off"; readonly jobId: string },
): Promise<void> {
  story.chapter(`A worker is ${how} in the middle of a step`);
  const slow = `${WRITES}; sleep ${STEP_SECONDS}`;
  const asked = node.client.executor.executeJob(commands(jobId, [WRITES, slow, WRITES]));
  asked.catch(() => undefined); // it is looked at below
  await until(`the second step of ${jobId}`, async () => (await count(jobId)) === 2);
  const claimed = (await recordsOf(node, jobId)).find(({ event_type: type }) => type === "run.claimed");
  const worker = story.need(
    "worker that has claimed the job",
    cluster.workers.find(({ name }) => name === claimed?.actor),
  );
  takeAway(worker, how);
  story.say(`${worker.name} performs ${jobId}, and is ${how} in its second step.`);
  const { result } = await asked;
  const size = (await recordsOf(node, jobId)).length;
  bringBack(worker, how);
  if (how !== "killed") await until(`${worker.name} knows`, () => worker.log().includes("fenced"));
  story.say(await journey(node, jobId));
  logs.push(jobId);

  const records = await recordsOf(node, jobId);
  const epochs = records.map(epochOf).filter((epoch) => epoch !== undefined);
  story.expect("another worker said what became of it, under a later epoch", isRising(epochs) && epochs.length === 2);
  story.expect(
    "the first step stays done, the second is in doubt, the third was not begun",
    result?.stepsSucceeded === 1 && result.stepsInDoubt.length === 1 && result.stepsNotRun.length === 1,
  );
  if (how !== "killed") story.expect(`${worker.name} came back, and added nothing to the log`, records.length === size);
  story.expect("no command of it was run twice", (await count(jobId)) === 2);
  if (how === "killed") {
    const again = await cluster.startWorker(`${worker.name}-again`);
    story.say(`${again.name} takes its place.`);
  }
}

function takeAway(worker: Worker, how: "killed" | "paused" | "cut off"): void {
  if (how === "killed") worker.signal("SIGKILL");
  else if (how === "paused") worker.signal("SIGSTOP");
  else worker.line.cut();
}

function bringBack(worker: Worker, how: "killed" | "paused" | "cut off"): void {
  if (how === "paused") worker.signal("SIGCONT");
  if (how === "cut off") worker.line.mend({ forgets: true });
}

async function nodeDies(east: ApiNode, west: ApiNode): Promise<void> {
  story.chapter("A node is killed while its plan is performed");
  const runId = "orphan";
  await createRun(east, runId);
  await until("its second job", async () => (await count(runId)) >= 2);
  east.signal("SIGKILL");
  story.say(`east, which has accepted ${runId}, is killed. Nobody asks for the run again.`);
  await until(`${runId} has ended`, async () => {
    const records = await recordsOf(west, runId).catch(() => []);
    return records.at(-1)?.event_type === "run.completed";
  });
  const records = await recordsOf(west, runId);
  logs.push(runId);
  for (const { event_type: type, actor, job_key: key } of records)
    if (/^(?:run|log|job)\./.test(type)) story.say(`${type.padEnd(16)} ${(key ?? "").padEnd(8)} by ${actor ?? ""}`);
  story.expect("west went on with it, to its end", records.at(-1)?.status === "succeeded");
  const steps = (await effects(directory)).map(({ step }) => step).filter((step) => step.startsWith(`${runId}/`));
  story.expect("its four commands were run once each", steps.length === 4 && new Set(steps).size === 4);
}

async function everyLog(node: ApiNode): Promise<void> {
  story.chapter("Every log is read over the wire and verified here");
  const attempts = (await effects(directory)).flatMap(({ step }) => {
    const jobId = step.slice(0, step.lastIndexOf("/"));
    return jobId.includes("/") ? [attemptLog(jobId)] : [];
  });
  const checked = await Promise.all(
    [...new Set([...logs, ...attempts])].map(async (runId) => await checkedLog(node.client, runId)),
  );
  const records = checked.reduce((sum, log) => sum + log.records.length, 0);
  for (const { runId, holds } of checked) if (!holds) story.say(`${runId} does not hold`);
  story.expect(
    `${checked.length} logs with ${records} records hold and are complete`,
    checked.every(({ holds }) => holds),
  );
}

/** What a job went through, in a line. */
async function journey(node: ApiNode, jobId: string): Promise<string> {
  const words = (await recordsOf(node, jobId)).flatMap((record) => {
    const told = epochOf(record);
    const epoch = told === undefined ? "" : ` (epoch ${told})`;
    if (record.event_type === "run.claimed") return [`claimed by ${record.actor}${epoch}`];
    if (record.event_type === "log.recovered") return [`closed by ${record.actor}${epoch}`];
    if (record.event_type === "step.succeeded") return [`step ${record.step_index} done`];
    if (record.event_type === "step.in_doubt") return [`step ${record.step_index} in doubt`];
    return record.event_type === "run.completed" ? [String(record.status)] : [];
  });
  return `${jobId.padEnd(14)} ${words.join(" → ")}`;
}

async function recordsOf(node: ApiNode, runId: string): Promise<readonly EvidenceRecord[]> {
  return (await checkedLog(node.client, runId)).records;
}

/** Commands of a job, or of a run, that have been begun. */
async function count(id: string): Promise<number> {
  return (await effects(directory)).filter(({ step }) => step.startsWith(`${id}/`)).length;
}

async function createRun(node: ApiNode, runId: string): Promise<void> {
  const name = "examples/cluster/plan.yaml";
  const text = await readFile(join(REPOSITORY, name), "utf8");
  const plan = { text, name, overrides: { SCRATCH: directory } };
  await node.client.runs.createRun({ plan, runId, actor: "demo", reason: "the demo" });
}

function commands(jobId: string, scripts: readonly string[]) {
  const steps = scripts.map((script, stepIndex) => ({
    stepIndex,
    stepType: "command.run",
    target: `step ${stepIndex + 1} of ${Math.max(scripts.length, STEPS)}`,
    parameters: { argv: ["sh", "-c", script] },
    timeoutSeconds: 60,
  }));
  return requestOf({ jobId, contractId: "demo", executedBy: "demo", steps });
}

function isRising(epochs: readonly string[]): boolean {
  return epochs.every((epoch, place) => place === 0 || BigInt(epoch) > BigInt(epochs[place - 1] ?? "0"));
}

/** Under which epoch a record says that its writer had the run. */
function epochOf({ data }: EvidenceRecord): string | undefined {
  const epoch = data?.["epoch"];
  return typeof epoch === "string" ? epoch : undefined;
}

/** Waits for the end of a run, as the node that is asked tells it. */
async function ended(node: ApiNode, runId: string): Promise<void> {
  const stream = node.client.runs.watchRun({ runId });
  while ((await stream.next()).done !== true);
}

/** Waits until something is so. @throws {Error} if it is not so in time. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
    await pause(50);
  }
}
