import type { VerbatimClient } from "#api";
import { resultOf, stepResultOf } from "#api";
import type { ExecutionResult, StepResult } from "#model";
import type { Story } from "./story.ts";

type MessageOf<Stream> = Stream extends AsyncGenerator<infer Message> ? Message : never;

/** A stream of a job's evidence, from ExecuteJobStream or WatchJob. */
export type EventStream = AsyncIterable<Pick<MessageOf<ReturnType<VerbatimClient["executor"]["watchJob"]>>, "events">>;

type Event = MessageOf<ReturnType<VerbatimClient["executor"]["watchJob"]>>["events"][number];

/** What a client has seen of a job: with every event it holds the hash that ties the log to it. */
export interface Testimony {
  /** Sequence number and hash of each event, in the order seen. */
  readonly seen: readonly { readonly seq: number; readonly hash: string }[];
  readonly stepResults: readonly StepResult[];
  /** Absent if the stream ended before the job did. */
  readonly result: ExecutionResult | undefined;
}

/** Reads a stream to its end and tells each event in the moment in which it comes. */
export async function witness(
  stream: EventStream,
  { story, onEvent }: { readonly story: Story; readonly onEvent?: (seq: number) => void },
): Promise<Testimony> {
  const seen: { seq: number; hash: string }[] = [];
  const stepResults: StepResult[] = [];
  let result: ExecutionResult | undefined;
  for await (const { events } of stream) {
    for (const event of events) {
      const seq = Number(event.seq);
      seen.push({ seq, hash: event.hash });
      if (event.event.case === "stepResult") stepResults.push(stepResultOf(event.event.value));
      if (event.event.case === "executionResult") result = resultOf(event.event.value);
      story.say(`seq ${String(seq).padStart(2)}  ${event.hash.slice(0, 8)}…  ${told(event)}`);
      onEvent?.(seq);
    }
  }
  return { seen, stepResults, result };
}

function told({ event }: Event): string {
  switch (event.case) {
    case "started":
      return line("started", event.value.step?.stepIndex ?? 0, event.value.step?.target ?? "");
    case "stepResult": {
      const { stepIndex, target, status, durationSeconds, error } = stepResultOf(event.value);
      const end = error === undefined ? `${durationSeconds.toFixed(3)} s` : error;
      return line(status.toLowerCase(), stepIndex, `${target}: ${end}`);
    }
    case "inDoubt":
      return line("in doubt", event.value.stepIndex, event.value.target);
    case "executionResult": {
      const { finalStatus, finalReason } = resultOf(event.value);
      return `job ${finalStatus}: ${finalReason}`;
    }
    default:
      return "an event that this demo does not know";
  }
}

function line(word: string, stepIndex: number, text: string): string {
  return `${word.padEnd(9)}  step ${stepIndex}  ${text}`;
}
