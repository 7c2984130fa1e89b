import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault } from "#model";
import { JOB_FILE_BYTES, readJob } from "../../../src/cli/job-file/read-job.ts";
import type { JobFlags, ReadJob } from "../../../src/cli/job-file/read-job.ts";
import { fakeHost } from "../support/fake-host.ts";

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

async function read(input: string | Uint8Array, flags: JobFlags = {}): Promise<ReadJob> {
  const bytes = typeof input === "string" ? Buffer.from(input) : input;
  return await readJob("-", flags, fakeHost({ stdin: chunksOf(bytes) }).host);
}

/** The problems of a text that is no job, as `line text`. */
async function problemsOf(input: string | Uint8Array): Promise<readonly string[]> {
  const fault: unknown = await read(input).catch((error: unknown) => error);
  if (!(fault instanceof Fault)) throw new Error("the text was taken for a job");
  expect(fault.code).toBe("INVALID_REQUEST");
  if (fault.violations.length === 0) return [fault.message];
  return fault.violations.map(({ field, description }) => `${field.replace(/^stdin:/, "")} ${description}`);
}

/** A job of one step with these parameters, on line 3. */
function withParameters(parameters: string): string {
  return `steps:\n  - step_type: a.b\n    parameters: ${parameters}\n`;
}

describe("a job that is read from a file", () => {
  it("has every default that the schema promises", async () => {
    const { job, named } = await read("steps:\n  - step_type: command.run\n");
    expect(named).toBe(false);
    expect(job).toEqual({
      jobId: "new-id-1",
      contractId: "direct",
      executedBy: "tester",
      steps: [{ stepIndex: 0, stepType: "command.run", target: "", parameters: {}, timeoutSeconds: 300 }],
    });
  });

  it("keeps every member that it declares, in YAML as in JSON", async () => {
    const declared = {
      job_id: "j1",
      contract_id: "c1",
      executed_by: "me",
      job_timeout_seconds: 1.5,
      steps: [
        {
          step_index: 0,
          step_type: "a.b",
          target: "t",
          parameters: { x: [1, null, { y: "z" }] },
          timeout_seconds: 0.25,
        },
      ],
    };
    const job = {
      jobId: "j1",
      contractId: "c1",
      executedBy: "me",
      timeoutSeconds: 1.5,
      steps: [
        { stepIndex: 0, stepType: "a.b", target: "t", parameters: { x: [1, null, { y: "z" }] }, timeoutSeconds: 0.25 },
      ],
    };
    expect((await read(JSON.stringify(declared, null, "\t"))).job).toEqual(job);
    expect((await read(JSON.stringify(declared))).named).toBe(true);
    const yaml = `job_id: j1\ncontract_id: c1\nexecuted_by: me\njob_timeout_seconds: 1.5\nsteps:\n- step_index: 0
  step_type: a.b\n  target: t\n  parameters:\n    x: [1, ~, {y: z}]\n  timeout_seconds: 0.25\n`;
    expect((await read(yaml)).job).toEqual(job);
  });

  it("gives way to flags, which name the job as well", async () => {
    const { job, named } = await read("job_id: j1\nsteps: []", { jobId: "j2", contractId: "c2", executedBy: "you" });
    expect(job).toMatchObject({ jobId: "j2", contractId: "c2", executedBy: "you" });
    expect(named).toBe(true);
  });

  it("is refused with a flag that is no id, as with a file that holds none", async () => {
    await expect(read("steps: []", { jobId: "no id" })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      violations: [{ field: "job_id" }],
    });
  });
});

describe("a file that is no job", () => {
  it("has every problem told at once, each with its line, in the order of the lines", async () => {
    const text = `job_id: " x"
stepz: 1
steps:
  - step_type: Command
    step_index: 3
  - step_type: command.run
    parameters: []
    timeout_seconds: -1
    big: 9
  - null
executed_by: ""
job_timeout_seconds: 86401
`;
    const problems = await problemsOf(text);
    expect(problems.map((problem) => problem.split(/:? /).slice(0, 2).join(" "))).toEqual([
      "1 job_id",
      "2 stepz",
      "4 steps[0].step_type",
      "5 steps[0].step_index",
      "7 steps[1].parameters",
      "8 steps[1].timeout_seconds",
      "9 steps[1].big",
      "10 steps[2]",
      "11 executed_by",
      "12 job_timeout_seconds",
    ]);
    expect(problems[1]).toBe("2 stepz: is not a known key");
    expect(problems[3]).toBe("5 steps[0].step_index: is 3; it must equal the position in the list, 0, or be left out");
  });

  it.each([
    ["an empty file", "", /^1 the file: /],
    ["a list", "[]", /^1 the file: /],
    ["no steps", "job_id: a", /^1 steps: /],
    ["YAML that ends too early", "steps: [", /^1 Flow sequence/],
    [
      "a key that stands twice",
      "steps: []\nsteps: []",
      /^2 "steps" stands twice in a map, on line 1 already; keep one$/,
    ],
    ["two documents", "steps: []\n---\nsteps: []", /^2 a second document begins here/],
    ["a tag that nobody knows", withParameters("{a: !secret b}"), /^3 Unresolved tag: !secret/],
    ["a tag that makes bytes", withParameters("{a: !!binary aGVsbG8=}"), /^3 the tag tag:yaml.org,2002:binary /],
    ["a tag that makes a set", withParameters("{a: !!set {b}}"), /^3 the tag tag:yaml.org,2002:set /],
    [
      "an integer that JSON rounds",
      withParameters("{a: 9007199254740993}"),
      /^3 9007199254740993 is no number that JSON/,
    ],
    ["a number without end", withParameters("{a: .inf}"), /^3 \.inf is no number that JSON holds/],
    ["a number that is too large", withParameters("{a: 1e400}"), /^3 1e400 is no number that JSON holds/],
    ["a member that JavaScript would lose", withParameters("{__proto__: {a: 1}}"), /^3 __proto__ cannot be the name/],
    ["an alias of what encloses it", withParameters("&p {x: *p}"), /^3 \*p stands for what encloses it/],
    ["a text that is nested without end", "[".repeat(20_000), /^1 the file: is nested too deep/],
    [
      "parameters of 65 levels",
      withParameters(`${"{a: ".repeat(65)}1${"}".repeat(65)}`),
      /^3 is nested deeper than 64 levels/,
    ],
    ["bytes that are no text", Buffer.from([0x61, 0xff]), /^The job in stdin is not UTF-8 text/],
  ])("is refused with the reason and the line: %s", async (_what, input, first) => {
    const [problem] = await problemsOf(input);
    expect(problem).toMatch(first);
  });

  it("is refused where its aliases would fill the memory", async () => {
    const layers = ["a: &a [1,1,1,1,1,1,1,1,1,1]"];
    for (const [name, of] of ["ba", "cb", "dc", "ed"].map((pair) => [pair[0], pair[1]]))
      layers.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${of}`).join(", ")}]`);
    expect((await problemsOf(`${layers.join("\n")}\nsteps: *e`))[0]).toMatch(/alias/);
  });

  it("has at most a thousand problems told, and the others counted", async () => {
    const keys = Array.from({ length: 1500 }, (_none, index) => `k${index}: 1`).join("\n");
    const problems = await problemsOf(`${keys}\nsteps: []\n`);
    expect(problems).toHaveLength(1001);
    expect(problems.at(-1)).toBe("stdin 500 more");
  });
});

