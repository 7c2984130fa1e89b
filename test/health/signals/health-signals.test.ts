import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type { HealthReport } from "#model";
import { HEALTHY, signalBench } from "./support/signal-bench.ts";

const WELL: HealthReport = { source: "probe", scope: "system", status: "HEALTHY", reason: "" };
const SLOW: HealthReport = { ...WELL, status: "DEGRADED", reason: "it is slow" };

describe("what is said about health", () => {
  it("stands until it is replaced or withdrawn, one of each source about each scope", () => {
    using bench = signalBench();
    expect(bench.signals.report(WELL)).toEqual({
      ...WELL,
      since: bench.at(0),
      reportedAt: bench.at(0),
      expiresAt: null,
      expired: false,
    });
    bench.pass(1);
    bench.signals.report(SLOW);
    bench.signals.report({ ...SLOW, scope: "search" });
    bench.signals.report({ ...SLOW, source: "another" });
    const named = bench.signals.signals().map(({ scope, source, status, since }) => [scope, source, status, since]);
    expect(named).toEqual([
      ["search", "probe", "DEGRADED", bench.at(1)],
      ["system", "another", "DEGRADED", bench.at(1)],
      ["system", "probe", "DEGRADED", bench.at(1)],
    ]);
    expect(bench.signals.withdraw("probe", "system")).toBe(true);
    expect(bench.signals.withdraw("probe", "system")).toBe(false);
    expect(bench.signals.signals()).toHaveLength(2);
  });

  it("survives a restart, with its time, in a file that nobody else may read", () => {
    using bench = signalBench();
    bench.signals.report({ ...SLOW, ttlSeconds: 10 });
    bench.signals.report({ ...WELL, source: "gone" });
    bench.signals.withdraw("gone", "system");
    bench.pass(5);
    const before = bench.signals.signals();
    bench.reopen();
    expect(bench.signals.signals()).toEqual(before);
    expect(before).toMatchObject([{ source: "probe", expiresAt: bench.at(10), expired: false }]);
    expect(statSync(bench.path).mode & 0o777).toBe(0o600);
    bench.pass(5);
    bench.reopen();
    expect(bench.signals.signals()).toMatchObject([{ source: "probe", status: "DEGRADED", expired: true }]);
  });

  it("is one signal for as long as a source says the same again before its time is over", () => {
    using bench = signalBench();
    bench.signals.report({ ...WELL, ttlSeconds: 10 });
    bench.pass(9);
    expect(bench.signals.report({ ...WELL, ttlSeconds: 10 })).toMatchObject({
      since: bench.at(0),
      reportedAt: bench.at(9),
      expiresAt: bench.at(19),
    });
    expect(bench.signals.history(bench.at(0))).toHaveLength(1);
    bench.pass(10);
    expect(bench.signals.report({ ...WELL, ttlSeconds: 10 }).since).toBe(bench.at(19));
    expect(bench.signals.history(bench.at(0))).toMatchObject([
      { since: bench.at(0), expiresAt: bench.at(19), until: bench.at(19), expired: true },
      { since: bench.at(19), until: null, expired: false },
    ]);
  });

  it("is remembered from a moment on, also what has ended since, and no more than is asked for", () => {
    using bench = signalBench();
    for (const status of ["HEALTHY", "BLOCKED", "DEGRADED"] as const) {
      bench.signals.report({ ...WELL, status });
      bench.pass(10);
    }
    bench.signals.withdraw("probe", "system");
    const told = (seconds: number, limit?: number) =>
      bench.signals.history(bench.at(seconds), limit).map(({ status }) => status);
    expect(told(0)).toEqual(["HEALTHY", "BLOCKED", "DEGRADED"]);
    expect(told(9)).toEqual(["HEALTHY", "BLOCKED", "DEGRADED"]);
    expect(told(10)).toEqual(["BLOCKED", "DEGRADED"]);
    expect(told(30)).toEqual([]);
    expect(told(0, 2)).toEqual(["BLOCKED", "DEGRADED"]);
    bench.reopen();
    expect(told(0)).toEqual(["HEALTHY", "BLOCKED", "DEGRADED"]);
    expect(() => bench.signals.history("yesterday")).toThrow(/since is "yesterday"; expected a time of RFC 3339/);
  });

  it("is refused where its form is not in order, all problems at once, and at the edges is not", () => {
    using bench = signalBench();
    const bad = { source: "", scope: "Search", status: "FINE", reason: "x".repeat(501), ttlSeconds: 0 };
    expect(() => bench.signals.report(bad as unknown as HealthReport)).toThrow(
      expect.objectContaining({
        code: "INVALID_REQUEST",
        violations: ["source", "scope", "status", "reason", "ttl_seconds"].map((field) => ({
          field,
          description: expect.anything() as unknown,
        })),
      }),
    );
    const edge = { source: "s".repeat(128), scope: "SYSTEM", status: "UNKNOWN", reason: "x".repeat(500) } as const;
    expect(bench.signals.report({ ...edge, ttlSeconds: 31_536_000 }).expired).toBe(false);
    expect(() => bench.signals.report({ ...edge, ttlSeconds: 31_536_001 })).toThrow(/at most 31536000 seconds/);
    expect(() => bench.signals.withdraw("s".repeat(129), "system")).toThrow(/source has 129 characters/);
  });

  it("has at most a thousand signals, and another one when one is withdrawn", () => {
    using bench = signalBench();
    using database = new DatabaseSync(bench.path);
    const add = database.prepare(
      "INSERT INTO signal (source, scope, status, reason, since, reported_at) VALUES (?, 'system', 'HEALTHY', '', ?, ?)",
    );
    for (let source = 0; source < 1000; source += 1) add.run(`s${source}`, bench.at(0), bench.at(0));
    bench.reopen();
    expect(() => bench.signals.report(WELL)).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
    expect(bench.signals.report({ ...WELL, source: "s7", reason: "again" }).reason).toBe("again");
    bench.signals.withdraw("s7", "system");
    expect(bench.signals.report(WELL).source).toBe("probe");
  });

  it("refuses a file that a newer version has written, and leaves it as it is", () => {
    using bench = signalBench();
    using database = new DatabaseSync(bench.path);
    database.exec("PRAGMA user_version = 2");
    expect(() => bench.reopen()).toThrow(/has form 2; this version knows up to 1/);
  });
});

