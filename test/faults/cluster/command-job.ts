import type { VerbatimClient } from "#api";
import type { EvidenceRecord } from "#evidence";
import { Fault } from "#model";

/** What a client asks for: a direct job of commands, each with the words behind `sh -c`. */
export function commandJob(jobId: string, commands: readonly (readonly string[])[]) {
  const steps = commands.map((words, stepIndex) => ({
    stepIndex,
    stepType: "command.run",
    target: "sh",
    parameters: { argv: ["sh", "-c", ...words] },
  }));
  return { jobId, contractId: "direct", executedBy: "tester", steps };
}

/** Appends what the step is, and under which epoch, to the file that is its first argument: the effect that is counted outside. */
export const EFFECT = `printf '%-63s\\n' "$VERBATIM_IDEMPOTENCY_KEY $VERBATIM_EPOCH" >> "$1"`;

/** The same without the epoch. */
export const PLAIN_EFFECT = `printf '%-63s\\n' "$VERBATIM_IDEMPOTENCY_KEY" >> "$1"`;

/** The lines of a log as a node gives them out; undefined if it knows no such log. */
export async function linesOver(client: VerbatimClient, runId: string): Promise<readonly string[] | undefined> {
  try {
    const lines: string[] = [];
    for await (const page of client.evidence.readLog({ runId }))
      for (const { line } of page.lines) lines.push(Buffer.from(line).toString("utf8"));
    return lines;
  } catch (error) {
    if (error instanceof Fault && error.code === "RUN_NOT_FOUND") return undefined;
    throw error;
  }
}

/** What lines say; whether they are records is for `verifyLines`. */
export function recordsIn(lines: readonly string[]): readonly EvidenceRecord[] {
  return lines.map((line) => JSON.parse(line) as EvidenceRecord); // verified elsewhere
}
