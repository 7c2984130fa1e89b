import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { requestOf, resultOf } from "#api";
import type { Json, StepResult } from "#model";
import { readJobFile } from "./job-file.ts";
import { REPOSITORY } from "./server.ts";
import type { Stage } from "./stage.ts";
import { witness } from "./witness.ts";
import type { Testimony } from "./witness.ts";

const ARCHIVE = "examples/out/documentation.tar.gz";
const LISTED = ["README.md", "docs/errors.md", "proto/verbatim/executor/v1/executor.proto"];

/** A job that does real work, streamed while it runs. */
export async function packDocumentation({ story, client }: Stage, jobId: string): Promise<Testimony> {
  story.chapter("A job that packs this repository's documentation");
  const job = await readJobFile("pack-documentation.yaml", jobId);
  story.say(
    `examples/pack-documentation.yaml, ${job.steps.length} steps. Each line below is a record that was on disk before`,
  );
  story.say("it was sent: its place in the log, the beginning of its hash, and what it says.");
  story.say("");
  const testimony = await witness(client.executor.executeJobStream({ job: requestOf(job) }), { story });
  story.say("");

  const { result, stepResults, seen } = testimony;
  story.expect(`all ${job.steps.length} steps completed, and so did the job`, completed(testimony, job.steps.length));
  story.expect("each record's place is after the one before", isRising(seen.map(({ seq }) => seq)));
  const listing = textOf(stepResults[2]);
  const files = listing.split("\n").filter((name) => name !== "" && !name.endsWith("/"));
  story.expect(
    `the listing names ${files.length} files, among them ${LISTED.join(", ")}`,
    LISTED.every((name) => files.includes(name)),
  );
  const archive = await readFile(join(REPOSITORY, ARCHIVE));
  const checksum = createHash("sha256").update(archive).digest("hex");
  story.expect(
    `the checksum in the evidence is that of ${ARCHIVE}, ${checksum.slice(0, 16)}…`,
    textOf(stepResults[5]).startsWith(`${checksum}  `),
  );

  const again = await client.executor.executeJob(requestOf(job));
  story.expect(
    "asked for once more, the same job is not performed again: the answer is the recorded execution",
    again.attached && again.result !== undefined && resultOf(again.result).completedAt === result?.completedAt,
  );
  return testimony;
}

function completed({ result, stepResults }: Testimony, steps: number): boolean {
  const succeeded = stepResults.filter(({ status }) => status === "COMPLETED").length;
  return succeeded === steps && result?.finalStatus === "COMPLETED" && result.stepsSucceeded === steps;
}

function isRising(numbers: readonly number[]): boolean {
  return numbers.every((number, position) => position === 0 || number > (numbers[position - 1] ?? Infinity));
}

/** What a command has printed, as its step's output tells it. */
function textOf(result: StepResult | undefined): string {
  const text = memberOf(memberOf(result?.output, "stdout"), "text");
  return typeof text === "string" ? text : "";
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, Json>)[name] : undefined; // neither null nor a list
}