describe("the state of health", () => {
  it.each([
    [["HEALTHY", "HEALTHY"], "HEALTHY", false],
    [["HEALTHY", "DEGRADED"], "DEGRADED", false],
    [["DEGRADED", "UNKNOWN"], "UNKNOWN", true],
    [["UNKNOWN", "BLOCKED", "HEALTHY"], "BLOCKED", true],
    [["BLOCKED", "DEGRADED"], "BLOCKED", true],
  ] as const)("of signals %j is %s, and whether it blocks: %s", async (statuses, status, isBlocking) => {
    using bench = signalBench();
    for (const [at, said] of statuses.entries())
      for (const scope of ["system", "search"])
        bench.signals.report({ ...WELL, scope, source: `s${at}`, status: said });
    expect(await bench.signals.state()).toMatchObject({ scope: "system", status, blocks: isBlocking });
    expect(await bench.signals.state("search")).toMatchObject({ scope: "search", status, blocks: isBlocking });
  });

  it("is UNKNOWN and blocks from the moment on in which a signal's time is over", async () => {
    using bench = signalBench();
    bench.signals.report({ ...WELL, ttlSeconds: 10 });
    bench.pass(9.999);
    expect(await bench.signals.state()).toEqual({ scope: "system", status: "HEALTHY", blocks: false, reasons: [] });
    bench.pass(0.001);
    expect(await bench.signals.state()).toEqual({
      scope: "system",
      status: "UNKNOWN",
      blocks: true,
      reasons: [`probe: UNKNOWN: nothing was said since its time was over at ${bench.at(10)}`],
    });
    bench.signals.report(WELL);
    expect((await bench.signals.state()).status).toBe("HEALTHY");
  });

  it("of the platform has what the process is seen to be, and UNKNOWN where it cannot be looked at", async () => {
    using bench = signalBench();
    bench.sees({ status: "DEGRADED", signals: {}, reasons: ["the loop is late"] });
    expect(await bench.signals.state()).toMatchObject({ status: "DEGRADED", reasons: ["process: the loop is late"] });
    bench.signals.report({ ...WELL, status: "BLOCKED", reason: "maintenance" });
    expect(await bench.signals.state()).toMatchObject({
      status: "BLOCKED",
      reasons: ["probe: BLOCKED: maintenance", "process: the loop is late"],
    });
    bench.signals.withdraw("probe", "system");
    bench.sees("no eyes");
    expect(await bench.signals.state()).toMatchObject({ status: "UNKNOWN", blocks: true });
  });

  it("of a capability about which nobody says anything is that of the platform", async () => {
    using bench = signalBench();
    bench.signals.report({ ...WELL, status: "BLOCKED" });
    expect(await bench.signals.state("search")).toMatchObject({ scope: "search", status: "BLOCKED", blocks: true });
    bench.signals.report({ ...WELL, scope: "search" });
    expect(await bench.signals.state("search")).toMatchObject({ status: "HEALTHY", blocks: false });
    bench.signals.withdraw("probe", "search");
    expect(await bench.signals.state("search")).toMatchObject({ status: "BLOCKED" });
    await expect(bench.signals.state("no name")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("tells twenty reasons at most, the worst first", async () => {
    using bench = signalBench();
    for (let at = 0; at < 30; at += 1) bench.signals.report({ ...SLOW, source: `s${at}` });
    bench.signals.report({ ...WELL, source: "z", status: "BLOCKED" });
    bench.sees(HEALTHY);
    const { reasons } = await bench.signals.state();
    expect(reasons).toHaveLength(20);
    expect(reasons[0]).toBe("z: BLOCKED");
  });
});
