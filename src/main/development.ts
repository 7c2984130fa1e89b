import { Fault } from "#model";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";

/** `127.0.0.1`, `[::1]` or `localhost`, with a port. */
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost):\d{1,5}$/;

/**
 * Says aloud that the server shows what is only for whoever builds an application.
 * @throws {Fault} INVALID_CONFIGURATION if it is reached from other machines.
 */
export function requireDevelopmentAtHome({ development, listen, http }: LoadedConfiguration, log: EventLog): void {
  if (!development) return;
  const violations = [
    ...(listen === undefined || listen.startsWith("unix:") || LOOPBACK.test(listen)
      ? []
      : [{ field: "listen", seen: listen }]),
    ...(http === undefined || LOOPBACK.test(http.listen) ? [] : [{ field: "http.listen", seen: http.listen }]),
  ].map(({ field, seen }) => ({
    field,
    description: `is ${seen}; with \`development\` only loopback addresses are served`,
  }));
  if (violations.length > 0) {
    const text = "A server in development is for this machine alone: leave `development` out, or listen on 127.0.0.1.";
    throw new Fault("INVALID_CONFIGURATION", text, { violations });
  }
  log("development.on", {
    pages: http === undefined ? [] : ["/_dev/jobs/stats", "/_dev/jobs/dead"],
    message:
      http === undefined
        ? "DEVELOPMENT IS ON, and there is no http.listen on which its pages could be read"
        : "DEVELOPMENT IS ON: whoever has the token reads the payloads of dead letters; never use this in production",
  });
}
