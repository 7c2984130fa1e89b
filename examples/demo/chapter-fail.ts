import { existsSync } from "node:fs";
import { join } from "node:path";
import { requestOf } from "#api";
import { readJobFile } from "./job-file.ts";
import { REPOSITORY } from "./server.ts";
import type { Stage } from "./stage.ts";
import { witness } from "./witness.ts";

const FAILING_STEP = 2;

/** A job of which the third step fails: the ones after it do not run. */
export async function failInTheMiddle({ story, client }: Stage, jobId: string): Promise<void> {
  story.chapter("A job that fails in the middle");
  const job = await readJobFile("fails-in-the-middle.yaml", jobId);
  story.say(`examples/fails-in-the-middle.yaml, ${job.steps.length} steps.`);
  story.say("");
  const { result, stepResults } = await witness(client.executor.executeJobStream({ job: requestOf(job) }), { story });
  const { result: whole } = await client.executor.getJob({ jobId });
  const notRun = whole?.stepsNotRun ?? [];
  for (const step of notRun) story.say(`                   not run    step ${step.stepIndex}  ${step.target}`);
  story.say("");

  story.expect(
    `step ${FAILING_STEP} failed, and with it the job`,
    stepResults.at(-1)?.stepIndex === FAILING_STEP &&
      stepResults.at(-1)?.status === "FAILED" &&
      result?.finalStatus === "FAILED",
  );
  story.expect(
    "it is not said that all steps completed",
    result?.finalReason.startsWith(`Step ${FAILING_STEP} failed: `) === true,
  );
  story.expect(
    `steps ${FAILING_STEP + 1} and ${FAILING_STEP + 2} have no result and are named as not run`,
    stepResults.length === FAILING_STEP + 1 && notRun.map(({ stepIndex }) => stepIndex).join() === "3,4",
  );
  story.expect(
    "the directory that step 3 would have made is not there",
    !existsSync(join(REPOSITORY, "examples/out/never")),
  );
}
