import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ANY_COMMAND, commandBench, startServe } from "./support/command-bench.ts";
import type { CommandBench } from "./support/command-bench.ts";

/** Some commands one after the other, each a process that starts anew: longer than other tests take. */
const PATIENCE_MS = 180_000;

const JOB = `
job_id: people
steps:
  - step_type: command.run
    parameters: {argv: [sh, -c, "echo Ada Lovelace; echo Countess >&2"], sensitive_output: [/stdout]}
  - step_type: command.run
    parameters: {argv: [sh, -c, "echo Babbage >&2; exit 4"], sensitive_output: [/stdout, /stderr]}
`;

interface Disclosed {
  readonly disclosures: readonly {
    readonly step_index: number;
    readonly pointer: string;
    readonly value?: { text: string };
  }[];
}

async function disclosedBy(bench: CommandBench): Promise<readonly string[]> {
  const { code, out } = await bench.run(["show", "people", "--disclose"]);
  expect(code).toBe(0);
  const { disclosures } = JSON.parse(out) as Disclosed; // what the command prints
  return disclosures.map(({ step_index, pointer, value }) => `${step_index}${pointer} ${value?.text.trim()}`);
}

test(
  "a sensitive stream is in no log, is shown while it is kept, and can be erased without a mark on the log",
  async () => {
    await using bench = await commandBench();
    const job = await bench.file("job.yaml", JOB);
    const { code, out } = await bench.run(["exec", job]);
    expect(code).toBe(1);
    expect(out).not.toMatch(/Lovelace|Babbage/);
    expect(out).toContain("Reason: Step 1 failed: exited with code 4\n");
    const log = readFileSync(join(bench.directory, ".verbatim/runs/people/events.jsonl"), "utf8");
    expect(log).toContain("Countess");
    expect(log).not.toMatch(/Lovelace|Babbage/);
    expect(log).toContain('"_sd_alg":"sha-256"');

    expect(await disclosedBy(bench)).toEqual(["0/stdout Ada Lovelace", "1/stdout ", "1/stderr Babbage"]);
    expect((await bench.run(["erase", "people", "--field", "1/stderr", "1/stdout"])).out).toContain(
      "Erased 2 of 3 values",
    );
    expect(await disclosedBy(bench)).toEqual(["0/stdout Ada Lovelace"]);
    expect(JSON.parse((await bench.run(["erase", "people", "--json"])).out)).toEqual({
      run_id: "people",
      erased: 1,
      kept: 0,
    });
    expect(await disclosedBy(bench)).toEqual([]);
    expect(existsSync(join(bench.directory, ".verbatim/runs/people/disclosures.jsonl"))).toBe(false);

    expect((await bench.run(["verify", "people"])).code).toBe(0);
    expect(readFileSync(join(bench.directory, ".verbatim/runs/people/events.jsonl"), "utf8")).toBe(log);
  },
  PATIENCE_MS,
);

test("a value in the file of disclosures that was forged is shown as proving nothing", async () => {
  await using bench = await commandBench();
  await bench.run(["exec", await bench.file("job.yaml", JOB)]);
  const path = ".verbatim/runs/people/disclosures.jsonl";
  const forged = Buffer.from('["salt","stdout",{"text":"Eve"}]').toString("base64url");
  const text = readFileSync(join(bench.directory, path), "utf8").replace(
    /"disclosure":"[^"]+"/,
    `"disclosure":"${forged}"`,
  );
  await bench.file(path, text);
  const { code, out } = await bench.run(["show", "people", "--disclose"]);
  expect(code).toBe(5);
  expect(out).toContain('"problem":"its digest does not stand in the output"');
  expect(out).not.toContain("Eve");
});

test(
  "nothing is erased of a run that has not ended, and of one that is not there",
  async () => {
    await using bench = await commandBench();
    await startServe(bench);
    const job = "job_id: open\nsteps:\n  - {step_type: command.run, parameters: {argv: [sleep, '60']}}\n";
    const running = bench.start(["exec", await bench.file("open.yaml", job)]);
    await expect
      .poll(async () => (await bench.run(["events", "open"])).out, { timeout: 30_000 })
      .toContain("step.started");
    const { code, err } = await bench.run(["erase", "open"]);
    expect([code, err]).toEqual([6, expect.stringContaining("Run open has not ended")]);
    expect((await bench.run(["erase", "no-such-run"])).code).toBe(4);
    expect((await bench.run(["cancel", "open", "--reason", "enough"])).code).toBe(0);
    await running.ended;
  },
  PATIENCE_MS,
);

test("a secret of the configuration that cannot be scrubbed is named at the start, with the key and not the value", async () => {
  await using bench = await commandBench(
    `${ANY_COMMAND}secrets:\n  pin: {environment: PIN}\n  other: {environment: OTHER}\n`,
  );
  const { code, err } = await bench.run(["serve"], { environment: { PIN: "4711" } });
  expect(code).toBe(2);
  expect(err).toContain("secrets.pin");
  expect(err).toContain("it has 4 bytes");
  expect(err).not.toContain("4711");
});

test.each([
  ["secrets: {key: {file: a, environment: B}}", "secrets.key"],
  ["secrets: {key: plain}", "secrets.key"],
  ["secrets: {'not a name': {file: a}}", "not a name"],
  ["secrets: {key: {environment: 'not a name'}}", "secrets.key"],
])("a configuration that says %s is refused with its line", async (text, named) => {
  await using bench = await commandBench(`${ANY_COMMAND}${text}\n`);
  const { code, err } = await bench.run(["runs"]);
  expect(code).toBe(2);
  expect(err).toContain("verbatim.yaml:3");
  expect(err).toContain(named);
});
