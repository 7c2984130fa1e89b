import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import type { VerbatimClient } from "#api";
import { forgetPeak, residentMemory } from "../support/resident-memory.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import { ATTACKS } from "./hostile-frames.ts";
import type { HostileOrder } from "./hostile-peer.ts";

/** `npm run faults:wire` makes each attack last longer, and holds the bystander's time to a bound. */
const ATTACK_MS = Number(process.env["VERBATIM_FAULT_WIRE_MS"] ?? 400);
const LONG = ATTACK_MS >= 5000;
const BYSTANDER_MS = 10;
const MOST_P99_MS = 250;
const MOST_MIB = 256;

test(
  "whatever comes over the wire, the server goes on, answers everybody else, and keeps its memory",
  async () => {
    await using directory = await scratchDirectory();
    await using server = await startServer({ state: join(directory.path, "state"), entry: "serve" });
    using client = await server.client();
    const quiet = await watched(client, async () => await pause(ATTACK_MS));
    const before = residentMemory(server.pid).now;
    const peer = fork(join(import.meta.dirname, "hostile-peer.ts"));
    const told: Record<string, unknown> = {};
    for (const name of Object.keys(ATTACKS)) {
      forgetPeak(server.pid);
      const times = await watched(client, () =>
        attacked(peer, { name, address: server.address, milliseconds: ATTACK_MS }),
      );
      const { peak } = residentMemory(server.pid);
      told[name] = { p99Ms: p99(times), calls: times.length, moreMiB: Math.round(peak - before) };
      expect(peak - before, `memory under ${name}`).toBeLessThan(MOST_MIB);
      if (LONG)
        expect(p99(times), `the bystander's p99 under ${name}; without it ${p99(quiet)}`).toBeLessThan(MOST_P99_MS);
    }
    peer.disconnect();
    if (LONG) console.log(JSON.stringify({ quietP99Ms: p99(quiet), ...told }, undefined, 1));
    expect(server.log()).not.toContain("internal.error");
    expect((await server.end("SIGTERM")).code).toBe(0);
  },
  Object.keys(ATTACKS).length * (ATTACK_MS + 5000),
);

/** Attacks come from a process of their own, so that they take none of the bystander's time. */
async function attacked(peer: ChildProcess, order: HostileOrder): Promise<void> {
  const over = once(peer, "message");
  peer.send(order);
  expect(await over, order.name).toEqual(["over", undefined]);
}

/** Milliseconds of each call that a client makes while something goes on. Each has to be answered. */
async function watched(client: VerbatimClient, going: () => Promise<void>): Promise<readonly number[]> {
  const times: number[] = [];
  let over = false;
  const ended = going().finally(() => (over = true));
  while (!over) {
    const start = performance.now();
    const answer = await client.executor.listStepTypes({});
    expect(answer.stepTypes).toBeDefined();
    times.push(performance.now() - start);
    await pause(BYSTANDER_MS);
  }
  await ended;
  return times;
}

function p99(times: readonly number[]): number {
  const inOrder = times.toSorted((one, other) => one - other);
  return Math.round(inOrder[Math.floor(inOrder.length * 0.99)] ?? 0);
}
