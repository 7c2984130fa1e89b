import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCommandHost } from "#effects";
import type { Clock, JsonObject } from "#model";
import { createProcessTable } from "../../../../src/effects/step-handlers/command-run/process-table.ts";
import type { ProcessTable } from "../../../../src/effects/step-handlers/command-run/process-table.ts";
import { ResourceMeter } from "../../../../src/effects/step-handlers/command-run/resource-meter.ts";
import { createBench, sh } from "../../support/bench-of-commands.ts";
import type { Bench } from "../../support/bench-of-commands.ts";

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(async () => await bench[Symbol.asyncDispose]());

interface Figures {
  readonly peak_rss_bytes: number | null;
  readonly cpu_seconds: number | null;
}

/** Runs a script, and gives its figures and what it printed. */
async function measure(script: string): Promise<{ readonly figures: Figures; readonly text: string }> {
  const output = (await bench.run({ argv: sh(script) })).output as JsonObject;
  const { text } = output["stdout"] as { text: string }; // as documented
  return { figures: output["resources"] as unknown as Figures, text };
}

const BURN = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";

/** The seconds that the shell's own `times` prints: two lines of user and system, its own and its children's. */
function secondsOfTimes(text: string): number {
  return [...text.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

describe("the resources of a command", () => {
  it.each([
    ["of itself", `${BURN}; times`],
    [
      "of children and grandchildren that were waited for",
      `sh -c '${BURN}; sh -c "${BURN.replaceAll("$", "\\$")}"'; times`,
    ],
  ])("hold the processor time %s, as the shell itself counts it", async (_case, script) => {
    const { figures, text } = await measure(script);
    const counted = secondsOfTimes(text);
    expect(counted).toBeGreaterThan(0.05);
    expect(Math.abs((figures.cpu_seconds ?? 0) - counted)).toBeLessThan(0.1);
  });

  it("hold the peak of memory of a process below the command", async () => {
    const { figures } = await measure(
      "(head -c 30000000 /dev/zero; sleep 2) | tail -c 30000000 > /dev/null; sleep 0.1",
    );
    expect(figures.peak_rss_bytes).toBeGreaterThan(29_000_000);
    expect(figures.peak_rss_bytes).toBeLessThan(100_000_000);
  });

  it("are not those of another command that runs at the same time", async () => {
    const [busy, idle] = await Promise.all([measure(BURN), measure("sleep 0.05")]);
    expect(busy.figures.cpu_seconds).toBeGreaterThan(0.05);
    expect(idle.figures.cpu_seconds ?? 0).toBeLessThan(0.05);
  });

  it("hold no memory for a command that nobody looked at, and its processor time all the same", async () => {
    await using host = createCommandHost({ clock: standingClock() });
    const meter = createBench({ host });
    try {
      const output = (await meter.run({ argv: ["true"] })).output as JsonObject;
      expect(output["resources"]).toMatchObject({ peak_rss_bytes: null });
      expect((output["resources"] as unknown as Figures).cpu_seconds).toBeLessThan(0.5);
    } finally {
      await meter[Symbol.asyncDispose]();
    }
  });
});

/** A clock whose timers of 250 ms or more never ring. */
function standingClock(): Clock {
  return {
    now: () => new Date().toISOString(),
    monotonicMs: () => performance.now(),
    after(milliseconds, callback) {
      const timer = milliseconds >= 250 && milliseconds < 500 ? undefined : setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  };
}

/** A meter by hand: time passes when it is told to, and each look takes `lookMs`. */
function byHand({ lookMs }: { lookMs: number }) {
  let nowMs = 0;
  let timer: { readonly atMs: number; readonly ring: () => void } | undefined;
  let looks = 0;
  const clock: Clock = {
    now: () => "2026-11-21T00:00:00.000Z",
    monotonicMs: () => nowMs,
    after(milliseconds, ring) {
      const mine = { atMs: nowMs + milliseconds, ring };
      timer = mine;
      return () => {
        if (timer === mine) timer = undefined;
      };
    },
  };
  const table: ProcessTable = {
    ...createProcessTable(),
    living() {
      looks += 1;
      nowMs += lookMs;
      return [];
    },
  };
  const meter = new ResourceMeter({ table, clock });
  const pass = (milliseconds: number): void => {
    const endMs = nowMs + milliseconds;
    while (timer !== undefined && timer.atMs <= endMs) {
      const { atMs, ring } = timer;
      timer = undefined;
      nowMs = Math.max(nowMs, atMs);
      ring();
    }
    nowMs = Math.max(nowMs, endMs);
  };
  return { meter, pass, looks: () => looks, armed: () => timer !== undefined };
}

describe("the meter", () => {
  it("looks four times a second at all commands together, and not at all while none runs", async () => {
    const { meter, pass, looks, armed } = byHand({ lookMs: 0 });
    expect(armed()).toBe(false);
    const commands = Array.from({ length: 50 }, () => meter.measure(process.pid));
    pass(249);
    expect(looks()).toBe(0);
    pass(9751);
    expect(looks()).toBe(40);
    for (const command of commands) await command.finish();
    expect(armed()).toBe(false);
  });

  it("looks less often where a look takes long", () => {
    const { meter, pass, looks } = byHand({ lookMs: 100 });
    meter.measure(process.pid);
    pass(10_000);
    expect(looks()).toBeLessThanOrEqual(6);
    expect(looks()).toBeGreaterThan(2);
  });
});
