import { describe, expect, it } from "vitest";
import { Fault } from "#model";
import { runCli } from "../../src/cli/index.ts";
import type { CliHost, Finding } from "../../src/cli/index.ts";
import { fakeHost } from "./support/fake-host.ts";

async function run(argv: readonly string[], given: Partial<CliHost> = {}) {
  const fake = fakeHost({ argv, ...given });
  const code = await runCli(fake.host);
  return { code, out: fake.stdout.text, err: fake.stderr.text };
}

function locked(): Promise<never> {
  return Promise.reject(new Fault("STATE_LOCKED", "It is in use."));
}

const COMMANDS = [
  "serve",
  "exec",
  "events",
  "verify",
  "show",
  "runs",
  "cancel",
  "init",
  "import",
  "schema",
  "step-types",
  "schedules",
  "capabilities",
  "configuration",
  "changes",
  "health",
  "doctor",
  "config",
  "job",
];

describe("the command line", () => {
  it("lists every command and every exit code in its help, on standard output", async () => {
    const { code, out, err } = await run(["--help"]);
    expect(code).toBe(0);
    expect(err).toBe("");
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command} `, "m"));
    for (const exit of [0, 1, 2, 4, 5, 6, 7, 8, 124, 130, 143]) expect(out).toContain(`${exit} `);
  });

  it("prints its version and nothing else", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, out: "1.2.3\n", err: "" });
  });

  it.each([
    ["no command", []],
    ["an unknown command", ["execute"]],
    ["an unknown flag", ["runs", "--all"]],
    ["a missing argument", ["exec"]],
    ["an argument too many", ["show", "a", "b"]],
    ["a number that is none", ["events", "a", "--tail", "-1"]],
    ["a number with a fraction", ["events", "a", "--after", "1.5"]],
    ["a list without an element", ["runs", "--limit", "0"]],
    ["a list that is too long", ["runs", "--limit", "10001"]],
    ["a choice that there is not", ["exec", "a", "--progress", "loud"]],
    ["a missing reason", ["cancel", "a"]],
    ["a file that has no schema", ["schema", "readme"]],
  ])("refuses %s with exit code 2 and a word on standard error", async (_what, argv) => {
    const { code, out, err } = await run(argv);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).not.toBe("");
  });

  it("tells a mistake in its own use as JSON where JSON was asked for", async () => {
    const { code, out, err } = await run(["cancel", "a", "--json"]);
    expect(code).toBe(2);
    expect(err).toBe("");
    expect(JSON.parse(out)).toMatchObject({
      error: { code: "USAGE", message: expect.stringMatching(/--reason/) as string },
    });
  });

  it("tells a fault of a command with its exit code, in words or as JSON", async () => {
    expect(await run(["runs"], { connect: locked })).toEqual({ code: 6, out: "", err: "verbatim: It is in use.\n" });
    const { code, out, err } = await run(["runs", "--json"], { connect: locked });
    expect({ code, err }).toEqual({ code: 6, err: "" });
    expect(JSON.parse(out)).toEqual({ error: { code: "STATE_LOCKED", message: "It is in use.", violations: [] } });
  });

  it("hands the flags of serve on as they were given, and tells the address when calls are taken", async () => {
    const seen: unknown[] = [];
    const serve: CliHost["serve"] = (flags, onReady) => {
      seen.push(flags);
      onReady("127.0.0.1:4711");
      return Promise.resolve();
    };
    expect(await run(["serve"], { serve })).toEqual({ code: 0, out: "listening on 127.0.0.1:4711\n", err: "" });
    const flags = ["--listen", "127.0.0.1:0", "--state", "s", "--config", "c", "--no-token", "--reflection", "--json"];
    expect((await run(["serve", ...flags], { serve })).out).toBe('{"address":"127.0.0.1:4711"}\n');
    expect(seen[0]).not.toHaveProperty("noToken");
    expect(seen[1]).toMatchObject({ listen: "127.0.0.1:0", state: "s", config: "c", noToken: true, reflection: true });
  });

  it.each([
    ["runs"],
    ["show", "a"],
    ["events", "a", "--follow"],
    ["verify", "a"],
    ["step-types"],
    ["schedules"],
    ["capabilities"],
    ["changes"],
    ["health"],
    ["health", "withdraw", "system"],
    ["cancel", "a", "--reason", "b"],
  ])("leaves %s at the first signal, whatever it waits for", async (...argv) => {
    const fake = fakeHost({ argv, connect: () => new Promise(() => undefined) });
    const ending = runCli(fake.host);
    fake.interrupt.abort("SIGINT");
    expect(await ending).toBe(130);
  });

  it("ends at once at the second signal, whatever the command waits for", async () => {
    const fake = fakeHost({ argv: ["serve"], serve: () => new Promise(() => undefined) });
    const ending = runCli(fake.host);
    fake.interrupt.abort("SIGINT");
    fake.interruptAgain.abort("SIGTERM");
    expect(await ending).toBe(143);
  });

  it("lets the doctor make the history anew, and tells each tenth of the way on standard error", async () => {
    const made: Finding = { name: "history", status: "ok", detail: "made anew" };
    const rebuildIndex: CliHost["rebuildIndex"] = (_flags, onProgress) => {
      for (let done = 0; done <= 40; done += 1) onProgress({ done, runs: 40 });
      return Promise.resolve(made);
    };
    const { code, out, err } = await run(["doctor", "--rebuild-index", "--json"], { rebuildIndex });
    expect({ code, out: JSON.parse(out) as unknown }).toEqual({ code: 0, out: { ok: true, findings: [made] } });
    expect(err.split("\n").filter(Boolean)).toHaveLength(10);
    expect(err).toContain("history: 20 of 40 runs\n");
  });

  it("gives the doctor's findings exit code 2 only if one has failed", async () => {
    const warning = { name: "sync", status: "warning", detail: "slow" } as const;
    const failed = { name: "node", status: "failed", detail: "old" } as const;
    expect((await run(["doctor"], { doctor: () => Promise.resolve([warning]) })).code).toBe(0);
    const { code, out } = await run(["doctor", "--json"], { doctor: () => Promise.resolve([warning, failed]) });
    expect(code).toBe(2);
    expect(JSON.parse(out)).toEqual({ ok: false, findings: [warning, failed] });
  });

  it("lets the doctor look at a server that runs, and makes none in its place", async () => {
    const asked: unknown[] = [];
    const connect: CliHost["connect"] = (flags, options) => {
      asked.push([flags.server, options]);
      return Promise.reject(new Fault("SERVER_UNREACHABLE", "Nobody is there."));
    };
    const first = await run(["doctor", "--server", "--json"], { connect });
    await run(["doctor", "--server", "there:1"], { connect });
    const detail = "SERVER_UNREACHABLE: Nobody is there.";
    const findings = [{ name: "server", status: "failed", detail }];
    expect([first.code, JSON.parse(first.out)]).toEqual([2, { ok: false, findings }]);
    expect(asked).toEqual([
      [undefined, { isRunning: true }],
      ["there:1", { isRunning: true }],
    ]);
  });

  it.each([
    ["a CA, and no server that has to be signed by it", ["doctor", "--ca", "ca.pem"]],
    ["a server, and files that only a stopped one leaves alone", ["doctor", "--server", "--rebuild-index"]],
  ])("does not let the doctor be told of %s", async (_what, argv) => {
    const { code, err } = await run(argv);
    expect([code, err]).toEqual([2, expect.stringContaining("--server")]);
  });

  it("prints the schema of each file that it reads", async () => {
    const schema = { title: "a schema" };
    const { out } = await run(["config", "schema"], { configurationSchema: () => Promise.resolve(schema) });
    expect(JSON.parse(out)).toEqual(schema);
    expect(JSON.parse((await run(["job", "schema"])).out)).toMatchObject({ additionalProperties: false });
    expect((await run(["schema", "job"])).out).toBe((await run(["job", "schema"])).out);
    expect(JSON.parse((await run(["schema", "plan"])).out)).toHaveProperty("properties.jobs");
  });
});
