import { Fault } from "#model";
import type { JsonObject, Violation } from "#model";
import type { SecretVault } from "../secrets/secret-vault.ts";
import type { ExecutionContext, StepOutput } from "../step-handler.ts";
import type { StepType } from "../step-type.ts";
import { listed } from "./declared-parameters.ts";
import { declaredStepType } from "./declared-step-type.ts";
import { failure, stopped } from "./failure.ts";
import type { FailureClass } from "./failure.ts";
import { encodedBody } from "./http/declared-body.ts";
import { headerViolations, resolveHeaders } from "./http/declared-headers.ts";
import { exchange } from "./http/exchange.ts";
import type { HttpRequest } from "./http/http-message.ts";
import { requireHosts } from "./http/http-options.ts";
import type { HttpOptions } from "./http/http-options.ts";
import { urlViolations } from "./http/permitted-url.ts";
import { HTTP_STEPS, MOST_SECONDS, requestForm } from "./http/request-form.ts";
import type { DeclaredRequest, HttpStepName } from "./http/request-form.ts";
import { toldAnswer } from "./http/told-answer.ts";

/** What a step type that asks over HTTP is made with. */
export interface HttpStepOptions extends HttpOptions {
  readonly secrets: SecretVault | undefined;
  /** Seconds until the whole answer: the most that a step may ask for, and what it has if it asks for nothing. Default 30. */
  readonly timeoutSeconds?: number;
  /** Bytes of an answer that are read, decoded. Default, and at most, 1 MiB. */
  readonly bodyBytes?: number;
}

const DEFAULT_SECONDS = 30;
const MOST_BYTES = 1024 * 1024;

/** What a step is performed with. */
interface Asking {
  readonly method: HttpRequest["method"];
  readonly context: ExecutionContext;
  readonly signal: AbortSignal;
  readonly options: HttpStepOptions;
}

/**
 * Makes one of the step types `http.get`, `http.post`, `http.put`, `http.delete` and `http.call`: asks once. A status 2xx is
 * success; 408, 425, 429, 5xx and trouble with the connection are `transient_io`, any other status is `permanent`; a host or an
 * address that is not permitted is `sandbox_violation`, also where a redirect leads to it.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of the options.
 */
export function createHttpStep(name: HttpStepName, options: HttpStepOptions): StepType {
  requireHosts(options, name);
  requireBounds(options, name);
  return declaredStepType(requestForm(name), {
    notPermitted: (raw) => [...forbidden(raw, options), ...headerViolations(raw["headers"], options.secrets)],
    perform: async (declared, { raw, context, signal }) => {
      const problems = forbidden(raw, options);
      if (problems.length > 0) return failure(listed(problems), "sandbox_violation");
      const method = HTTP_STEPS[name] ?? declared.method ?? "GET";
      return await ask(declared, { method, context, signal, options });
    },
  });
}

/** What neither the list of hosts nor the bound of time permits. */
function forbidden(
  { url, timeout }: JsonObject,
  { hosts, timeoutSeconds = DEFAULT_SECONDS }: HttpStepOptions,
): Violation[] {
  const problems = urlViolations(url, hosts);
  if (typeof timeout === "number" && timeout > timeoutSeconds) {
    const description = `is ${timeout}, and the server's configuration permits at most ${timeoutSeconds} s`;
    problems.push({ field: "timeout", description });
  }
  return problems;
}

async function ask(declared: DeclaredRequest, asking: Asking): Promise<StepOutput> {
  const { options, signal } = asking;
  const { timeoutSeconds = DEFAULT_SECONDS, bodyBytes = MOST_BYTES } = options;
  const resolved = resolveHeaders(declared.headers ?? {}, options.secrets);
  if ("problems" in resolved) return failure(resolved.problems.join("; "), "permanent");
  if (signal.aborted) return stopped();
  const answer = await exchange(requestOf(declared, resolved.headers, asking), {
    permitted: options,
    timeoutSeconds: declared.timeout ?? timeoutSeconds,
    answerBytes: bodyBytes,
    maxRedirects: declared.max_redirects,
    signal,
  });
  if ("failed" in answer) return answer.failed;
  const { url, status } = answer;
  const output = toldAnswer(answer, declared.response_headers);
  if (status >= 200 && status <= 299) return { success: true, output };
  const redirect =
    status >= 300 && status <= 399 && declared.max_redirects === 0 ? ", and redirects are not followed" : "";
  return failure(`${url} answered ${status}${redirect}`, classOf(status), output);
}

function requestOf(
  declared: DeclaredRequest,
  headers: Readonly<Record<string, string>>,
  { method, context }: Asking,
): HttpRequest {
  const encoded = encodedBody(declared);
  const harmless = method === "GET" || method === "HEAD";
  return {
    url: declared.url,
    method,
    headers: {
      ...(encoded !== undefined && { "content-type": encoded.type }),
      ...headers,
      ...(!harmless && { "idempotency-key": context.idempotencyKey }),
    },
    ...(encoded !== undefined && { body: encoded.body }),
  };
}

function classOf(status: number): FailureClass {
  return status === 408 || status === 425 || status === 429 || status >= 500 ? "transient_io" : "permanent";
}

function requireBounds(
  { timeoutSeconds = DEFAULT_SECONDS, bodyBytes = MOST_BYTES }: HttpStepOptions,
  name: string,
): void {
  const violations: Violation[] = [];
  if (!(timeoutSeconds > 0 && timeoutSeconds <= MOST_SECONDS)) {
    violations.push({ field: "timeout_seconds", description: `is ${timeoutSeconds}, expected up to ${MOST_SECONDS}` });
  }
  if (!(Number.isInteger(bodyBytes) && bodyBytes >= 1 && bodyBytes <= MOST_BYTES)) {
    violations.push({ field: "body_bytes", description: `is ${bodyBytes}, expected 1 to ${MOST_BYTES}` });
  }
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  throw new Fault("INVALID_CONFIGURATION", `${name} is not configured as it must be: ${list}`, { violations });
}
