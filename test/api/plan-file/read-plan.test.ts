import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fault, LIMITS } from "#model";
import { PLAN_FILE_LIMITS } from "../../../src/api/plan-file/plan-terms.ts";
import { readPlan } from "../../../src/api/plan-file/read-plan.ts";
import { anyDeclaration } from "./support/any-declaration.ts";
import { planText } from "./support/plan-text.ts";

/** The problems of a text that is no plan, as `line text`. */
function problemsOf(text: string): readonly string[] {
  try {
    readPlan(text, "p.yaml");
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    expect(error.code).toBe("INVALID_REQUEST");
    if (error.violations.length === 0) return [error.message];
    expect(error.message).toBe("The plan in p.yaml is not valid.");
    return error.violations.map(({ field, description }) => `${field.replace(/^p\.yaml:/, "")} ${description}`);
  }
  return [];
}

/** A plan of one job with these members, from line 3 on. */
function withJob(members: string): string {
  return `name: n\njobs:\n  a: {${members}}\n`;
}

/** A plan of so many jobs. */
function planOf(jobs: number): string {
  return `name: n\njobs:\n${Array.from({ length: jobs }, (_none, at) => `  j${at}: {command: x}\n`).join("")}`;
}

/** So many needs as JSON. */
function listOf(needs: number): string {
  return Array.from({ length: needs }, () => '"x"').join(",");
}

const WHOLE = `
name: nightly
contract_id: c-1
max_workers: 4
working_directory: .
inherit_env: [HOME, PATH]
environment: {BASE: /srv, OUT: "\${BASE}/out", VERSION: 1.10, ON: True, EMPTY: "", PAIR: "a=b,c=d"}
allow_shell: false
defaults: {retry: {max_attempts: 2}, step_timeout_seconds: 300, recovery: operator}
jobs:
  10:
    command: make all
  fetch:
    description: Gets it.
    needs: ["10"]
    command: [make, "fetch it"]
  build:
    needs: [fetch]
    steps:
      - {step_type: command.run, target: x, parameters: {argv: [make]}, timeout_seconds: 60}
      - {command: [make, test]}
    pre_checks: [{step_type: check.file_exists, parameters: {path: in.csv}}]
    post_checks: [{step_type: check.file_exists, parameters: {path: out.csv}}]
    gate: hard
    retry: {max_attempts: 3, on: [transient_io, timeout], on_exit_codes: [75], backoff: {base_seconds: 2, factor: 2, max_seconds: 60, jitter: 0.1}, max_elapsed_seconds: 600}
    timeout_seconds: 3600
    continue_on_error: true
    recovery: probe
    probe: [{command: look}]
    compensate: [{command: undo}]
    capabilities: [command.run]
    artifacts: ["out/*.csv"]
    working_directory: sub
    environment: {LEVEL: 3}
    concurrency: {key: db, max: 1}
`;

