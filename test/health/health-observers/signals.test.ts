import { describe, expect, it } from "vitest";
import { createSignalsObserver } from "#health";
import type { HealthReport } from "#model";
import { HEALTHY, signalBench } from "../signals/support/signal-bench.ts";

const SLOW: HealthReport = { source: "probe", scope: "system", status: "DEGRADED", reason: "it is slow" };

interface ToldSignals {
  readonly signals: { readonly reported_count: number; readonly reported: readonly { readonly source: string }[] };
}

describe("an observation with what was reported", () => {
  it("is that of the process where nothing reported is bad", () => {
    using bench = signalBench();
    const observer = createSignalsObserver(bench.observer, bench.signals);
    expect(observer.observeHealth()).toBe(HEALTHY);
    bench.signals.report({ ...SLOW, status: "HEALTHY" });
    expect(observer.observeHealth()).toBe(HEALTHY);
  });

  it("has the worst status of both, and shows what was measured and what was said", () => {
    using bench = signalBench();
    const observer = createSignalsObserver(bench.observer, bench.signals);
    bench.signals.report({ ...SLOW, ttlSeconds: 10 });
    expect(observer.observeHealth()).toEqual({
      status: "DEGRADED",
      signals: {
        disk_free_bytes: 1,
        reported_count: 1,
        reported: [
          { source: "probe", scope: "system", status: "DEGRADED", reason: "it is slow", expires_at: bench.at(10) },
        ],
      },
    });
    bench.sees({ status: "UNKNOWN", signals: {}, reasons: ["no disk"] });
    expect(observer.observeHealth()).toMatchObject({ status: "UNKNOWN", reasons: ["no disk"] });
    bench.sees(HEALTHY);
    bench.pass(10);
    expect(observer.observeHealth()).toMatchObject({ status: "UNKNOWN" });
  });

  it("shows what is said about a capability, without taking it for the platform's state", () => {
    using bench = signalBench();
    const observer = createSignalsObserver(bench.observer, bench.signals);
    bench.signals.report({ ...SLOW, scope: "search", status: "BLOCKED" });
    expect(observer.observeHealth()).toMatchObject({ status: "HEALTHY", signals: { reported: [{ scope: "search" }] } });
  });

  it("tells the worst eight signals and how many there are, for it is recorded after every step", () => {
    using bench = signalBench();
    for (let at = 0; at < 20; at += 1) bench.signals.report({ ...SLOW, source: `s${at}` });
    bench.signals.report({ ...SLOW, source: "z", status: "BLOCKED" });
    const seen = createSignalsObserver(bench.observer, bench.signals).observeHealth();
    const { signals } = seen as unknown as ToldSignals; // the observer of the bench answers at once
    expect(signals.reported_count).toBe(21);
    expect(signals.reported).toHaveLength(8);
    expect(signals.reported[0]?.source).toBe("z");
  });

  it("passes on that an observer could not look, and waits for one that takes its time", async () => {
    using bench = signalBench();
    bench.signals.report(SLOW);
    const late = createSignalsObserver({ observeHealth: () => Promise.resolve(HEALTHY) }, bench.signals);
    expect(await late.observeHealth()).toMatchObject({ status: "DEGRADED" });
    bench.sees("no eyes");
    expect(() => createSignalsObserver(bench.observer, bench.signals).observeHealth()).toThrow("no eyes");
  });
});
