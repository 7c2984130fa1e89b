import type { StepOutput } from "../../step-handler.ts";
import { failure } from "../failure.ts";
import type { HttpAnswer, HttpRequest } from "./http-message.ts";
import { hostProblem, urlProblem } from "./permitted-url.ts";

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What goes along to another host. All else may say who asks, or belongs to the first host. */
const HARMLESS_HEADERS: ReadonlySet<string> = new Set(["accept", "accept-language", "accept-encoding", "user-agent"]);

/**
 * What a redirect asks for, as far as it is permitted: a listed host, never http after https. To another host go neither
 * credentials nor a body; a method that would need them is not sent there. Undefined if the answer does not redirect.
 */
export function nextRequest(
  request: HttpRequest,
  { status, headers, url }: Pick<HttpAnswer, "status" | "headers" | "url">,
  hosts: readonly string[],
): HttpRequest | { readonly failed: StepOutput } | undefined {
  const location = headers["location"];
  if (!REDIRECTS.has(status) || typeof location !== "string") return undefined;
  const from = new URL(url);
  const to = URL.parse(location, url);
  const refused = (why: string): { readonly failed: StepOutput } => ({
    failed: failure(`${from.host} redirects to what is not permitted: ${why}`, "sandbox_violation"),
  });
  if (to === null) return refused("its location is no URL");
  const problem = urlProblem(to.href) ?? hostProblem(to.href, hosts);
  if (problem !== undefined) return refused(problem);
  if (from.protocol === "https:" && to.protocol === "http:") return refused("http after https");
  const method = methodAfter(request.method, status);
  const bare = method === "GET" || method === "HEAD";
  const sameHost = from.origin === to.origin;
  if (!sameHost && !bare) {
    const why = "a body and credentials go to the host alone that the step names";
    return { failed: failure(`${from.host} redirects a ${method} to ${to.host}: ${why}`, "permanent") };
  }
  const kept = Object.entries(request.headers ?? {}).filter(
    ([name]) =>
      (sameHost || HARMLESS_HEADERS.has(name.toLowerCase())) && !(bare && name.toLowerCase().startsWith("content-")),
  );
  return {
    url: to.href,
    method,
    headers: Object.fromEntries(kept),
    ...(!bare && request.body !== undefined && { body: request.body }),
  };
}

function methodAfter(method: HttpRequest["method"], status: number): HttpRequest["method"] {
  if (method === "HEAD") return method;
  if (status === 303) return "GET";
  return (status === 301 || status === 302) && method === "POST" ? "GET" : method;
}
