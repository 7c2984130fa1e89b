import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { VerbatimClient } from "#api";
import { RunStatus } from "../../src/api/gen/verbatim/orchestration/v1/run_pb.ts";
import { lives, livingWith, pidsIn } from "../effects/support/processes.ts";
import { until } from "../effects/support/until.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";

const PATIENCE_MS = 60_000;

/** A shell that says its pid in the file `$1` and then sleeps for ever. */
const SLEEPER = "echo $$ >> $1; while :; do sleep 1000; done";

/** What the jobs' processes do to get away; each has a grandchild, and each of both says its pid. */
const SCRIPTS = {
  plain: `sh -c '${SLEEPER}' sh $1 & ${SLEEPER}`,
  session: `setsid sh -c '${SLEEPER}' sh $1 & ${SLEEPER}`,
  stubborn: `trap "" TERM; setsid sh -c 'trap "" TERM; ${SLEEPER}' sh $1 & ${SLEEPER}`,
};
const PIDS = Object.keys(SCRIPTS).length * 2;

interface Scene {
  readonly server: ServerProcess;
  readonly client: VerbatimClient;
  readonly runId: string;
  readonly pids: readonly number[];
}

/** Runs a plan of such jobs, waits until all of their processes run, does `end`, and demands that none of them is left. */
async function noneSurvives(name: string, end: (scene: Scene) => Promise<void>, limitSeconds?: number): Promise<void> {
  await using scratch = await scratchDirectory();
  const pidFile = join(scratch.path, "pids");
  const runId = `${name}-${process.pid}`;
  const jobs = Object.entries(SCRIPTS).map(([key, script]) => [
    key,
    {
      command: ["sh", "-c", script, "sh", pidFile],
      continue_on_error: true,
      ...(limitSeconds !== undefined && { timeout_seconds: limitSeconds }),
    },
  ]);
  const commands = { executables: ["sh"], working_directories: [scratch.path], kill_grace_ms: 300 };
  const configuration = { steps: { "command.run": commands }, drain_seconds: 0.2 };
  try {
    await using server = await startServer({ state: join(scratch.path, "state"), entry: "serve", configuration });
    using client = await server.client();
    const text = JSON.stringify({ name, jobs: Object.fromEntries(jobs) });
    await client.runs.createRun({ plan: { text, name }, runId, actor: "ada" });
    await until("all processes run", () => pidsIn(pidFile).length === PIDS);
    const pids = pidsIn(pidFile);
    await end({ server, client, runId, pids });
    await until("no process of a job is left", () => pids.filter(lives).length === 0);
    await until("nobody carries the mark of the run", () => livingWith(`VERBATIM_JOB_ID=${runId}/`).length === 0);
  } finally {
    for (const pid of pidsIn(pidFile).filter(lives)) process.kill(pid, "SIGKILL");
  }
}

describe("P6 the processes of a plan's jobs, with grandchildren in sessions of their own,", () => {
  it("do not survive the limit of their jobs, which is recorded as a timeout", { timeout: PATIENCE_MS }, async () => {
    await noneSurvives(
      "limited",
      async ({ client, runId }) => {
        for await (const batch of client.runs.watchRun({ runId })) void batch;
        const { run } = await client.runs.getRun({ runId });
        expect(run?.status).toBe(RunStatus.FAILED);
        expect(run?.jobs.map(({ errorClass }) => errorClass)).toEqual(["timeout", "timeout", "timeout"]);
      },
      5,
    );
  });

  it("do not survive the cancelling of their run by somebody", { timeout: PATIENCE_MS }, async () => {
    await noneSurvives("cancelled", async ({ client, runId, pids }) => {
      expect(pids.filter(lives)).toHaveLength(PIDS);
      const { run } = await client.runs.cancelRun({ runId, actor: "bo", reason: "enough" });
      expect(run?.status).toBe(RunStatus.CANCELLED);
    });
  });

  it("do not survive a server that is stopped by SIGTERM", { timeout: PATIENCE_MS }, async () => {
    await noneSurvives("stopped", async ({ server, pids }) => {
      expect(pids.filter(lives)).toHaveLength(PIDS);
      expect(await server.end("SIGTERM")).toMatchObject({ code: 0 });
      // They are gone when the server is, and not some time later.
      expect(pids.filter(lives)).toEqual([]);
    });
  });

  it("do not survive a server that is killed by SIGKILL", { timeout: PATIENCE_MS }, async () => {
    await noneSurvives("killed", async ({ server, pids }) => {
      expect(pids.filter(lives)).toHaveLength(PIDS);
      await server.end("SIGKILL");
    });
  });
});
