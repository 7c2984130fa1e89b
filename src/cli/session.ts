import type { CliHost } from "./host.ts";
import type { Output } from "./output.ts";

/** What every command is given: the host, its streams, and whether JSON was asked for. */
export interface Session {
  readonly host: CliHost;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly json: boolean;
}