describe("numbers and depths that JSON holds", () => {
  it.each([
    ["9007199254740992", 9_007_199_254_740_992],
    ["-12", -12],
    ["+5", 5],
    ["1e300", 1e300],
    ["100000000000000000000", 1e20],
    ["0.1", 0.1],
    ["0x1F", 31],
  ])("go through exactly as they were written: %s", async (text, value) => {
    expect((await read(withParameters(`{a: ${text}}`))).job.steps[0]?.parameters).toEqual({ a: value });
  });

  it("go 64 levels deep, which is what a server reads", async () => {
    await expect(read(withParameters(`${"{a: ".repeat(64)}1${"}".repeat(64)}`))).resolves.toBeDefined();
  });
});

describe("where a job's file comes from", () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "vb-job-"));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it("is told by its path, which stands before each line", async () => {
    const path = join(directory, "job.yaml");
    await writeFile(path, "steps: []\nx: 1\n");
    await expect(readJob(path, {}, fakeHost().host)).rejects.toMatchObject({
      message: `The job in ${path} is not valid.`,
      violations: [{ field: `${path}:2`, description: "x: is not a known key" }],
    });
  });

  it("is refused if it is not there, or a directory", async () => {
    const missing = join(directory, "missing.yaml");
    const { host } = fakeHost();
    await expect(readJob(missing, {}, host)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: `The job file ${missing} cannot be read (ENOENT).`,
    });
    await expect(readJob(directory, {}, host)).rejects.toMatchObject({
      message: expect.stringMatching(/EISDIR/) as string,
    });
  });

  it("is refused at once if it is a pipe that nobody writes to, or a device", async () => {
    const pipe = join(directory, "pipe");
    execFileSync("mkfifo", [pipe]);
    const { host } = fakeHost();
    const instead = "expected a regular file: to read from another program, name - and give it on standard input.";
    await expect(readJob(pipe, {}, host)).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: `The job file ${pipe} is a pipe; ${instead}`,
    });
    await expect(readJob("/dev/null", {}, host)).rejects.toMatchObject({
      message: `The job file /dev/null is a device; ${instead}`,
    });
  });

  it("may be as large as the bound and not a byte larger", async () => {
    const body = "steps: []\n#";
    const full = Buffer.from(body + "x".repeat(JOB_FILE_BYTES - body.length));
    await expect(read(full)).resolves.toBeDefined();
    expect(await problemsOf(Buffer.concat([full, Buffer.from("x")]))).toEqual([
      `The job in stdin is larger than ${JOB_FILE_BYTES} bytes; split it.`,
    ]);
  });
});

describe("what a server finds wrong with a job", () => {
  it("is told by the line of the file on which it stands, or the nearest around it", async () => {
    const job = await read(`steps:
  - step_type: a.b
    parameters:
      argv:
        - ls
        - -l
      environment: {A: b}
`);
    const fields = [
      "steps[0].parameters.argv[1]",
      "steps[0].parameters.environment.A",
      "steps[0].parameters.missing.deeper",
      "steps[0].step_type",
      "steps[7]",
      "steps",
      "scopes",
    ];
    expect(job.locate(fields.map((field) => ({ field, description: "is wrong" })))).toEqual([
      { field: "stdin:6", description: "steps[0].parameters.argv[1] is wrong" },
      { field: "stdin:7", description: "steps[0].parameters.environment.A is wrong" },
      { field: "stdin:3", description: "steps[0].parameters.missing.deeper is wrong" },
      { field: "stdin:2", description: "steps[0].step_type is wrong" },
      { field: "stdin:1", description: "steps[7] is wrong" },
      { field: "stdin:1", description: "steps is wrong" },
      { field: "scopes", description: "is wrong" },
    ]);
  });
});
