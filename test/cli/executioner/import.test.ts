import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { planSchema, readPlan } from "#api";
import { SOURCE_FILE_BYTES } from "../../../src/cli/commands/import-executioner.ts";
import { runCli } from "../../../src/cli/index.ts";
import { compilePlan } from "../../../src/orchestration/plan/compile-plan.ts";
import { fakeHost } from "../support/fake-host.ts";

const EXAMPLE = join(import.meta.dirname, "examples/warehouse.json");

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vb-import-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function run(...argv: readonly string[]) {
  const fake = fakeHost({ argv: ["import", "executioner", ...argv] });
  const code = await runCli(fake.host);
  return { code, out: fake.stdout.text, err: fake.stderr.text };
}

/** Converts a file that says this; notes without the name of the file. */
async function convert(source: unknown, ...flags: readonly string[]) {
  const file = join(directory, "source.json");
  await writeFile(file, typeof source === "string" ? source : JSON.stringify(source));
  const { code, out, err } = await run(file, ...flags);
  return { code, out, err: err.replaceAll(`${file}:`, "").replaceAll(file, "FILE") };
}

interface FilePlan {
  readonly [member: string]: unknown;
  readonly jobs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The plan of one job with these members, and all that is told. */
async function convertJob(job: object, all: object = {}) {
  const source = { application_name: "n", inherit_shell_env: false, ...all, jobs: [{ id: "a", command: "x", ...job }] };
  const { code, out, err } = await convert(source);
  const plan = parse(out) as FilePlan | null;
  return { code, err, plan, job: plan?.jobs["a"] };
}

describe("a whole file of Executioner", () => {
  it("becomes a plan that says the same, is valid, and compiles without a word", async () => {
    const { code, out } = await run(EXAMPLE);
    expect(code).toBe(1);
    expect(parse(out)).toEqual({
      name: "warehouse_load",
      max_workers: 3,
      working_directory: "/srv/warehouse",
      inherit_env: ["HOME", "LANG"],
      environment: { BASE: "/srv/warehouse", OUT: "${BASE}/out", RELEASE: "1.1", DEBUG: "False", EMPTY: "" },
      allow_shell: true,
      defaults: { step_timeout_seconds: 7200 },
      jobs: {
        fetch: {
          description: "Fetches the day's files",
          steps: [{ command: "python3 fetch.py --to ${OUT}", timeout_seconds: 300 }],
          pre_checks: [{ step_type: "check.file_exists", parameters: { path: "${BASE}/fetch.ini" } }],
          retry: {
            max_attempts: 4,
            on: ["transient_io", "unknown"],
            on_exit_codes: [1, 75],
            backoff: { base_seconds: 30, factor: 2, max_seconds: 144, jitter: 0.2 },
            max_elapsed_seconds: 600,
          },
          environment: { DAY: "2026-05-23" },
        },
        load_1: {
          needs: ["fetch"],
          command: "sqlplus -s @load.sql > load.log 2>&1",
          post_checks: [{ step_type: "check.log_clean", parameters: { path: "load.log", patterns: ["ORA-", "SP2-"] } }],
        },
        count: {
          needs: ["fetch"],
          command: "wc -l ${OUT}/day.csv",
          retry: {
            max_attempts: 3,
            on: ["transient_io", "unknown", "timeout"],
            on_exit_codes: [2],
            backoff: { base_seconds: 5, factor: 1.5, jitter: 0.1 },
            max_elapsed_seconds: 1800,
          },
          continue_on_error: true,
        },
        report: { needs: ["load_1", "count"], command: "true" },
      },
    });
    const valid = new Ajv2020().compile(planSchema());
    expect(valid(parse(out)) ? [] : valid.errors).toEqual([]);
    const { declaration } = readPlan(out, "plan.yaml");
    expect(declaration.jobs.map(({ key }) => key)).toEqual(["fetch", "load_1", "count", "report"]);
    expect(compilePlan(declaration, { inherited: {}, overrides: {} }).violations).toEqual([]);
  });

  it("has everything told that the plan does not have or has otherwise, each with its line", async () => {
    const { err } = await run(EXAMPLE);
    const mail = "has no counterpart and was left out: a plan sends mail only with a step of its own";
    expect(err.replaceAll(`${EXAMPLE}:`, "").trimEnd().split("\n")).toEqual([
      "left out: 33  jobs[0].post_checks[0].params.log_file: names several files and was left out; a check looks at one, so add one for each",
      `left out: 61  jobs[3].email_on_success: ${mail}`,
      `left out: 11  email_address: ${mail}`,
      `left out: 12  email_on_failure: ${mail}`,
      `left out: 13  smtp_server: ${mail}`,
      `left out: 14  smtp_password: ${mail}; keep it as a secret of the server, and take it out of the file`,
      "left out: 8  security_policy: has no counterpart and was left out: what may run is said by the server's configuration",
      "left out: 9  log_dir: has no counterpart and was left out: outputs are evidence, which `verbatim show` reads",
      "left out: 24  dependency_plugins: has no counterpart and was left out: a job waits for jobs alone",
      'changed: 43  jobs[1].id: is "load 1", which no key can be; in the plan it is load_1',
      "changed: 40  jobs[0].retry_on_exit_codes: narrows what is tried again: class and exit code have to match both, and what has no exit code is not tried again",
      'changed: 44  jobs[1].command: has ">", which means something to a shell; it is left to a shell, by allow_shell: true',
      "changed: 49  jobs[2].retry_on_exit_codes: narrows what is tried again: class and exit code have to match both, and what has no exit code is not tried again",
      "changed: 58  jobs[3].command: is empty; the plan runs true, which does nothing and succeeds",
    ]);
    expect(err).not.toContain("hunter2");
  });

  it("ends with exit code 0 where leaving things out was said to be all right", async () => {
    const out = join(directory, "plan.yaml");
    expect((await run(EXAMPLE, "--lossy", "--out", out)).code).toBe(0);
    expect(await readFile(out, "utf8")).toMatch(
      /^# Made of .*warehouse\.json by `verbatim import executioner`\.\nname: /,
    );
  });

  it("is told as JSON beside the plan, which then needs a file of its own", async () => {
    const out = join(directory, "plan.yaml");
    const told = await run(EXAMPLE, "--json", "--out", out);
    expect(told.code).toBe(1);
    expect(JSON.parse(told.out)).toMatchObject({
      plan: out,
      left_out: expect.arrayContaining([
        { place: `${EXAMPLE}:9`, text: expect.stringMatching(/^log_dir: /) as string },
      ]) as object,
    });
    expect((await run(EXAMPLE, "--json")).code).toBe(2);
  });

  it("is never written over a plan that is there", async () => {
    const out = join(directory, "plan.yaml");
    await writeFile(out, "mine");
    expect(await run(EXAMPLE, "--out", out)).toMatchObject({ code: 2, out: "" });
    expect(await readFile(out, "utf8")).toBe("mine");
  });
});

describe("what a setting of Executioner becomes", () => {
  it.each([
    ["one job at a time", {}, { max_workers: 1 }],
    ["one job at a time, whatever the workers", { parallel: false, max_workers: 8 }, { max_workers: 1 }],
    ["several at a time", { parallel: true, max_workers: 8 }, { max_workers: 8 }],
    ["its own limit where none is named", {}, { defaults: { step_timeout_seconds: 10_800 } }],
    [
      "the usual names",
      { inherit_shell_env: "default" },
      { inherit_env: expect.arrayContaining(["PATH", "TZ"]) as object },
    ],
  ])("is a plan with %s", async (_what, all, expected) => {
    expect((await convertJob({}, all)).plan).toMatchObject(expected);
  });

  it("is the names that the file speaks of, where the whole shell was handed on", async () => {
    const { plan, err, code } = await convertJob(
      { command: "sync ${FROM} $TO ${OWN}", env_variables: { OWN: "1" } },
      { inherit_shell_env: true },
    );
    expect(plan).toMatchObject({ inherit_env: ["FROM", "TO"] });
    expect(code).toBe(1);
    expect(err).toContain("inherit_shell_env: the whole environment of the shell is not handed on");
  });

  it("leaves a command to a shell only if it needs one, and says which", async () => {
    expect(
      (await convertJob({ command: "make 'a | b' ${HOME}" }, { inherit_shell_env: ["HOME"] })).plan,
    ).not.toHaveProperty("allow_shell");
    for (const command of ["a | b", "cd /tmp", "A=1 make", "echo $HOME", "rm *.tmp", "a && b", "echo `date`"]) {
      const { plan, err } = await convertJob({ command });
      expect(plan).toMatchObject({ allow_shell: true });
      expect(err).toMatch(/^changed: 1 {2}jobs\[0\]\.command: .* it is left to a shell, by allow_shell: true$/m);
    }
    const { plan, err, code } = await convertJob({ command: "a | b" }, { allow_shell: false });
    expect([plan?.["allow_shell"], code]).toEqual([undefined, 1]);
    expect(err).toContain("allow_shell: is false, and commands need a shell");
  });

  it.each([
    [
      { max_retries: 2 },
      { max_attempts: 3, on: ["transient_io", "unknown", "timeout"], backoff: { base_seconds: 30 } },
    ],
    [
      { max_retries: 1, retry_on_status: ["TIMEOUT"] },
      { max_attempts: 2, on: ["timeout"] },
    ],
    [
      { max_retries: 1, retry_on_status: [], retry_on_exit_codes: [99] },
      { on: ["unknown"], on_exit_codes: [99] },
    ],
    [{ max_retries: 1, retry_delay: 0, max_retry_time: 0 }, { backoff: { base_seconds: 0.001 } }],
    [{ max_retries: 9, retry_delay: 100, retry_backoff: 1 }, { backoff: { max_seconds: 110 } }],
    [{ max_retries: 0, retry_delay: 5 }, undefined],
    [{ max_retries: 3, retry_on_status: [] }, undefined],
    [{}, undefined],
  ])("is a retry that waits and ends alike: %j", async (members, expected) => {
    const { job } = await convertJob(members);
    if (expected === undefined) expect(job).not.toHaveProperty("retry");
    else expect(job?.["retry"]).toMatchObject(expected);
  });
});

describe("a variable of Executioner", () => {
  it("is the text that it was handed on as", async () => {
    const variables = '{"A": 1.10, "B": 2.0, "C": 7, "D": true, "E": "", "F": "a=b,c"}';
    const { out } = await convert(`{"application_name": "n", "jobs": [], "env_variables": ${variables}}`);
    expect((parse(out) as FilePlan)["environment"]).toEqual({
      A: "1.1",
      B: "2.0",
      C: "7",
      D: "True",
      E: "",
      F: "a=b,c",
    });
  });
});

describe("nothing of a file of Executioner", () => {
  it.each([
    ["the file", { surprise: 1 }, {}, "surprise"],
    ["a job", {}, { surprise: 1 }, "jobs[0].surprise"],
    ["a retry", {}, { retry_config: { max_retries: 1, surprise: 1 } }, "jobs[0].retry_config.surprise"],
    [
      "a check",
      {},
      { pre_checks: [{ name: "check_file_exists", params: { path: "a" }, surprise: 1 }] },
      "jobs[0].pre_checks[0].surprise",
    ],
    [
      "what a check is given",
      {},
      { pre_checks: [{ name: "check_file_exists", params: { path: "a", surprise: 1 } }] },
      "jobs[0].pre_checks[0].params.surprise",
    ],
  ])("is dropped in silence, in %s", async (...[, all, job, path]) => {
    const { err, code } = await convertJob(job, all);
    expect(err).toContain(`left out: 1  ${path}: is not known and was left out\n`);
    expect(code).toBe(1);
  });

  it.each([
    [{ timeout: 0 }, "jobs[0].timeout: is 0, which is no limit, and was left out"],
    [{ timeout: 100_000 }, "jobs[0].timeout: is 100000; a plan has at most 86400, and so it has these"],
    [{ timeout: "9" }, "jobs[0].timeout: is not a number and was left out"],
    [{ max_retries: 200 }, "jobs[0].max_retries: is 200; a plan has 0 to 99, and so it has 99"],
    [
      { max_retries: 1, retry_on_status: ["DONE"] },
      "jobs[0].retry_on_status[0]: is no status that can be tried again and was left out",
    ],
    [
      { max_retries: 1, retry_on_exit_codes: [300] },
      "jobs[0].retry_on_exit_codes[0]: is no exit code, 0 to 255, and was left out",
    ],
    [{ env_variables: { "A-B": "1" } }, "jobs[0].env_variables.A-B: is no name of a variable and was left out"],
    [
      { env_variables: { A: null } },
      "jobs[0].env_variables.A: is neither a text nor a number, true or false, and was left out",
    ],
    [
      { post_checks: [{ name: "check_moon", params: {} }] },
      'jobs[0].post_checks[0]: "check_moon" has no counterpart and was left out; look with a step such as check.command',
    ],
    [{ post_checks: ["x"] }, "jobs[0].post_checks[0]: is no check, which has a name and params, and was left out"],
    [{ post_checks: [{ name: "check_file_exists" }] }, "jobs[0].post_checks[0]: has no params.path and was left out"],
  ])("is bent into shape in silence: %j", async (job, note) => {
    const { err, code } = await convertJob(job);
    expect(err).toContain(`left out: 1  ${note}\n`);
    expect(code).toBe(1);
  });

  it("is guessed where the plan would do something else: all problems are told, and there is no plan", async () => {
    const { code, out, err } = await convert(`{"application_name": "n",
"jobs": [
{"id": "a", "command": "x", "dependencies": ["nobody"]},
{"id": "a", "command": "x"},
{"command": "x"},
7,
{"id": "b"}
]}`);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toBe(`verbatim: No plan can be made of FILE.
  4  jobs[1].id: is "a", which another job has already; give each its own
  5  jobs[2]: has no id; each job needs one
  6  jobs[3]: has no id; each job needs one
  3  jobs[0].dependencies[0]: is "nobody", and there is no job with this id; correct it, or take it away
  7  jobs[4].command: is missing, or is no text; a job has to have one
`);
  });

  it.each([
    ["[]", "  1  jobs: is missing, or is no list; is this a file of Executioner?\n"],
    ['{"jobs": [], "jobs": []}', '  1  "jobs" stands twice in a map, on line 1 already; keep one\n'],
    ['{"jobs": [', "  1  Flow "],
  ])("is made of what is no file of it: %s", async (text, problem) => {
    const { code, err } = await convert(text);
    expect(code).toBe(2);
    expect(err).toContain(problem);
  });

  it("is read beyond the bound on its size", async () => {
    const text = `{"application_name":"n","inherit_shell_env":false,"jobs":[]}`;
    expect((await convert(text.padEnd(SOURCE_FILE_BYTES))).code).toBe(0);
    const { code, err } = await convert(text.padEnd(SOURCE_FILE_BYTES + 1));
    expect(code).toBe(2);
    expect(err).toContain(`has 8388609 bytes; at most 8388608 are converted`);
  });
});

describe("an id that no key can be", () => {
  it("becomes a key that no other job has", async () => {
    const ids = ["a b", "a_b", "-x", "", "é".repeat(70)];
    const { out, err } = await convert({ application_name: "n", jobs: ids.map((id) => ({ id, command: "x" })) });
    expect(Object.keys((parse(out) as FilePlan).jobs)).toEqual([
      "a_b",
      "a_b-2",
      "job-x",
      "job",
      `job${"_".repeat(61)}`,
    ]);
    expect(err.match(/which no key can be/g)).toHaveLength(5);
  });
});
