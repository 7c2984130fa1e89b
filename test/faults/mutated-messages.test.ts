import type { DescMethod } from "@bufbuild/protobuf";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as evidence from "../../src/api/gen/verbatim/evidence/v1/evidence_pb.ts";
import * as executor from "../../src/api/gen/verbatim/executor/v1/executor_pb.ts";
import * as governance from "../../src/api/gen/verbatim/governance/v1/governance_pb.ts";
import * as health from "../../src/api/gen/verbatim/health/v1/health_pb.ts";
import * as hooks from "../../src/api/gen/verbatim/hooks/v1/hooks_pb.ts";
import * as orchestration from "../../src/api/gen/verbatim/orchestration/v1/run_pb.ts";
import * as platform from "../../src/api/gen/verbatim/platform/v1/platform_pb.ts";
import * as queue from "../../src/api/gen/verbatim/queue/v1/queue_pb.ts";
import { answerOf, framed, rawConnection } from "../api/support/raw-call.ts";
import type { RawAnswer } from "../api/support/raw-call.ts";
import { forgetPeak, residentMemory } from "../support/resident-memory.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import { chanceFrom, mutated, randomMessage } from "./random-message.ts";

/** `npm run faults:wire` sends 50,000. */
const MESSAGES = Number(process.env["VERBATIM_FAULT_MESSAGES"] ?? 2000);
const AT_A_TIME = 40;
const MOST_MIB = 256;
/** Calls with a stream of answers end by this. */
const DEADLINE = "300m";

const METHODS = [evidence, executor, governance, health, hooks, orchestration, platform, queue]
  .flatMap((file) => Object.values(file))
  .flatMap((one) => ("kind" in one && one.kind === "service" ? one.methods : []));

test(
  "every message that is wrong is answered, at every method, and the server lives",
  async () => {
    await using directory = await scratchDirectory();
    await using server = await startServer({ state: join(directory.path, "state"), entry: "serve" });
    using client = await server.client();
    using connection = rawConnection(server.address);
    const seed = Number(process.env["VERBATIM_SEED"] ?? Date.now() % 1_000_000);
    const chance = chanceFrom(seed + 1);
    const statuses = new Map<number, number>();
    forgetPeak(server.pid);
    const before = residentMemory(server.pid).now;
    let sent = 0;
    const sender = async (): Promise<void> => {
      while (sent < MESSAGES) {
        const method = METHODS[sent % METHODS.length];
        sent += 1;
        if (method === undefined) throw new Error("there are no methods");
        const bytes = mutated(randomMessage(method.input, chance), chance);
        const { status } = await called(connection, method, bytes);
        expect(
          status,
          `seed ${seed}: ${method.parent.typeName}.${method.name} of ${bytes.toString("hex")}`,
        ).toBeDefined();
        statuses.set(status ?? -1, (statuses.get(status ?? -1) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, sender));
    expect(METHODS.length).toBeGreaterThan(40);
    expect(statuses.get(3), "of messages that are no messages, or say nonsense").toBeGreaterThan(MESSAGES / 20);
    expect(statuses.get(13) ?? 0, `seed ${seed}: the server's own mistakes\n${server.log()}`).toBe(0);
    expect(server.log(), `seed ${seed}`).not.toContain("internal.error");
    expect(residentMemory(server.pid).peak - before).toBeLessThan(MOST_MIB);
    expect((await client.executor.listStepTypes({})).stepTypes).toBeDefined();
    expect((await server.end("SIGTERM")).code).toBe(0);
  },
  60_000 + MESSAGES * 10,
);

async function called(
  connection: ReturnType<typeof rawConnection>,
  { parent, name }: DescMethod,
  bytes: Buffer,
): Promise<RawAnswer> {
  const stream = connection.open(`/${parent.typeName}/${name}`, { "grpc-timeout": DEADLINE });
  stream.end(framed(bytes));
  return await answerOf(stream);
}
