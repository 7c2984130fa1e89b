import { Agent } from "undici";
import type { StepOutput } from "../../step-handler.ts";
import { errorCode, failure, stopped } from "../failure.ts";
import { isCertificateTrouble, readAuthorities } from "../tls-trouble.ts";
import { AddressRefused } from "./address-guard.ts";
import { guardedConnector } from "./guarded-connector.ts";
import type { HttpAnswer, HttpRequest } from "./http-message.ts";
import type { HttpOptions } from "./http-options.ts";
import { nextRequest } from "./next-request.ts";
import { readBody, UnreadableBody } from "./read-body.ts";

/** What a request is made with beside what is permitted. */
export interface ExchangeOptions {
  readonly permitted: HttpOptions;
  /** For all of it, redirects among it. */
  readonly timeoutSeconds: number;
  /** Bytes of the answer that are read, decoded; the rest is not waited for. */
  readonly answerBytes: number;
  /** How many redirects are followed. Default: none, and an answer that redirects is an answer. */
  readonly maxRedirects?: number;
  readonly signal: AbortSignal;
}

const HEADER_BYTES = 16 * 1024;

/**
 * Asks once, over a connection of its own for each hop, without a proxy, at addresses that were looked at. Certificates are verified.
 * What keeps it from an answer is a failed step: `transient_io` for the connection, `permanent` for a certificate that does not
 * hold, headers that are too large or an encoding that cannot be read, `sandbox_violation` for an address or a redirect that is
 * not permitted, `timeout` for the limit.
 */
export async function exchange(
  request: HttpRequest,
  options: ExchangeOptions,
): Promise<HttpAnswer | { readonly failed: StepOutput }> {
  const { permitted, timeoutSeconds, maxRedirects = 0 } = options;
  const authorities = readAuthorities(permitted.caFile);
  if ("problem" in authorities) return { failed: failure(authorities.problem, "permanent") };
  const late = new AbortController();
  const disarm = permitted.clock.after(timeoutSeconds * 1000, () => late.abort());
  const signal = AbortSignal.any([options.signal, late.signal]);
  let hop = request;
  try {
    for (let redirects = 0; ; redirects += 1) {
      const answer = await hopAnswer(hop, { ...options, signal, ...authorities });
      const next = maxRedirects === 0 ? undefined : nextRequest(hop, answer, permitted.hosts);
      if (next === undefined) return { ...answer, redirects };
      if ("failed" in next) return next;
      if (redirects === maxRedirects) {
        return { failed: failure(`${request.url} redirects more than ${maxRedirects} times`, "permanent") };
      }
      hop = next;
    }
  } catch (error) {
    if (options.signal.aborted) return { failed: stopped() };
    const { host } = new URL(hop.url);
    if (!late.signal.aborted) return { failed: failureOf(error, host) };
    return { failed: failure(`${host} did not answer within ${timeoutSeconds} s`, "timeout") };
  } finally {
    disarm();
  }
}

type HopOptions = ExchangeOptions & { readonly ca?: string };

async function hopAnswer(request: HttpRequest, options: HopOptions): Promise<Omit<HttpAnswer, "redirects">> {
  const { permitted, signal, ca } = options;
  const agent = new Agent({
    // The limit is ours, and covers all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: HEADER_BYTES,
    connect: guardedConnector(permitted, { signal, ...(ca !== undefined && { ca }) }),
  });
  try {
    return await ask(agent, request, options);
  } finally {
    await agent.destroy();
  }
}

async function ask(agent: Agent, request: HttpRequest, options: HopOptions): Promise<Omit<HttpAnswer, "redirects">> {
  const { origin, pathname, search } = new URL(request.url);
  const { statusCode, headers, body } = await agent.request({
    origin,
    path: `${pathname}${search}`,
    method: request.method,
    headers: { "user-agent": "verbatim", "accept-encoding": "identity", ...request.headers },
    ...(request.body !== undefined && { body: request.body }),
    reset: true,
    signal: options.signal,
  });
  const encoding = request.method === "HEAD" ? "" : [headers["content-encoding"] ?? ""].flat().join(", ");
  try {
    const read = await readBody(body, { encoding, limitBytes: options.answerBytes });
    return { url: request.url, status: statusCode, headers, ...read };
  } catch (error) {
    if (!(error instanceof UnreadableBody)) throw error;
    throw new UnreadableBody(`its status is ${statusCode}, but ${error.message}`); // what was asked for may have been done
  }
}

function failureOf(error: unknown, host: string): StepOutput {
  const said = error instanceof Error ? error.message : String(error);
  if (error instanceof AddressRefused) return failure(said, "sandbox_violation");
  if (error instanceof UnreadableBody) return failure(`the answer of ${host} cannot be read: ${said}`, "permanent");
  const code = errorCode(error);
  if (code === "UND_ERR_HEADERS_OVERFLOW") {
    return failure(`${host} answered with more than ${HEADER_BYTES} bytes of headers`, "permanent");
  }
  if (isCertificateTrouble(error)) {
    return failure(`the certificate of ${host} does not hold (${code}): ${said}`, "permanent");
  }
  return failure(`no answer from ${host} (${code}): ${said}`, "transient_io");
}
