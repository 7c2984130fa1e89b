import { isUtf8 } from "node:buffer";
import { z } from "zod";
import { Fault } from "#model";
import type { Json } from "#model";
import type { SecretVault } from "../secrets/secret-vault.ts";
import type { ExecutionContext, StepOutput } from "../step-handler.ts";
import type { StepType } from "../step-type.ts";
import { parametersForm } from "./declared-parameters.ts";
import { declaredStepType } from "./declared-step-type.ts";
import { failure, stopped } from "./failure.ts";
import type { FailureClass } from "./failure.ts";
import { exchange } from "./http/exchange.ts";
import type { HttpAnswer } from "./http/http-message.ts";
import { requireHosts } from "./http/http-options.ts";
import type { HttpOptions } from "./http/http-options.ts";
import { declaredUrl, hostProblem, urlViolations } from "./http/permitted-url.ts";
import { signBody } from "./http/sign-body.ts";

/** What `webhook.post` is made with. */
export interface WebhookPostOptions extends HttpOptions {
  /** Name of the secret that bodies are signed with. */
  readonly signingSecret: string;
  readonly secrets: SecretVault | undefined;
  /** Seconds until the whole answer. Default 30. */
  readonly timeoutSeconds?: number;
}

const NAME = "webhook.post";
const ANSWER_BYTES = 64 * 1024;
const TOLD_CHARACTERS = 1000;
const DEFAULT_SECONDS = 30;

const form = parametersForm(
  NAME,
  z.strictObject({ url: declaredUrl, body: z.json().describe("Sent as JSON. Any JSON value.") }),
);

/**
 * Makes the step type `webhook.post`: posts a JSON body once, signed, with the step's idempotency key. A status 2xx is
 * success; 408, 429, 5xx and trouble with the connection are `transient_io`, any other is `permanent`, redirects among them.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of the options.
 */
export function createWebhookPost(options: WebhookPostOptions): StepType {
  requireHosts(options, NAME);
  requireSecret(options);
  return declaredStepType(form, {
    notPermitted: (raw) => urlViolations(raw["url"], options.hosts),
    perform: async (declared, { context, signal }) => {
      const problem = hostProblem(declared.url, options.hosts);
      if (problem !== undefined) return failure(problem, "sandbox_violation");
      return await post(declared, context, { options, signal });
    },
  });
}

function requireSecret({ signingSecret, secrets }: WebhookPostOptions): void {
  if (secrets?.has(signingSecret) === true) return;
  const description = `names the secret "${signingSecret}", which is not known here: add it under the key secrets`;
  const message = `${NAME} is not configured as it must be: signing_secret: ${description}`;
  throw new Fault("INVALID_CONFIGURATION", message, { violations: [{ field: "signing_secret", description }] });
}

async function post(
  { url, body: value }: { readonly url: string; readonly body: unknown },
  { idempotencyKey }: ExecutionContext,
  { options, signal }: { readonly options: WebhookPostOptions; readonly signal: AbortSignal },
): Promise<StepOutput> {
  const { clock, secrets, signingSecret, timeoutSeconds = DEFAULT_SECONDS } = options;
  const secret = secrets?.resolve(signingSecret) ?? { problem: "there are no secrets here" };
  if ("problem" in secret) return failure(`the body cannot be signed: ${secret.problem}`, "permanent");
  if (signal.aborted) return stopped();
  const body = Buffer.from(JSON.stringify(value));
  const seconds = Math.floor(Date.parse(clock.now()) / 1000);
  const headers = {
    "content-type": "application/json",
    "idempotency-key": idempotencyKey,
    ...signBody(body, { secret: secret.value, seconds }),
  };
  const request = { url, method: "POST", headers, body } as const;
  const answer = await exchange(request, { permitted: options, timeoutSeconds, answerBytes: ANSWER_BYTES, signal });
  return "failed" in answer ? answer.failed : described(url, answer);
}

function described(url: string, { status, body, cut }: HttpAnswer): StepOutput {
  const told = isUtf8(body) ? body.toString().slice(0, TOLD_CHARACTERS).toWellFormed() : undefined;
  const output: Json = {
    url,
    status,
    bytes: body.length,
    ...(cut && { cut }),
    ...(told !== undefined && { answer: told }),
  };
  if (status >= 200 && status <= 299) return { success: true, output };
  const redirect = status >= 300 && status <= 399 ? ", and redirects are not followed" : "";
  return failure(`${url} answered ${status}${redirect}`, classOf(status), output);
}

function classOf(status: number): FailureClass {
  return status === 408 || status === 429 || status >= 500 ? "transient_io" : "permanent";
}
