import type { Message } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type {
  ExecuteJobResponse,
  ExecuteJobStreamResponse,
  ExecutionResult,
  StepEvent,
  StepReference,
  StepResult,
  WatchJobResponse,
} from "../gen/verbatim/executor/v1/executor_pb.ts";
import { BackwardWriter, FIELD_BYTES } from "./backward-writer.ts";

// What is sent for every step is written here field by field, in the numbers of executor.proto: a writer that reads a
// descriptor takes five times as long. A test holds every message to the bytes of protobuf-es.

type Write = (message: Message) => Buffer;

/** The writers by the name of their message. */
const WRITERS: ReadonlyMap<string, Write> = new Map<string, Write>([
  ["verbatim.executor.v1.ExecuteJobStreamResponse", (message) => events(message as ExecuteJobStreamResponse)], // by name
  ["verbatim.executor.v1.WatchJobResponse", (message) => events(message as WatchJobResponse)], // by name
  ["verbatim.executor.v1.ExecuteJobResponse", (message) => executeJobResponse(message as ExecuteJobResponse)], // by name
]);

/** The writer of a message that is sent often, by its name; undefined for all others. */
export function hotWriter(typeName: string): Write | undefined {
  return WRITERS.get(typeName);
}

/** Bytes of lists of events that are sent to many; undefined until the first was sent. */
const keptBytes = new WeakMap<readonly StepEvent[], Buffer | undefined>();

/** Has the bytes of a message with this list kept for the next one. The list must not change once it was sent. */
export function keepBytes(list: readonly StepEvent[]): void {
  if (!keptBytes.has(list)) keptBytes.set(list, undefined);
}

function events(message: ExecuteJobStreamResponse | WatchJobResponse): Buffer {
  const kept = keptBytes.get(message.events);
  if (kept !== undefined) return kept;
  const bytes = eventsBytes(message);
  if (keptBytes.has(message.events)) keptBytes.set(message.events, bytes);
  return bytes;
}

function eventsBytes(message: ExecuteJobStreamResponse | WatchJobResponse): Buffer {
  const writer = new BackwardWriter(message.events.reduce((sum, event) => sum + eventRoom(event), 0));
  for (const event of message.events.toReversed()) writeEvent(writer, event);
  return writer.finish();
}

function executeJobResponse({ result, attached }: ExecuteJobResponse): Buffer {
  const writer = new BackwardWriter(FIELD_BYTES + (result === undefined ? 0 : resultRoom(result)));
  writer.flag(2, attached);
  if (result !== undefined) writeResult(writer, 1, result);
  return writer.finish();
}

function writeEvent(writer: BackwardWriter, { seq, hash, event }: StepEvent): void {
  const end = writer.position;
  if (event.case === "started") {
    const { step, startedAt } = event.value;
    const startedEnd = writer.position;
    writeTime(writer, 2, startedAt);
    if (step !== undefined) writeReference(writer, 1, step);
    writer.nest(3, startedEnd);
  } else if (event.case === "stepResult") writeStepResult(writer, 4, event.value);
  else if (event.case === "executionResult") writeResult(writer, 5, event.value);
  else if (event.case === "inDoubt") writeReference(writer, 6, event.value);
  writer.text(2, hash);
  writer.large(1, seq);
  writer.nest(1, end);
}

function writeReference(writer: BackwardWriter, field: number, step: StepReference): void {
  const end = writer.position;
  writer.text(3, step.target);
  writer.text(2, step.stepType);
  writer.number(1, step.stepIndex);
  writer.nest(field, end);
}

function writeTime(writer: BackwardWriter, field: number, time: Timestamp | undefined): void {
  if (time === undefined) return;
  const end = writer.position;
  writer.number(2, time.nanos);
  writer.large(1, time.seconds);
  writer.nest(field, end);
}

function writeStepResult(writer: BackwardWriter, field: number, result: StepResult): void {
  const end = writer.position;
  writer.text(13, result.late);
  writer.text(12, result.healthError);
  writer.bytes(11, result.healthAfterJson);
  writer.text(10, result.errorClass);
  writer.text(9, result.error);
  writer.bytes(8, result.outputJson);
  writer.double(7, result.durationSeconds);
  writeTime(writer, 6, result.completedAt);
  writeTime(writer, 5, result.startedAt);
  writer.number(4, result.status);
  writer.text(3, result.target);
  writer.text(2, result.stepType);
  writer.number(1, result.stepIndex);
  writer.nest(field, end);
}

function writeResult(writer: BackwardWriter, field: number, result: ExecutionResult): void {
  const end = writer.position;
  writer.flag(19, result.stepResultsOmitted);
  writer.text(18, result.executorVersion);
  writer.double(17, result.durationSeconds);
  writeTime(writer, 16, result.completedAt);
  writeTime(writer, 15, result.startedAt);
  writer.bytes(14, result.healthAfterJson);
  writer.bytes(13, result.healthBeforeJson);
  for (const step of result.stepsInDoubt.toReversed()) writeReference(writer, 12, step);
  for (const step of result.stepsNotRun.toReversed()) writeReference(writer, 11, step);
  for (const step of result.stepResults.toReversed()) writeStepResult(writer, 10, step);
  writer.number(9, result.stepsFailed);
  writer.number(8, result.stepsSucceeded);
  writer.number(7, result.stepsExecuted);
  writer.number(6, result.stepsDeclared);
  writer.text(5, result.finalReason);
  writer.number(4, result.finalStatus);
  writer.text(3, result.executedBy);
  writer.text(2, result.contractId);
  writer.text(1, result.jobId);
  writer.nest(field, end);
}

/** Most bytes of a character. */
const CHARACTER_BYTES = 3;

/** More fields than any message here has, those of its times included. */
const FIELDS = 32;

function eventRoom({ hash, event }: StepEvent): number {
  const own = FIELDS * FIELD_BYTES + hash.length * CHARACTER_BYTES;
  if (event.case === "started") return own + (event.value.step === undefined ? 0 : referenceRoom(event.value.step));
  if (event.case === "stepResult") return own + stepResultRoom(event.value);
  if (event.case === "executionResult") return own + resultRoom(event.value);
  return own + (event.case === "inDoubt" ? referenceRoom(event.value) : 0);
}

function referenceRoom({ stepType, target }: StepReference | StepResult): number {
  return FIELDS * FIELD_BYTES + (stepType.length + target.length) * CHARACTER_BYTES;
}

function stepResultRoom(result: StepResult): number {
  const { error, errorClass, healthError, late, outputJson, healthAfterJson } = result;
  const characters = error.length + errorClass.length + healthError.length + late.length;
  return referenceRoom(result) + characters * CHARACTER_BYTES + outputJson.length + healthAfterJson.length;
}

function resultRoom(result: ExecutionResult): number {
  const { jobId, contractId, executedBy, finalReason, executorVersion, healthBeforeJson, healthAfterJson } = result;
  let characters = jobId.length + contractId.length + executedBy.length;
  characters += finalReason.length + executorVersion.length;
  let room = FIELDS * FIELD_BYTES + characters * CHARACTER_BYTES + healthBeforeJson.length + healthAfterJson.length;
  for (const step of result.stepResults) room += stepResultRoom(step);
  for (const list of [result.stepsNotRun, result.stepsInDoubt]) for (const step of list) room += referenceRoom(step);
  return room;
}
