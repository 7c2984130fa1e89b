import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lives, livingWith, pidsIn } from "../effects/support/processes.ts";
import { until } from "../effects/support/until.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { step, wireJob } from "../support/wire-job.ts";

const PATIENCE_MS = 60_000;

/** A shell that says its pid in the file `$1` and then sleeps for ever. */
const SLEEPER = "echo $$ >> $1; while :; do sleep 1000; done";
const STUBBORN = `trap "" TERM; ${SLEEPER}`;

/** Commands by what their processes do to get away, and how many say their pid. */
const COMMANDS: readonly (readonly [script: string, pids: number])[] = [
  [`sh -c '${SLEEPER}' sh $1 & ${SLEEPER}`, 2],
  [`setsid sh -c '${SLEEPER}' sh $1 & ${SLEEPER}`, 2],
  [`setsid sh -c "setsid sh -c '${SLEEPER.replaceAll("$", "\\$")}' sh $1 & exit" & ${SLEEPER}`, 2],
  [`setsid sh -c '${STUBBORN}' sh $1 & ${STUBBORN}`, 2],
];
const PIDS = COMMANDS.reduce((sum, [, pids]) => sum + pids, 0);

/** Starts a server with one job for each command, and waits until all of their processes run. */
async function serverWithCommands(directory: string, pidFile: string): Promise<ServerProcess> {
  const commands = { executables: ["sh"], working_directories: [directory], kill_grace_ms: 300 };
  const server = await startServer({
    state: join(directory, "state"),
    entry: "serve",
    configuration: { steps: { "command.run": commands }, log_level: "info" },
  });
  const client = await server.client();
  for (const [index, [script]] of COMMANDS.entries()) {
    const job = wireJob(`${directory.split("/").at(-1) ?? ""}-${index}`, [
      step("command.run", { argv: ["sh", "-c", script, "sh", pidFile] }),
    ]);
    client.executor.executeJob(job).catch(() => undefined); // the server will be gone
  }
  await until("all processes run", () => pidsIn(pidFile).length === PIDS);
  return server;
}

/** The children of a process that run the supervisor. */
function supervisorsOf(pid: number): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((child) => Number.isInteger(child) && lives(child))
    .filter((child) => parentOf(child) === pid && read(`/proc/${child}/cmdline`).includes("supervisor-process"));
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Ends by pid what a failing test leaves. */
function sweep(pidFile: string): void {
  for (const pid of pidsIn(pidFile).filter(lives)) process.kill(pid, "SIGKILL");
}

describe("P6 the commands of a server that is killed with SIGKILL", () => {
  it(
    "do not survive it, wherever their processes went, and neither does the supervisor",
    async () => {
      await using scratch = await scratchDirectory();
      const pidFile = join(scratch.path, "pids");
      try {
        await using server = await serverWithCommands(scratch.path, pidFile);
        const pids = pidsIn(pidFile);
        expect(pids.filter(lives)).toHaveLength(PIDS);
        const supervisors = supervisorsOf(server.pid);
        expect(supervisors).toHaveLength(1);
        await server.end("SIGKILL");
        await until("no process of a command is left", () => pids.filter(lives).length === 0);
        await until(
          "nobody carries the mark of a job",
          () => livingWith(`VERBATIM_JOB_ID=${scratch.path.split("/").at(-1) ?? ""}`).length === 0,
        );
        await until("the supervisor has ended", () => supervisors.filter(lives).length === 0);
      } finally {
        sweep(pidFile);
      }
    },
    PATIENCE_MS,
  );

  it(
    "do not survive it although their first supervisor was killed before",
    async () => {
      await using scratch = await scratchDirectory();
      const pidFile = join(scratch.path, "pids");
      try {
        await using server = await serverWithCommands(scratch.path, pidFile);
        const pids = pidsIn(pidFile);
        const [first = 0] = supervisorsOf(server.pid);
        await steady(first);
        process.kill(first, "SIGKILL");
        await until("there is another supervisor", () => supervisorsOf(server.pid).some((pid) => pid !== first));
        const [second = 0] = supervisorsOf(server.pid).filter((pid) => pid !== first);
        await until("it ignores what is sent to all", () => ignoresTerm(second));
        process.kill(second, "SIGTERM");
        expect(pids.filter(lives)).toHaveLength(PIDS);
        // It is told of all that run once it is ready; a job that has begun after that proves it.
        const client = await server.client();
        await client.executor.executeJob(wireJob("after", [step("command.run", { argv: ["sh", "-c", "exit 0"] })]));
        await server.end("SIGKILL");
        await until("no process of a command is left", () => pids.filter(lives).length === 0);
      } finally {
        sweep(pidFile);
      }
    },
    PATIENCE_MS,
  );
});

/** Whether a process has a handler for SIGTERM, which is bit 14 of the kernel's mask. */
function ignoresTerm(pid: number): boolean {
  const mask = /^SigCgt:\s+([0-9a-f]+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? "0";
  return (BigInt(`0x${mask}`) & (1n << 14n)) !== 0n;
}

/** Waits until a process is old enough to be started anew when it ends: 1 s, by the kernel's own clock. */
async function steady(pid: number): Promise<void> {
  const startTicks = Number(read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ")[19]);
  await until(
    "the supervisor is old enough",
    () => Number(read("/proc/uptime").split(" ")[0]) * 100 - startTicks > 400,
  );
}
