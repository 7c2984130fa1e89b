import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ISOLATION_LEVELS } from "#effects";
import type { IsolationLevel } from "#effects";
import { findTools } from "../../../../../src/effects/step-handlers/command-run/isolation/tools.ts";
import {
  DEFAULT_ISOLATION,
  isolationProblems,
} from "../../../../../src/effects/step-handlers/command-run/isolation/isolation-options.ts";
import type { Bench } from "../../../support/bench-of-commands.ts";
import { createBench, sh } from "../../../support/bench-of-commands.ts";
import { createIsolatedBench } from "../../../support/isolated-bench.ts";
import { lacks } from "../../../../support/needs.ts";

const USER = { uid: 64_301, gid: 64_302 };

const bench = (level: IsolationLevel, strongest: IsolationLevel): Bench =>
  createIsolatedBench({ level, strongest, user: USER });

const isUntestable = lacks("root") || lacks("a sandbox of bubblewrap");

describe.skipIf(isUntestable)("the level that a step demands", () => {
  it.each([
    ["group", "sandbox", undefined, "group"],
    ["group", "sandbox", "limited", "limited"],
    ["group", "sandbox", "sandbox", "sandbox"],
    ["limited", "limited", "group", "limited"],
    ["sandbox", "sandbox", "limited", "sandbox"],
    ["sandbox", "sandbox", undefined, "sandbox"],
  ] as const)(
    "on a server at %s that offers %s is %s, and then it runs at %s",
    async (...[level, strongest, isolation, at]) => {
      await using run = bench(level, strongest);
      const output = await run.output({ argv: ["id", "-u"], ...(isolation !== undefined && { isolation }) });
      expect(output).toMatchObject({ exit_code: 0, isolation: { level: at } });
      expect(output.stdout.text).toBe(at === "group" ? "0\n" : "64301\n");
    },
  );

  it.each([
    ["group", "limited"],
    ["group", "sandbox"],
    ["limited", "sandbox"],
  ] as const)(
    "is refused by a server that offers %s at most if it is %s, before anything runs",
    async (offered, demanded) => {
      await using run = bench("group", offered);
      const parameters = { argv: sh(": > began"), isolation: demanded };
      const problems = run.commandRun.checkParameters(parameters);
      expect(problems).toEqual([{ field: "isolation", description: expect.stringContaining(demanded) as string }]);
      expect(problems[0]?.description).toContain(`this server offers ${offered} at most`);
      expect(await run.run(parameters)).toMatchObject({
        success: false,
        output: null,
        errorClass: "sandbox_violation",
      });
      expect(existsSync(join(run.directory, "began"))).toBe(false);
    },
  );

  it("is one of those that there are, and those stand in the schema for callers", async () => {
    await using run = bench("group", "sandbox");
    expect(run.commandRun.checkParameters({ argv: ["id"], isolation: "jail" })).toEqual([
      expect.objectContaining({ field: "isolation" }),
    ]);
    const { properties } = run.commandRun.parametersSchema as { properties: Record<string, object> };
    expect(properties["isolation"]).toMatchObject({ enum: ISOLATION_LEVELS });
  });
});

describe.skipIf(isUntestable)("isolation that is configured", () => {
  it("is tried out before the first step, and nothing is said where it can be had", async () => {
    await using run = bench("group", "sandbox");
    await expect(run.commandRun.tryIsolation()).resolves.toBeUndefined();
  });

  it("is refused where its user may not enter the working directory, for each level by name", async () => {
    await using scratch = bench("group", "group");
    const closed = join(scratch.directory, "closed");
    mkdirSync(closed, { mode: 0o700 });
    await using run = createIsolatedBench({
      level: "group",
      strongest: "sandbox",
      user: USER,
      workingDirectories: [closed],
    });
    const told = run.commandRun.tryIsolation();
    await expect(told).rejects.toMatchObject({ code: "INVALID_CONFIGURATION" });
    await expect(told).rejects.toThrow(/limited in .*closed.*\n.*sandbox in .*closed/);
  });

  it("is refused where a path does not exist that a sandbox is to show", async () => {
    await using run = createIsolatedBench({ level: "sandbox", user: USER, sandbox: { readable: ["/no/such/path"] } });
    await expect(run.commandRun.tryIsolation()).rejects.toThrow(/sandbox in .*: .*no\/such\/path/);
  });

  it("is refused where it cannot set a limit that high", async () => {
    await using run = createIsolatedBench({ level: "limited", user: USER, limits: { openFiles: 2 ** 40 } });
    await expect(run.commandRun.tryIsolation()).rejects.toThrow(/limited in .*: .*prlimit/);
  });
});

describe("what isolation needs", () => {
  const options = { ...DEFAULT_ISOLATION, strongest: "limited" } as const;

  it("is another user where the server is root, for root is bound by no limit on processes", () => {
    const root = { uid: 0, gid: 0 };
    expect(isolationProblems(options, root)).toEqual([expect.objectContaining({ field: "run_as" })]);
    expect(isolationProblems({ ...options, runAs: { uid: 5, gid: 0 } }, root)).toHaveLength(1);
    expect(isolationProblems({ ...options, runAs: { uid: 5, gid: 5 } }, root)).toEqual([]);
    expect(isolationProblems(DEFAULT_ISOLATION, root)).toEqual([]);
  });

  it("is no other user where the server is not root, for it cannot become one", () => {
    const self = { uid: 1000, gid: 1000 };
    expect(isolationProblems(options, self)).toEqual([]);
    expect(isolationProblems({ ...options, runAs: self }, self)).toEqual([]);
    const [problem] = isolationProblems({ ...options, runAs: { uid: 5, gid: 5 } }, self);
    expect(problem?.description).toMatch(/only root can become another user/);
  });

  it("is told by program and package where it is not installed", () => {
    expect(findTools("sandbox", ["/no/such"])).toEqual({
      problem: expect.stringMatching(/bwrap.*bubblewrap/) as string,
    });
    expect(findTools("limited", ["/no/such"])).toEqual({
      problem: expect.stringMatching(/prlimit.*util-linux/) as string,
    });
    expect(findTools("group", ["/no/such"])).not.toHaveProperty("problem");
  });

  it("is nothing for a group, which also the evidence names", async () => {
    await using run = createBench();
    expect(await run.output({ argv: ["true"] })).toMatchObject({ isolation: { level: "group" } });
  });
});
