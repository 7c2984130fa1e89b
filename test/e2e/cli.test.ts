import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { commandBench, shellStep } from "./support/command-bench.ts";
import type { CommandBench } from "./support/command-bench.ts";

let bench: CommandBench;

describe("a job that is run without a server", () => {
  beforeAll(async () => {
    bench = await commandBench();
    const steps = shellStep("count", "echo performed >> effects") + shellStep("speak", "echo spoken; seq 1 200000");
    await bench.file("ok.yaml", `job_id: ok\nsteps:\n${steps}`);
    const failing = [
      shellStep("first", "true"),
      shellStep("second", "printf 'bad \\033[2J news' >&2; exit 3"),
      shellStep("third", "touch must-not-exist"),
    ];
    await bench.file("fails.yaml", `job_id: fails\nsteps:\n${failing.join("")}`);
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  it("shows its steps, sums up, and ends with 0; run again it attaches and does nothing", async () => {
    const { code, out, err } = await bench.run(["exec", "ok.yaml"]);
    expect(err).toMatch(/^Run ok: 2 steps, embedded in .*\n✓ completed {2}0 .*\n✓ completed {2}1 .*\n$/);
    expect(out).toMatch(/^Run Summary: ok\n=+\nStatus: ✓ COMPLETED\nReason: All steps completed successfully\n/);
    expect(out).toContain("Steps: 2 total (2 completed, 0 failed)\n");
    expect(out + err).not.toContain("\u001B");
    expect(code).toBe(0);

    const again = await bench.run(["exec", "ok.yaml"]);
    expect(again.code).toBe(0);
    expect(again.out).toBe(out);
    expect(await readFile(join(bench.directory, "effects"), "utf8")).toBe("performed\n");
  });

  it("gives a large output byte for byte, through a pipe", async () => {
    const { code, out } = await bench.run(["show", "ok", "--output", "1"]);
    expect(code).toBe(0);
    const { stdout } = JSON.parse(out) as {
      readonly stdout: { readonly text: string; readonly bytes: number; readonly sha256: string };
    };
    const spoken = ["spoken", ...Array.from({ length: 200_000 }, (_none, index) => index + 1), ""].join("\n");
    expect(stdout.bytes).toBe(Buffer.byteLength(spoken));
    expect(stdout.sha256).toBe(createHash("sha256").update(spoken).digest("hex"));
    expect(spoken.startsWith(stdout.text)).toBe(true);
    expect(stdout.text.length).toBeGreaterThan(1_000_000);
  });

  it("that fails ends with 1, runs nothing after the failure, and writes no escape codes of a step", async () => {
    const { code, out, err } = await bench.run(["exec", "fails.yaml", "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      job_id: "fails",
      final_status: "FAILED",
      execution_summary: { steps_declared: 3, steps_executed: 2, steps_succeeded: 1, steps_failed: 1 },
      steps_not_run: [{ step_index: 2, step_type: "command.run", target: "third" }],
      log: { records: 8 },
    });
    expect(err).toMatch(/✗ failed {5}1 .*exited with code 3: bad \\u\{1b\}\[2J news/);
    expect(err).not.toContain("\u001B");
    await expect(readFile(join(bench.directory, "must-not-exist"))).rejects.toMatchObject({ code: "ENOENT" });
    const shown = await bench.run(["show", "fails"]);
    expect(shown.code).toBe(0);
    expect(shown.out).toContain("  ⊘ not run    2  command.run     third\n");
  });

  it("has a log whose lines events prints as they stand in the file beside it", async () => {
    const file = await readFile(join(bench.directory, ".verbatim/runs/fails/events.jsonl"), "utf8");
    const { code, out } = await bench.run(["events", "fails"]);
    expect({ code, out }).toEqual({ code: 0, out: file });
    const tail = await bench.run(["events", "fails", "--tail", "2"]);
    expect(tail.out).toBe(file.split("\n").slice(-3).join("\n"));
  });

  it("has a log that verifies by its run, by its file, and by the head that was told", async () => {
    const { out } = await bench.run(["show", "ok", "--json"]);
    const { log } = JSON.parse(out) as { readonly log: { readonly head: string } };
    const byRun = await bench.run(["verify", "ok", "--head", log.head]);
    expect(byRun.out).toContain("Chain: ✓ WHOLE\nLaws: ✓ KEPT\nEnd: ✓ COMPLETE\nSeal: ✓ SIGNED by ");
    expect(byRun.out).toContain("\nHead: ✓ AS NOTED\n");
    expect(byRun.code).toBe(0);
    const byFile = await bench.run(["verify", ".verbatim/runs/ok/events.jsonl"]);
    expect(byFile.out).toContain("End: ? UNSEALED: tail not provable\n");
    expect(byFile.code).toBe(2);
    expect((await bench.run(["verify", "ok", "--head", log.head.toLowerCase()])).code).toBe(5);
  });

  it("has every flipped bit of its log found, with the line", async () => {
    const bytes = await readFile(join(bench.directory, ".verbatim/runs/fails/events.jsonl"));
    const secondLine = bytes.indexOf("\n") + 1;
    const at = bytes.indexOf('"actor"', secondLine) + 9;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const path = join(bench.directory, "flipped.jsonl");
    await writeFile(path, bytes);
    const { code, out } = await bench.run(["verify", path]);
    expect(code).toBe(5);
    expect(out).toContain("Chain: ✗ BROKEN\n");
    expect(out).toMatch(/Problems:\n {2}line 2: EDITED \(seq 1\): the hash does not fit/);
    const asJson = await bench.run(["verify", path, "--json"]);
    expect(asJson.code).toBe(5);
    expect(JSON.parse(asJson.out)).toMatchObject({
      ok: false,
      problems: [{ code: "EDITED", seq: 1, line: 2 }],
      problem_count: 1,
    });
  });

  it("has the end that was cut from its log called unproven", async () => {
    const lines = (await readFile(join(bench.directory, ".verbatim/runs/fails/events.jsonl"), "utf8")).split("\n");
    const path = await bench.file("cut.jsonl", `${lines.slice(0, 4).join("\n")}\n`);
    const { code, out } = await bench.run(["verify", path]);
    expect(code).toBe(2);
    expect(out).toContain("End: ? UNSEALED: tail not provable, no run.completed\n");
  });

  it("that runs longer than it may ends with 124", async () => {
    const job = `job_timeout_seconds: 0.3\nsteps:\n${shellStep("slow", "exec sleep 600")}`;
    const { code, out } = await bench.run(["exec", "-"], { input: job });
    expect(out).toContain("job timed out after 0.3 s");
    expect(code).toBe(124);
  });
});

describe("what cannot be done", () => {
  beforeEach(async () => {
    bench = await commandBench();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  it("for an unknown key of the configuration is told with its file and line, with exit code 2", async () => {
    const path = await bench.file(
      "verbatim.yaml",
      "state: s\nstepz: {}\nsteps:\n  command.run:\n    executable: [ls]\n",
    );
    const { code, out, err } = await bench.run(["runs"]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(`${path}:2  stepz: is not a known key`);
    expect(err).toContain(`${path}:5  steps.command.run.executable: is not a known key`);
    expect((await bench.run(["doctor"])).code).toBe(2);
  });

  it("for a job file that is wrong in many ways is told all at once, each with its line", async () => {
    await bench.file("bad.yaml", "steps:\n  - step_type: command.run\n    target: 5\n    timeout: 3\n  - {}\nx: 1\n");
    const { code, out, err } = await bench.run(["exec", "bad.yaml"]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    const lines = err.split("\n");
    expect(lines[0]).toBe("verbatim: The job in bad.yaml is not valid.");
    expect(
      lines.slice(1, -1).map((line) =>
        line
          .trim()
          .split(/: | {2}/)
          .slice(0, 2),
      ),
    ).toEqual([
      ["bad.yaml:3", "steps[0].target"],
      ["bad.yaml:4", "steps[0].timeout"],
      ["bad.yaml:5", "steps[1].step_type"],
      ["bad.yaml:6", "x"],
    ]);
  });

  it("for parameters that a step type refuses is told by the line of the file", async () => {
    await bench.file(
      "bad.yaml",
      "steps:\n  - step_type: command.run\n    parameters:\n      argv: [ls]\n      shell: true\n",
    );
    const { code, err } = await bench.run(["exec", "bad.yaml"]);
    expect(code).toBe(2);
    expect(err).toContain("\n  bad.yaml:5  steps[0].parameters.shell is not supported");
  });

  it("for a step type that is not allowed is exit code 6, and nothing has run", async () => {
    await bench.file("verbatim.yaml", "{}");
    const { code, err } = await bench.run(["exec", "-"], { input: `steps:\n${shellStep("x", "touch effect")}` });
    expect(code).toBe(6);
    expect(err).toContain("stdin:2  steps[0].step_type");
    expect((await bench.run(["step-types"])).out).toMatch(/^No step types/);
  });

  it("for a run or a file that there is not is exit code 4, as JSON where that was asked for", async () => {
    expect((await bench.run(["verify", "nobody"])).code).toBe(4);
    expect((await bench.run(["verify", "./nothing.jsonl"])).code).toBe(4);
    const { code, out, err } = await bench.run(["show", "nobody", "--json"]);
    expect({ code, err }).toEqual({ code: 4, err: "" });
    expect(JSON.parse(out)).toEqual({
      error: { code: "RUN_NOT_FOUND", message: "There is no job nobody.", violations: [] },
    });
  });

  it("for a server that is not there is exit code 8", async () => {
    const environment = { VERBATIM_TOKEN: "x".repeat(43) };
    for (const address of ["unix:nobody.sock", "127.0.0.1:1"]) {
      const { code, err } = await bench.run(["runs", "--server", address], { environment });
      expect(code).toBe(8);
      expect(err).toMatch(/^verbatim: .+\n$/);
    }
  });
});

describe("the doctor", () => {
  it("looks at everything and finds it well, also as JSON", async () => {
    await using healthy = await commandBench();
    const { code, out } = await healthy.run(["doctor", "--json"]);
    const { ok, findings } = JSON.parse(out) as {
      readonly ok: boolean;
      readonly findings: readonly { readonly name: string }[];
    };
    expect({ code, ok }).toEqual({ code: 0, ok: true });
    expect(findings.map(({ name }) => name)).toEqual([
      "node",
      "sqlite",
      "clock",
      "configuration",
      "disk",
      "sync",
      "lock",
      "history",
    ]);
    expect((await healthy.run(["doctor"])).out).toMatch(/^✓ ok {7}node {11}Node 26/);
  });
});
