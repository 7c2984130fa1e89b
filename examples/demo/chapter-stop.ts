import { existsSync } from "node:fs";
import { join } from "node:path";
import { requestOf } from "#api";
import { verifyFile } from "#evidence";
import { readJobFile } from "./job-file.ts";
import { canListProcesses, descendantsOf, isAlive, startedBy } from "./processes.ts";
import { logFile } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { witness } from "./witness.ts";

/** Stops the server while a job runs, and looks for what is left. */
export async function stopServer(stage: Stage, jobIds: readonly string[]): Promise<void> {
  const { story, server, client, state } = stage;
  const jobId = story.need("job id", jobIds.at(-1));
  story.chapter("Stopping the server while a job runs");
  const job = await readJobFile("long-job.yaml", jobId);
  story.say(
    "examples/long-job.yaml sleeps for ten minutes. When its step has started, the server is told to stop (SIGTERM).",
  );
  story.say("");
  let children: readonly number[] = [];
  let ended: Promise<number | string> | undefined;
  const onEvent = (): void => {
    if (ended !== undefined) return;
    children = childrenAfterStart(server.pid);
    ended = server.stop();
  };
  const { result } = await witness(client.executor.executeJobStream({ job: requestOf(job) }), { story, onEvent });
  const end = await story.need("event of the long job", ended);
  story.say("");

  story.expect(
    "the running job was not dropped: it was waited for, then cancelled, and its client was told",
    result?.finalStatus === "CANCELLED",
  );
  const report = await verifyFile(logFile(stage, jobId));
  story.expect("its log is complete and holds", report.ok && report.complete);
  story.expect("the server ended by itself, with exit code 0", end === 0);
  tellLeftovers(stage, { children, jobIds });
  story.expect("the state directory names no running server any more", !existsSync(join(state, "server.json")));
}

/** The step's process follows its record within milliseconds; looking reads all of /proc, which is its own pause. */
function childrenAfterStart(pid: number): readonly number[] {
  for (let look = 0; look < LOOKS; look += 1) {
    const children = descendantsOf(pid);
    if (children.length > 0) return children;
  }
  return [];
}

const LOOKS = 1000;

function tellLeftovers(
  { story, server }: Stage,
  { children, jobIds }: { readonly children: readonly number[]; readonly jobIds: readonly string[] },
): void {
  story.expect(`process ${server.pid}, the server, is gone`, !isAlive(server.pid));
  if (!canListProcesses) {
    story.say("(This system does not list its processes under /proc, so its children were not looked for.)");
    return;
  }
  story.expect(
    `it had ${children.length} process below it (${children.join(", ")}) when it was told to stop`,
    children.length > 0,
  );
  story.expect("of these none is left", !children.some(isAlive));
  story.expect("no process carries the id of one of these jobs in its environment", startedBy(jobIds).length === 0);
}
