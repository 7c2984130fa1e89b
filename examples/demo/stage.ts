import { join } from "node:path";
import type { VerbatimClient } from "#api";
import type { DemoServer } from "./server.ts";
import type { Story } from "./story.ts";

/** What every chapter plays on. */
export interface Stage {
  readonly story: Story;
  readonly server: DemoServer;
  readonly client: VerbatimClient;
  /** The server's state directory. */
  readonly state: string;
}

/** Where the server keeps a plain copy of a run's log. */
export function logFile({ state }: Pick<Stage, "state">, runId: string): string {
  return join(state, "runs", runId, "events.jsonl");
}
