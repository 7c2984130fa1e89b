import { describe, expect, test } from "vitest";
import { runCli } from "../../../src/cli/index.ts";
import type { WorkerFlags, WorkersSeen } from "../../../src/cli/host.ts";
import { fakeHost } from "../support/fake-host.ts";

const WORKER = { name: "builder-1", serves: ["command.run"], concurrency: 10, busy: 2, upMs: 61_400, silentMs: 3.2 };

async function listed(seen: WorkersSeen, ...flags: readonly string[]) {
  const fake = fakeHost({ argv: ["workers", ...flags], workers: () => Promise.resolve(seen) });
  return { code: await runCli(fake.host), out: fake.stdout.text };
}

describe("the command that lists workers", () => {
  test("names what waits and nobody serves, and ends with the exit code of what waits", async () => {
    const waiting = [
      { runId: "a", needs: ["command.run"], waitedMs: 900 },
      { runId: "b", needs: ["command.run", "email.send"], waitedMs: 90_000, missing: ["email.send"] },
      { runId: "c", needs: ["x.y", "command.run"], waitedMs: 90_000, missing: [] },
    ];
    const { code, out } = await listed({ workers: [WORKER], waiting });
    expect(code).toBe(3);
    expect(out).toMatch(/builder-1 +2 of 10 +\S.* +command\.run/);
    expect(out).toMatch(/b +\S.*command\.run, email\.send +nobody serves email\.send/);
    expect(out).toMatch(/c .*no worker serves all of it/);
    expect(out).toContain("2 jobs that no worker can take");
  });

  test("says that no worker lives, and that nothing waits", async () => {
    const { code, out } = await listed({ workers: [], waiting: [] });
    expect([code, out]).toEqual([0, "No worker lives: what is handed over waits for one.\n\nNothing waits.\n"]);
  });

  test("tells the same as JSON, with numbers that are whole", async () => {
    const waiting = [{ runId: "b", needs: ["email.send"], waitedMs: 12.5, missing: ["email.send"] }];
    const { code, out } = await listed({ workers: [WORKER], waiting }, "--json");
    expect(code).toBe(3);
    expect(JSON.parse(out)).toEqual({
      workers: [{ name: "builder-1", serves: ["command.run"], concurrency: 10, busy: 2, up_ms: 61_400, silent_ms: 3 }],
      waiting: [{ run_id: "b", needs: ["email.send"], waited_ms: 13, unserved: true, missing: ["email.send"] }],
    });
  });
});

async function started(...argv: readonly string[]) {
  const given: WorkerFlags[] = [];
  const fake = fakeHost({
    argv: ["worker", ...argv],
    worker: (flags, onReady) => {
      given.push(flags);
      onReady({ name: "one", capabilities: ["a.b", "c.d"] });
      return Promise.resolve();
    },
  });
  return { code: await runCli(fake.host), out: fake.stdout.text, err: fake.stderr.text, given };
}

describe("the command that starts a worker", () => {
  test("takes its capabilities with commas, each once, and says what it performs when it is ready", async () => {
    const { code, out, given } = await started("--capabilities", "a.b, c.d,a.b", "--concurrency", "3", "--name", "one");
    expect([code, out]).toEqual([0, "worker one performs a.b, c.d\n"]);
    expect(given).toEqual([{ capabilities: ["a.b", "c.d"], concurrency: 3, name: "one" }]);
  });

  test("performs all that is configured, ten at a time, unless it is told otherwise", async () => {
    const { out, given } = await started("--json");
    expect(JSON.parse(out)).toEqual({ name: "one", capabilities: ["a.b", "c.d"] });
    expect(given).toMatchObject([{ concurrency: 10 }]);
  });

  test.each([
    [["--capabilities", "a.b,,c.d"], "names of step types"],
    [["--concurrency", "0"], "from 1 to 1000"],
    [["--concurrency", "1001"], "from 1 to 1000"],
    [["--name", ""], "1 to 128 characters"],
    [["--name", "n".repeat(129)], "1 to 128 characters"],
  ])("refuses %j and says what it expects", async (argv, said) => {
    const { code, err, given } = await started(...argv);
    expect([code, given]).toEqual([2, []]);
    expect(err).toContain(said);
  });
});
