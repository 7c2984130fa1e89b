import { z } from "zod";
import type { StepOutput } from "../step-handler.ts";
import type { StepType } from "../step-type.ts";
import { parametersForm } from "./declared-parameters.ts";
import { declaredStepType } from "./declared-step-type.ts";
import { failure } from "./failure.ts";
import { exchange } from "./http/exchange.ts";
import type { HttpAnswer } from "./http/http-message.ts";
import { requireHosts } from "./http/http-options.ts";
import type { HttpOptions } from "./http/http-options.ts";
import { declaredUrl, hostProblem, urlViolations } from "./http/permitted-url.ts";

const NAME = "check.http_ok";
const ANSWER_BYTES = 1024 * 1024;
const STATUSES = 100;
const DEFAULT_SECONDS = 30;

const form = parametersForm(
  NAME,
  z
    .strictObject({
      url: declaredUrl,
      statuses: z
        .array(z.int().min(200).max(599))
        .min(1)
        .max(STATUSES)
        .optional()
        .describe(
          "The statuses that are fine; default: 200 to 299. A redirect is an answer like others and is not followed.",
        ),
      contains: z.string().min(1).max(1000).optional().describe("A text that the first MiB of the answer must hold."),
      method: z.enum(["GET", "HEAD"]).default("GET"),
      timeout: z.number().positive().max(86_400).default(DEFAULT_SECONDS).describe("Seconds until the whole answer."),
    })
    .refine(({ method, contains }) => method === "GET" || contains === undefined, {
      path: ["contains"],
      error: "cannot be looked for with HEAD, whose answer has no content: use GET",
    }),
);

type Declared = Extract<ReturnType<typeof form.read>, { readonly value: unknown }>["value"];

/**
 * Makes the step type `check.http_ok`: whether a URL answers as it should. It asks once; a wrong answer is
 * `validation_failed`, trouble with the connection `transient_io`, a host that is not listed `sandbox_violation`.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of the options.
 */
export function createCheckHttpOk(options: HttpOptions): StepType {
  requireHosts(options, NAME);
  return declaredStepType(form, {
    notPermitted: (raw) => urlViolations(raw["url"], options.hosts),
    perform: async (declared, { signal }) => {
      const { url, method, timeout } = declared;
      const problem = hostProblem(url, options.hosts);
      if (problem !== undefined) return failure(problem, "sandbox_violation");
      const answer = await exchange(
        { url, method },
        { permitted: options, timeoutSeconds: timeout, answerBytes: ANSWER_BYTES, signal },
      );
      return "failed" in answer ? answer.failed : judged(answer, declared);
    },
  });
}

function judged({ status, body, cut }: HttpAnswer, { url, statuses, contains }: Declared): StepOutput {
  const output = { url, status, bytes: body.length, ...(cut && { cut }) };
  const fits = statuses === undefined ? status >= 200 && status <= 299 : statuses.includes(status);
  if (!fits) {
    const expected = statuses?.join(", ") ?? "200 to 299";
    return failure(`${url} answered ${status}, expected ${expected}`, "validation_failed", output);
  }
  if (contains === undefined || body.includes(contains)) return { success: true, output };
  const where = cut ? `the first ${ANSWER_BYTES} bytes of the answer` : "the answer";
  return failure(`${url}: ${where} does not contain ${JSON.stringify(contains)}`, "validation_failed", output);
}
