import { afterAll, beforeAll, describe } from "vitest";
import type { DatabaseServer } from "../support/database-process.ts";
import { closing } from "./job-queue-closing.ts";
import { deliveries } from "./job-queue-deliveries.ts";
import { likeThePlainQueue } from "./job-queue-model.ts";
import { handingOut } from "./job-queue-promises.ts";
import type { QueueAdapter } from "./job-queue-subject.ts";

/** Everything that the port promises, demanded of one adapter. */
export function jobQueueConformance(adapter: QueueAdapter): void {
  describe(`the queue ${adapter.name}`, () => {
    let server: DatabaseServer | undefined;
    beforeAll(async () => {
      server = await adapter.server?.();
    });
    afterAll(async () => await server?.[Symbol.asyncDispose]());
    const serverNow = (): DatabaseServer | undefined => server;

    handingOut(adapter, serverNow);
    deliveries(adapter, serverNow);
    closing(adapter, serverNow);
    likeThePlainQueue(adapter, serverNow);
  });
}
