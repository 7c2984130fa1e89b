import { Agent } from "undici";
import type { Clock } from "#model";
import type { StepOutput } from "../../step-handler.ts";
import { errorCode, failure, stopped } from "../failure.ts";
import { isCertificateTrouble, readAuthorities } from "../tls-trouble.ts";

/** One request. */
export interface HttpRequest {
  readonly url: string;
  readonly method: "GET" | "HEAD" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** What a request is made with. */
export interface ExchangeOptions {
  readonly clock: Clock;
  readonly caFile: string | undefined;
  readonly timeoutSeconds: number;
  /** Bytes of the answer that are read; the rest is not waited for. */
  readonly answerBytes: number;
  readonly signal: AbortSignal;
}

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** Whether there was more than what was read. */
  readonly cut: boolean;
}

const CONNECT_MS = 10_000;
const HEADER_BYTES = 16 * 1024;

/**
 * Asks once, over a connection of its own, without following a redirect and without a proxy. Certificates are verified.
 * What keeps it from an answer is a failed step: `transient_io` for the connection, `permanent` for a certificate that does not
 * hold, `timeout` for the limit.
 */
export async function exchange(
  request: HttpRequest,
  options: ExchangeOptions,
): Promise<HttpAnswer | { readonly failed: StepOutput }> {
  const authorities = readAuthorities(options.caFile);
  if ("problem" in authorities) return { failed: failure(authorities.problem, "permanent") };
  const agent = new Agent({
    // The limit is ours, and covers all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: HEADER_BYTES,
    allowH2: false,
    connect: { timeout: CONNECT_MS, ...authorities },
  });
  const late = new AbortController();
  const disarm = options.clock.after(options.timeoutSeconds * 1000, () => late.abort());
  try {
    return await ask(agent, request, { ...options, signal: AbortSignal.any([options.signal, late.signal]) });
  } catch (error) {
    if (options.signal.aborted) return { failed: stopped() };
    const host = new URL(request.url).host;
    if (late.signal.aborted) {
      return { failed: failure(`${host} did not answer within ${options.timeoutSeconds} s`, "timeout") };
    }
    const said = error instanceof Error ? error.message : String(error);
    if (isCertificateTrouble(error)) {
      return {
        failed: failure(`the certificate of ${host} does not hold (${errorCode(error)}): ${said}`, "permanent"),
      };
    }
    return { failed: failure(`no answer from ${host} (${errorCode(error)}): ${said}`, "transient_io") };
  } finally {
    disarm();
    await agent.destroy();
  }
}

async function ask(agent: Agent, request: HttpRequest, options: ExchangeOptions): Promise<HttpAnswer> {
  const { origin, pathname, search } = new URL(request.url);
  const { statusCode, body } = await agent.request({
    origin,
    path: `${pathname}${search}`,
    method: request.method,
    headers: { "user-agent": "verbatim", "accept-encoding": "identity", ...request.headers },
    ...(request.body !== undefined && { body: request.body }),
    reset: true,
    signal: options.signal,
  });
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    // a body without an encoding gives buffers
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > options.answerBytes) break;
  }
  return {
    status: statusCode,
    body: Buffer.concat(pieces).subarray(0, options.answerBytes),
    cut: bytes > options.answerBytes,
  };
}