describe("a plan that is read from a file", () => {
  it("keeps every member that it declares, and the order of its jobs", () => {
    const { declaration } = readPlan(WHOLE, "p.yaml");
    expect(declaration).toMatchObject({
      name: "nightly",
      contractId: "c-1",
      maxWorkers: 4,
      workingDirectory: ".",
      inheritEnvironment: ["HOME", "PATH"],
      environment: { BASE: "/srv", OUT: "${BASE}/out", VERSION: "1.10", ON: "True", EMPTY: "", PAIR: "a=b,c=d" },
      allowShell: false,
      defaults: { retry: { maxAttempts: 2 }, stepTimeoutSeconds: 300, recovery: "operator" },
    });
    const [first, fetch, build] = declaration.jobs;
    expect(declaration.jobs.map(({ key }) => key)).toEqual(["10", "fetch", "build"]);
    expect(first).toEqual({
      key: "10",
      needs: [],
      steps: [{ command: "make all" }],
      preChecks: [],
      postChecks: [],
      compensate: [],
      probe: [],
      artifacts: [],
      environment: {},
    });
    expect(fetch).toMatchObject({
      description: "Gets it.",
      needs: ["10"],
      steps: [{ command: ["make", "fetch it"] }],
    });
    expect(build).toEqual({
      key: "build",
      needs: ["fetch"],
      steps: [
        { stepType: "command.run", target: "x", parameters: { argv: ["make"] }, timeoutSeconds: 60 },
        { command: ["make", "test"] },
      ],
      preChecks: [{ stepType: "check.file_exists", parameters: { path: "in.csv" } }],
      postChecks: [{ stepType: "check.file_exists", parameters: { path: "out.csv" } }],
      gate: "hard",
      retry: {
        maxAttempts: 3,
        on: ["transient_io", "timeout"],
        onExitCodes: [75],
        baseSeconds: 2,
        factor: 2,
        maxSeconds: 60,
        jitter: 0.1,
        maxElapsedSeconds: 600,
      },
      timeoutSeconds: 3600,
      continueOnError: true,
      recovery: "probe",
      probe: [{ command: "look" }],
      compensate: [{ command: "undo" }],
      capabilities: ["command.run"],
      artifacts: ["out/*.csv"],
      workingDirectory: "sub",
      environment: { LEVEL: "3" },
      concurrency: { key: "db", max: 1 },
    });
  });

  it("is the same as JSON, where numbers stand as they are written too", () => {
    const text = '{"name":"n","environment":{"V":1.10,"E":""},"jobs":{"20":{"command":"a"},"3":{"command":["b"]}}}';
    const { declaration } = readPlan(text, "p.json");
    expect(declaration.environment).toEqual({ V: "1.10", E: "" });
    expect(declaration.jobs.map(({ key }) => key)).toEqual(["20", "3"]);
  });

  it("is the declaration that was written, whatever it declares", () => {
    fc.assert(
      fc.property(anyDeclaration, (declaration) => {
        expect(readPlan(planText(declaration), "p.yaml").declaration).toEqual(declaration);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a file that is no plan", () => {
  it("has every problem told at once, each with its line, in the order of the lines", () => {
    const text = `name: nightly
max_workers: 300
Working-Directory: .
environment: {N: ~, "1x": a, T: [1]}
defaults: {retry: {on: [permanent, foo], max_attempts: 0}}
jobs:
  10: {command: a, needs: [1]}
  2: {comand: b}
  "a b": {command: []}
  x: {command: [1, b], steps: [{step_type: a.b, command: x}, {}]}
  y: {steps: x, gate: soft}
`;
    const classes = "transient_io, timeout, validation_failed, contract_input_missing, handler_contract, unknown";
    expect(problemsOf(text)).toEqual([
      "2 max_workers: is 300; at most 256 is allowed",
      "3 Working-Directory: is not a known key; did you mean working_directory?",
      '4 environment.N: is nothing; write "" for an empty value',
      '4 environment.1x: is "1x"; expected the name of a variable: A-Z a-z 0-9 _ with no digit first, at most 128',
      "4 environment.T: expected a text, a number, true or false",
      "5 defaults.retry.max_attempts: is 0; at least 1 is needed",
      `5 defaults.retry.on[0]: is "permanent", which is never tried again; expected one of ${classes}`,
      `5 defaults.retry.on[1]: is "foo"; expected one of ${classes}`,
      '7 jobs.10.needs[0]: is the number 1; expected a text: write "1" in quotes',
      "8 jobs.2.comand: is not a known key; did you mean command?",
      "8 jobs.2: has nothing to do; give it command, or steps",
      '9 jobs.a b: is "a b"; expected 1 to 64 of A-Z a-z 0-9 _ - with a letter or digit first',
      '10 jobs.x.command[0]: is the number 1; expected a text: write "1" in quotes',
      "10 jobs.x.steps: stand beside command, which is short for one step; keep one",
      "10 jobs.x.steps[0]: has command, which is short for step_type and parameters, and one of these too; keep the one or the others",
      "10 jobs.x.steps[1]: has neither command nor step_type; give one of them",
      "11 jobs.y.steps: is a text; expected a list",
      '11 jobs.y.gate: is "soft"; expected one of hard, manual',
    ]);
  });

  it.each([
    ["an empty file", "", "1 the file: is nothing; expected a map of names to values"],
    ["a list", "[]", "1 the file: is a list; expected a map of names to values"],
    ["no jobs", "name: n", "1 jobs: is missing; expected a map of names to values"],
    ["no name", "jobs: {}", "1 name: is missing; expected a text"],
    ["a key that stands twice", "name: a\nname: b\n", '2 "name" stands twice in a map, on line 1 already; keep one'],
    [
      "a job that stands twice",
      "name: n\njobs:\n  a: {command: x}\n  a: {command: y}",
      '4 "a" stands twice in a map, on line 3 already; keep one',
    ],
    ["a tab", "name: n\njobs:\n\ta: {command: x}", "3 Tabs are not allowed as indentation"],
    [
      "a key of another case",
      withJob("command: x, timeoutSeconds: 1"),
      "3 jobs.a.timeoutSeconds: is not a known key; did you mean timeout_seconds?",
    ],
    ["a number for a name", "name: 7\njobs: {}", '1 name: is the number 7; expected a text: write "7" in quotes'],
    ["an empty command", withJob('command: ""'), "3 jobs.a.command: is empty; at least 1 character is needed"],
    ["a command without arguments", withJob("command: []"), "3 jobs.a.command: is empty; at least 1 item is needed"],
    [
      "parameters beside a command",
      withJob("steps: [{command: x, parameters: {a: 1}}]"),
      "3 jobs.a.steps[0]: has command, which is short for step_type and parameters, and one of these too; keep the one or the others",
    ],
    [
      "no time at all",
      withJob("command: x, timeout_seconds: 0"),
      "3 jobs.a.timeout_seconds: is 0; expected more than 0",
    ],
    [
      "more than a day",
      withJob("command: x, timeout_seconds: 86401"),
      "3 jobs.a.timeout_seconds: is 86401; at most 86400 is allowed",
    ],
    [
      "half an attempt",
      withJob("command: x, retry: {max_attempts: 1.5}"),
      "3 jobs.a.retry.max_attempts: is the number 1.5; expected a whole number",
    ],
    [
      "an exit code that there is not",
      withJob("command: x, retry: {on_exit_codes: [256]}"),
      "3 jobs.a.retry.on_exit_codes[0]: is 256; at most 255 is allowed",
    ],
    [
      "a recovery that there is not",
      withJob("command: x, recovery: maybe"),
      '3 jobs.a.recovery: is "maybe"; expected one of operator, idempotent, rerun, probe',
    ],
    [
      "a contract that is none",
      'name: n\ncontract_id: "a b"\njobs: {}',
      '2 contract_id: is "a b"; expected 1 to 128 of A-Z a-z 0-9 . _ - with a letter or digit first',
    ],
    [
      "a step type that is none",
      withJob("steps: [{step_type: Run}]"),
      '3 jobs.a.steps[0].step_type: is "Run"; expected a name such as command.run',
    ],
    ["a merge key", withJob("command: x, <<: {gate: hard}"), "3 jobs.a.<<: is not a known key"],
    [
      "a name with a NUL",
      withJob('command: "a\\0b"'),
      "3 jobs.a.command: has a NUL character or a lone surrogate, which nothing takes",
    ],
  ])("is refused with the reason and the line: %s", (_what, text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it.each(["sandbox_violation", "permanent", "hard_gate_failed", "cancelled", "in_doubt"])(
    "is refused where %s is to be tried again",
    (errorClass) => {
      const [problem] = problemsOf(withJob(`command: x, retry: {on: [${errorClass}]}`));
      expect(problem).toContain(`is "${errorClass}", which is never tried again`);
    },
  );

  it("is refused where its aliases would fill the memory", () => {
    const layers = ["a: &a [1,1,1,1,1,1,1,1,1,1]"];
    for (const [name, of] of ["ba", "cb", "dc", "ed"].map((pair) => [pair[0], pair[1]]))
      layers.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${of}`).join(", ")}]`);
    expect(problemsOf(`${layers.join("\n")}\njobs: *e`)[0]).toMatch(/alias/);
  });

  it("may be as large as the bound and not a byte larger", () => {
    const body = "name: n\njobs: {}\n#";
    const full = body + "x".repeat(PLAN_FILE_LIMITS.fileBytes - body.length);
    expect(problemsOf(full)).toEqual([]);
    expect(problemsOf(`${full}x`)).toEqual([
      "The plan in p.yaml has 8388609 bytes; at most 8388608 are allowed: split it.",
    ]);
  });

  it("may have as many jobs as the bound and not one more", () => {
    expect(readPlan(planOf(LIMITS.jobsPerPlan), "p.yaml").declaration.jobs).toHaveLength(LIMITS.jobsPerPlan);
    expect(problemsOf(planOf(LIMITS.jobsPerPlan + 1))).toEqual([
      "2 jobs: has 10001 jobs; at most 10000 are allowed: split the plan",
    ]);
  });

  it("may have as many needs in all as the bound and not one more", () => {
    const ten = Array.from({ length: 10 }, (_none, at) => `"j${at}":{"command":"c","needs":[${listOf(10_000)}]}`).join(
      ",",
    );
    expect(problemsOf(`{"name":"n","jobs":{${ten}}}`)).toEqual([]);
    expect(problemsOf(`{"name":"n","jobs":{${ten},"k":{"command":"c","needs":["x"]}}}`)).toEqual([
      "1 jobs: need 100001 others in all; at most 100000 are allowed",
    ]);
  });
});
