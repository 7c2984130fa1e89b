import { z } from "zod";
import type { Violation } from "#model";

const URL_CHARACTERS = 4096;

/** A URL as steps declare it. */
export const declaredUrl = z
  .string()
  .max(URL_CHARACTERS)
  .superRefine((text, context) => {
    const problem = urlProblem(text);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  })
  .describe("http or https; its host and port must be listed in the server's configuration.");

/** What an entry of the list of hosts looks like: `host:port`, an IPv6 address in brackets. */
export const HOST_AND_PORT = /^(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]):[0-9]{1,5}$/;

/** Host and port of a URL as they stand in the list. */
export function hostAndPort(url: URL): string {
  const standard = url.protocol === "https:" ? "443" : "80";
  return `${url.hostname.toLowerCase()}:${url.port === "" ? standard : url.port}`;
}

/** Whether a host with its port stands in the list. */
export function isListed(host: string, hosts: readonly string[]): boolean {
  return hosts.includes(host);
}

/** Why a URL may not be asked, by the list of hosts; undefined if it may. Names are compared as they are written. */
export function hostProblem(text: string, hosts: readonly string[]): string | undefined {
  const host = hostAndPort(new URL(text));
  if (isListed(host, hosts)) return undefined;
  return `the host ${host} is not among those that the server's configuration permits`;
}

/** The violation of a declared URL whose host is not permitted; none for what is no URL, which has been said. */
export function urlViolations(declared: unknown, hosts: readonly string[]): Violation[] {
  const url = declaredUrl.safeParse(declared);
  const problem = url.success ? hostProblem(url.data, hosts) : undefined;
  return problem === undefined ? [] : [{ field: "url", description: problem }];
}

/** Why a text is no URL that can be asked; undefined if it is one. */
export function urlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return "is no URL, expected one such as https://example.com/health";
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return `has the scheme ${url.protocol} expected http or https`;
  if (url.username !== "" || url.password !== "") return "holds a user or a password, which would be recorded";
  return undefined;
}
