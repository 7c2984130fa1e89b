import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { startPostgres, startStandby } from "../support/postgres-server.ts";
import { behind, portOf, startSwitchedProxy } from "../support/switched-proxy.ts";
import { StoreBench } from "./outages/store-bench.ts";
import { storedLogs } from "./outages/stored-logs.ts";

/** `npm run faults:database` has nobody promote the standby for a minute. */
const OUTAGE_MS = Number(process.env["VERBATIM_FAULT_DATABASE_SECONDS"] ?? 1) * 1000;
const BACK_WITHIN_MS = 10_000;
const TEST_MS = 4 * OUTAGE_MS + 300_000;
const STANDBY = "second";
/** An answer that must not come is waited for so long. */
const SILENT_MS = 1000;

test(
  "P1 P2 the primary server is killed and its synchronous standby promoted: what was told is there byte for byte, and work goes on",
  async () => {
    const settings = [`synchronous_standby_names=${STANDBY}`];
    await using primary = await startPostgres({ syncs: true, settings });
    await using standby = await startStandby(
      { url: primary.url, name: STANDBY },
      { syncs: true, settings: ["synchronous_standby_names="] },
    );
    await using address = await startSwitchedProxy(portOf(primary.url));
    await using secondAddress = await startSwitchedProxy(portOf(primary.url));
    await using bench = await StoreBench.start({ urls: [address, secondAddress].map((of) => behind(primary.url, of)) });
    bench.stream();
    await bench.untilWorkGoesOn();

    await primary.kill();
    for (const of of [address, secondAddress]) of.switchTo(undefined);
    const before = bench.logs.size;
    await pause(OUTAGE_MS);
    await standby.promote();
    for (const of of [address, secondAddress]) of.switchTo(portOf(standby.url));
    const ms = await bench.untilWorkGoesOn();

    // The old primary comes back as if nothing had happened, and one of the servers is led to it.
    await primary.start();
    secondAddress.switchTo(portOf(primary.url));
    const asked = bench.job("asked-of-the-second", 1);
    const read = bench.clients[1]?.executor.getJob({ jobId: "work-1" });
    await expect(Promise.race([asked, read, pause(SILENT_MS, "silence")])).resolves.toBe("silence");
    expect(bench.logs.toldOf("asked-of-the-second")).toBe(0);
    secondAddress.switchTo(portOf(standby.url));
    await asked;
    await read?.catch(() => undefined); // it may be asked for again
    await bench.untilDone();

    const [events, refused, wentOnAfterMs] = [bench.logs.size, [...bench.refused], Math.round(ms)];
    console.info("failed over:", JSON.stringify({ told: before, wentOnAfterMs, refused, toldInAll: events }));
    expect(await bench.logs.problems(await storedLogs(standby.url), bench.effects())).toEqual([]);
    expect(ms).toBeLessThan(BACK_WITHIN_MS);
  },
  TEST_MS,
);
