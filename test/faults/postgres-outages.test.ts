import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { startPostgres } from "../support/postgres-server.ts";
import { behind, portOf, startSwitchedProxy } from "../support/switched-proxy.ts";
import { StoreBench } from "./outages/store-bench.ts";
import { storedLogs } from "./outages/stored-logs.ts";

/** `npm run faults:database` has each outage last for a minute. */
const OUTAGE_MS = Number(process.env["VERBATIM_FAULT_DATABASE_SECONDS"] ?? 1) * 1000;
const BACK_WITHIN_MS = 10_000;
const TEST_MS = 4 * OUTAGE_MS + 300_000;

test(
  "P1 P2 the server of the evidence is killed, stopped and cut off under jobs and plans: nothing told is lost, and work goes on",
  async () => {
    await using postgres = await startPostgres({ syncs: true });
    await using address = await startSwitchedProxy(portOf(postgres.url));
    await using bench = await StoreBench.start({ urls: [behind(postgres.url, address)] });
    const outages = {
      killed: [() => postgres.kill(), () => postgres.start()],
      stopped: [() => postgres.signal("SIGSTOP"), () => postgres.signal("SIGCONT")],
      "cut off": [() => address.switchTo(undefined), () => address.switchTo(portOf(postgres.url))],
    } as const;
    bench.stream();
    for (const [what, [begin, end]] of Object.entries(outages)) {
      await bench.untilWorkGoesOn();
      await begin();
      const told = bench.logs.size;
      await pause(OUTAGE_MS);
      const meanwhile = bench.logs.size.lines - told.lines;
      await end();
      const ms = await bench.untilWorkGoesOn();
      console.info(`evidence ${what}:`, JSON.stringify({ told, meanwhile, wentOnAfterMs: Math.round(ms) }));
      expect([what, ms < BACK_WITHIN_MS]).toEqual([what, true]);
    }
    await bench.untilDone();
    expect([...bench.refused].filter((code) => code !== "STORE_UNAVAILABLE")).toEqual([]);
    const stored = await storedLogs(postgres.url);
    expect(await bench.logs.problems(stored, bench.effects())).toEqual([]);
    const inDoubt = [...stored.values()].flat().filter((line) => line.includes('"event_type":"step.in_doubt"'));
    expect(inDoubt).toEqual([]); // its only owner has lived through all of it
    expect(await bench.servers[0]?.end("SIGTERM")).toEqual({ code: 0, signal: null });
  },
  TEST_MS,
);
