import { z } from "zod";
import { LIMITS } from "#model";
import type { Json } from "#model";
import type { StepOutput } from "../../step-handler.ts";
import type { ProviderReply } from "./protocol.ts";

const CAPABILITIES = 100;
const SENSITIVE_FIELDS = 100;

/** Names of step types of modules: two parts at least, so that none is taken for one of the platform's. */
const capabilityName = z
  .string()
  .max(LIMITS.idCharacters)
  .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/, "is no name such as sms.send");

const reply = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("loaded"),
    name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, "is no name such as sms-gateway"),
    capabilities: z
      .array(
        z.strictObject({
          name: capabilityName,
          parameters: z.record(z.string(), z.unknown()),
          sensitive: z
            .array(
              z
                .string()
                .max(1024)
                .regex(/^(?:\/[^/]*)*$/, "is no JSON Pointer"),
            )
            .max(SENSITIVE_FIELDS),
        }),
      )
      .min(1)
      .max(CAPABILITIES),
  }),
  z.strictObject({ kind: z.literal("ready") }),
  z.strictObject({ kind: z.literal("answer"), output: z.unknown().optional() }),
  z.strictObject({ kind: z.literal("failed"), error: z.string() }),
]);

/** It came through JSON, so nothing else can be wrong with it. */
function isShallow(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > LIMITS.jsonDepth) return false;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return value !== undefined;
}

const stepOutput = z
  .strictObject({
    success: z.boolean(),
    output: z.unknown().refine(isShallow, `is missing, or nested deeper than ${LIMITS.jsonDepth}`),
    error: z.string().min(1).optional(),
    errorClass: z
      .enum(["transient_io", "validation_failed", "timeout", "sandbox_violation", "permanent", "unknown"])
      .optional(),
  })
  .superRefine(({ success, error, errorClass }, context) => {
    if (success && (error !== undefined || errorClass !== undefined))
      context.addIssue({ code: "custom", message: "says success and a failure" });
    if (!success && error === undefined) context.addIssue({ code: "custom", message: "says failure and no `error`" });
  });

/** What the process of a provider said, or what is wrong with it. */
export function readReply(said: unknown): ProviderReply | { readonly problem: string } {
  const read = reply.safeParse(said);
  return read.success ? (read.data as ProviderReply) : { problem: problemsOf(read.error) }; // what came through JSON is JSON
}

/** What a provider says of a step that it performed, if it is exactly that. */
export function readOutput(said: Json | undefined): StepOutput | { readonly problem: string } {
  const read = stepOutput.safeParse(said);
  return read.success ? (read.data as StepOutput) : { problem: problemsOf(read.error) }; // absent members are absent
}

const PROBLEMS = 5;

function problemsOf({ issues }: z.core.$ZodError): string {
  return issues
    .slice(0, PROBLEMS)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
    .join("; ");
}
