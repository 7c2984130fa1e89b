import { z } from "zod";
import type { JsonObject } from "#model";
import type { StepOutput } from "../step-handler.ts";
import type { StepType } from "../step-type.ts";
import { createCommandRun } from "./command-run.ts";
import type { Ready } from "./command-run.ts";
import type { CommandRunOptions } from "./command-run/policy.ts";
import { commandParameters } from "./command-run/parameters.ts";
import { malformed, parametersForm } from "./declared-parameters.ts";
import { failure, stopped } from "./failure.ts";
import { declaredPattern } from "./lines/declared-pattern.ts";
import { LineScanner } from "./lines/line-scanner.ts";

const NAME = "check.command";

const { expected_exit_codes: exitCodes, ...shared } = commandParameters.shape;

const form = parametersForm(
  NAME,
  z.strictObject({
    ...shared,
    exit_codes: exitCodes,
    output_contains: z.string().min(1).max(1000).optional().describe("A text that stdout or stderr must hold."),
    output_matches: declaredPattern.optional(),
  }),
);

/** The step type `check.command`; disposing it stops every command that still runs. */
export type CheckCommand = StepType & AsyncDisposable & Ready;

/**
 * Makes the step type `check.command`: runs a program as `command.run` does and compares its exit and its output with what
 * is expected. What does not come out as expected is `validation_failed`. That the program changes nothing is up to who
 * lists it.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of the options.
 */
export function createCheckCommand(options: CommandRunOptions): CheckCommand {
  const command = createCommandRun(options);
  const scanner = new LineScanner();
  const { sensitiveOutput } = command;
  return {
    name: NAME,
    parametersSchema: form.jsonSchema,
    ...(sensitiveOutput !== undefined && { sensitiveOutput }),
    checkParameters(raw) {
      const answer = form.read(raw);
      const own = "violations" in answer ? answer.violations : [];
      const said = new Set(own.map(({ field }) => field));
      return [...own, ...command.checkParameters(commandPart(raw)).filter(({ field }) => !said.has(field))];
    },
    handler: {
      async execute(step, context, { signal }) {
        const answer = form.read(step.parameters);
        if ("violations" in answer) return malformed(answer.violations);
        const inner = { ...step, parameters: commandPart(step.parameters) };
        const ended = await command.handler.execute(inner, context, { signal });
        if (signal.aborted) return stopped();
        return await judged(ended, { expected: answer.value, scanner, signal });
      },
    },
    tryIsolation: () => command.tryIsolation(),
    [Symbol.asyncDispose]: () => command[Symbol.asyncDispose](),
  };
}

const KNOWN = new Set(Object.keys(shared));

/** What `command.run` is to know of the parameters. */
function commandPart(raw: JsonObject): JsonObject {
  const part = Object.fromEntries(Object.entries(raw).filter(([name]) => KNOWN.has(name)));
  return raw["exit_codes"] === undefined ? part : { ...part, expected_exit_codes: raw["exit_codes"] };
}

interface Judging {
  readonly expected: { readonly output_contains?: string | undefined; readonly output_matches?: string | undefined };
  readonly scanner: LineScanner;
  readonly signal: AbortSignal;
}

async function judged(ended: StepOutput, { expected, scanner, signal }: Judging): Promise<StepOutput> {
  const streams = streamsOf(ended);
  if (streams === undefined) return ended; // nothing was started, and why has been said
  if (!ended.success) return { ...ended, errorClass: "validation_failed" };
  const { output_contains: text, output_matches: pattern } = expected;
  const problems: string[] = [];
  if (text !== undefined && !streams.some(({ bytes }) => bytes.includes(text))) {
    problems.push(`does not contain ${JSON.stringify(text)}`);
  }
  if (pattern !== undefined) {
    const found = await findLine(streams, { pattern, scanner, signal });
    if (found === undefined) return stopped();
    if (found !== "") problems.push(found);
  }
  if (problems.length === 0) return ended;
  const cut = streams.some(({ truncated }) => truncated)
    ? " (it was longer than what is kept, and only that was looked at)"
    : "";
  return failure(`its output ${problems.join(" and ")}${cut}`, "validation_failed", ended.output);
}

/** Empty if a line matches, else what is wrong; undefined if it was stopped. */
async function findLine(
  streams: readonly KeptStream[],
  { pattern, scanner, signal }: { pattern: string; scanner: LineScanner; signal: AbortSignal },
): Promise<string | undefined> {
  for (const { bytes } of streams) {
    const search = {
      wanted: [{ name: pattern, pattern }],
      ignored: [],
      first: true,
      fromByte: 0,
      toByte: bytes.length,
    };
    const answer = await scanner.scan({ source: bytes, search }, signal);
    if (answer === undefined) return undefined;
    if (answer.kind === "unscanned") return `cannot be looked through: ${answer.why}`;
    if (answer.total > 0) return "";
  }
  return `has no line that matches ${pattern}`;
}

interface KeptStream {
  readonly bytes: Buffer;
  readonly truncated: boolean;
}

function streamsOf({ output }: StepOutput): readonly KeptStream[] | undefined {
  if (typeof output !== "object" || output === null || Array.isArray(output)) return undefined;
  // The shape that command.run documents.
  const { stdout, stderr } = output as Record<
    string,
    { text?: string; base64?: string; truncated: boolean } | undefined
  >;
  if (stdout === undefined || stderr === undefined) return undefined;
  return [stdout, stderr].map(({ text, base64, truncated }) => ({
    bytes: text === undefined ? Buffer.from(base64 ?? "", "base64") : Buffer.from(text),
    truncated,
  }));
}
