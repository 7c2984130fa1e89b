import { describe, expect, it } from "vitest";
import { ProcessPool, STARTS_PER_MINUTE } from "../../../src/effects/providers/isolated/process-pool.ts";
import { realClock } from "../support/clock.ts";

const never = new AbortController().signal;

describe("the processes of a provider", () => {
  it("are started so often in a minute and no more, and again when the minute is over", async () => {
    let [nowMs, starts] = [0, 0];
    const start = async (): Promise<{ readonly problem: string }> => {
      starts += 1;
      return { problem: "it died" };
    };
    const pool = new ProcessPool({ clock: { ...realClock, monotonicMs: () => nowMs }, processes: 2, start });
    for (let call = 0; call < STARTS_PER_MINUTE; call += 1) {
      expect(await pool.take(never)).toEqual({ kind: "none", problem: "it died" });
    }
    expect(await pool.take(never)).toEqual({ kind: "none", problem: expect.stringMatching(/30 times/) as string });
    nowMs = 59_999;
    expect(await pool.take(never)).toMatchObject({ problem: expect.stringMatching(/30 times/) as string });
    expect(starts).toBe(STARTS_PER_MINUTE);
    nowMs = 60_000;
    expect(await pool.take(never)).toEqual({ kind: "none", problem: "it died" });
    expect(starts).toBe(STARTS_PER_MINUTE + 1);
  });

  it("are not waited for by what was stopped, nor after the pool was closed", async () => {
    const { promise, resolve } = Promise.withResolvers<{ readonly problem: string }>();
    const pool = new ProcessPool({ clock: realClock, processes: 1, start: () => promise });
    const first = pool.take(never);
    const stop = new AbortController();
    const second = pool.take(stop.signal);
    stop.abort();
    expect(await second).toEqual({ kind: "stopped" });
    const third = pool.take(never);
    await pool.close(0);
    expect(await third).toEqual({ kind: "stopped" });
    resolve({ problem: "too late" });
    expect(await first).toEqual({ kind: "none", problem: "too late" });
    expect(await pool.take(never)).toEqual({ kind: "stopped" });
  });
});
