import { chmodSync, chownSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { livingChildrenOf, livingWith } from "../effects/support/processes.ts";
import { until } from "../effects/support/until.ts";
import { lacks } from "../support/needs.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { NotStarted, startServer } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { step, wireJob } from "../support/wire-job.ts";
import { join } from "node:path";

const PATIENCE_MS = 60_000;
const USER = { uid: 64_501, gid: 64_502 };
const SLEEPER = 'trap "" TERM; while :; do sleep 1000; done';
/** Two shells, one of them in a session of its own, and what they wait for. */
const SCRIPT = `setsid sh -c '${SLEEPER}' & ${SLEEPER}`;
const PROCESSES = 4;

const commands = (directory: string): object => ({
  executables: ["sh"],
  working_directories: [directory],
  kill_grace_ms: 300,
  run_as: USER,
  limits: { processes: 100 },
});

/** Starts a server that offers every level, with a job at each of them. */
async function serverAt(directory: string, levels: readonly string[]): Promise<ServerProcess> {
  chownSync(directory, USER.uid, USER.gid);
  chmodSync(directory, 0o755);
  const server = await startServer({
    state: join(directory, "state"),
    entry: "serve",
    configuration: { steps: { "command.run": { ...commands(directory), sandbox: {} } } },
  });
  const client = await server.client();
  for (const isolation of levels) {
    const job = wireJob(nameOf(directory, isolation), [step("command.run", { argv: ["sh", "-c", SCRIPT], isolation })]);
    client.executor.executeJob(job).catch(() => undefined); // the server will be gone
  }
  for (const isolation of levels)
    await until(`all processes of ${isolation} run`, () => living(directory, isolation) >= PROCESSES);
  return server;
}

const nameOf = (directory: string, level: string): string => `${directory.split("/").at(-1) ?? ""}-${level}`;
const living = (directory: string, level: string): number =>
  livingWith(`VERBATIM_JOB_ID=${nameOf(directory, level)}`).length;

/** Ends what a failing test leaves. */
function sweep(directory: string): void {
  for (const pid of livingWith(`VERBATIM_JOB_ID=${directory.split("/").at(-1) ?? ""}`)) process.kill(pid, "SIGKILL");
}

describe.skipIf(lacks("root") || lacks("a sandbox of bubblewrap"))("P6 isolated commands of a server", () => {
  it(
    "do not survive it when it is killed with SIGKILL, at whichever level",
    async () => {
      await using scratch = await scratchDirectory();
      try {
        await using server = await serverAt(scratch.path, ["limited", "sandbox"]);
        await server.end("SIGKILL");
        for (const level of ["limited", "sandbox"])
          await until(`nothing of ${level} is left`, () => living(scratch.path, level) === 0);
      } finally {
        sweep(scratch.path);
      }
    },
    PATIENCE_MS,
  );

  it(
    "do not survive it in a sandbox even if its supervisor is killed with it, for the kernel ends them",
    async () => {
      await using scratch = await scratchDirectory();
      try {
        await using server = await serverAt(scratch.path, ["sandbox"]);
        const supervisors = livingChildrenOf(server.pid, "supervisor-process");
        expect(supervisors).toHaveLength(1);
        // Stopped first, it cannot do its work between the two.
        for (const pid of supervisors) process.kill(pid, "SIGSTOP");
        await server.end("SIGKILL");
        for (const pid of supervisors) process.kill(pid, "SIGKILL");
        await until("nothing of the sandbox is left", () => living(scratch.path, "sandbox") === 0);
      } finally {
        sweep(scratch.path);
      }
    },
    PATIENCE_MS,
  );

  it(
    "are refused as INVALID_REQUEST where a step demands more than it offers, and it does not start with less than it is configured for",
    async () => {
      await using scratch = await scratchDirectory();
      const configured = commands(scratch.path);
      await using server = await startServer({
        state: join(scratch.path, "state"),
        entry: "serve",
        configuration: { steps: { "command.run": { ...configured, working_directories: ["/"] } } },
      });
      const client = await server.client();
      const job = wireJob("demanding", [step("command.run", { argv: ["sh", "-c", "exit 0"], isolation: "sandbox" })]);
      const refused = client.executor.executeJob(job);
      await expect(refused).rejects.toMatchObject({ code: "INVALID_REQUEST" });
      await expect(refused).rejects.toThrow(/demands sandbox, and this server offers limited at most/);
      const closed = startServer({
        state: join(scratch.path, "other-state"),
        entry: "serve",
        configuration: { steps: { "command.run": { ...configured, isolation: "sandbox" } } },
      });
      // The directory of this test is entered by nobody but root.
      await expect(closed).rejects.toBeInstanceOf(NotStarted);
      await expect(closed).rejects.toThrow(/isolation that is configured cannot be had here:\s+limited in /);
    },
    PATIENCE_MS,
  );
});
