import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DatabaseServer } from "../support/database-process.ts";
import { SchemaOwner } from "../support/evidence-schema.ts";
import { startPostgres, startStandby } from "../support/postgres-server.ts";
import { startSwitchedProxy } from "../support/switched-proxy.ts";
import type { SwitchedProxy } from "../support/switched-proxy.ts";
import { StoreBench } from "./outages/store-bench.ts";

/** `npm run faults:database` has nobody promote the standby for a minute. */
const OUTAGE_MS = Number(process.env["VERBATIM_FAULT_DATABASE_SECONDS"] ?? 1) * 1000;
const BACK_WITHIN_MS = 10_000;
const TEST_MS = 4 * OUTAGE_MS + 300_000;
const STANDBY = "second";

let primary: DatabaseServer;
let proxy: SwitchedProxy;

beforeAll(async () => {
  primary = await startPostgres({ syncs: true, settings: [`synchronous_standby_names=${STANDBY}`] });
  proxy = await startSwitchedProxy(portOf(primary.url));
}, 60_000);

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await primary[Symbol.asyncDispose]();
});

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** The same server by way of a proxy. */
function behind(url: string, { port }: SwitchedProxy): string {
  return url.replace(/:\d+\//, `:${port}/`);
}

/** The lines of every log that a server has. */
async function storedLogs(url: string): Promise<ReadonlyMap<string, readonly string[]>> {
  await using owner = new SchemaOwner(url, "verbatim_evidence");
  const rows = await owner.ask<{ run_id: string; line: string }>(
    "SELECT run_id, line FROM $.records JOIN $.runs USING (run_no) ORDER BY run_no, seq",
  );
  const logs = Map.groupBy(rows, ({ run_id: runId }) => runId);
  return new Map([...logs].map(([runId, lines]) => [runId, lines.map(({ line }) => line)]));
}

test(
  "P1 P2 the primary server is killed and its synchronous standby promoted: what was told is there byte for byte, and work goes on",
  async () => {
    await using standby = await startStandby(
      { url: primary.url, name: STANDBY },
      { syncs: true, settings: ["synchronous_standby_names="] },
    );
    const url = behind(primary.url, proxy);
    await using bench = await StoreBench.start({ urls: [url, url] });
    bench.stream();
    await bench.untilWorkGoesOn();
    await primary.kill();
    proxy.switchTo(undefined);
    const before = bench.logs.size;
    await pause(OUTAGE_MS);
    await standby.promote();
    proxy.switchTo(portOf(standby.url));
    const ms = await bench.untilWorkGoesOn();
    await bench.untilDone();
    console.info("failed over:", {
      ...before,
      wentOnAfterMs: Math.round(ms),
      refused: [...bench.refused],
      after: bench.logs.size,
    });
    expect(await bench.logs.problems(await storedLogs(standby.url), bench.effects())).toEqual([]);
    expect(ms).toBeLessThan(BACK_WITHIN_MS);
  },
  TEST_MS,
);
