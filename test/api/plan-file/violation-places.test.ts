import { describe, expect, it } from "vitest";
import { readPlan } from "../../../src/api/plan-file/read-plan.ts";

const PLAN = readPlan(
  `name: n
environment:
  BASE: \${NOBODY}
jobs:
  short:
    command: make all
    environment:
      LEVEL: \${NONE}
  list:
    command: [make, all]
    needs:
      - gone
  long:
    working_directory: sub
    pre_checks:
      - {step_type: check.file_exists, parameters: {path: a}}
    steps:
      - step_type: command.run
        parameters:
          argv:
            - make
            - all
      - command: [ls, -l]
    post_checks:
      - {step_type: check.file_exists, parameters: {path: b}}
    artifacts: ["*.csv"]
`,
  "p.yaml",
);

const at = (field: string) => [{ field, description: "is wrong" }];

describe("what is found wrong with a plan", () => {
  it.each([
    ["jobs.list.needs[0]", "12", "jobs.list.needs[0]"],
    ["jobs.long.steps[0].parameters.argv[1]", "22", "jobs.long.steps[0].parameters.argv[1]"],
    ["jobs.short.steps[0].command", "6", "jobs.short.command"],
    ["jobs.short.environment.LEVEL", "8", "jobs.short.environment.LEVEL"],
    ["jobs.short.environment.BASE", "3", "environment.BASE"],
    ["jobs.list.environment.BASE", "3", "environment.BASE"],
    ["jobs.long.steps[1].working_directory", "14", "jobs.long.working_directory"],
    ["jobs.short.probe", "5", "jobs.short.probe"],
    ["jobs", "4", "jobs"],
  ])("is told by the line on which the cause stands: %s", (field, line, place) => {
    expect(PLAN.locate(at(field))).toEqual([{ field: `p.yaml:${line}`, description: `${place} is wrong` }]);
  });

  it.each([
    ["jobs.short.steps[0].parameters.argv[2]", "6", "jobs.short.command"],
    ["jobs.list.steps[0].parameters.argv[1]", "10", "jobs.list.command[1]"],
    ["jobs.long.pre_checks[0].parameters.path", "16", "jobs.long.pre_checks[0].parameters.path"],
    ["jobs.long.steps[0].parameters.argv[0]", "21", "jobs.long.steps[0].parameters.argv[0]"],
    ["jobs.long.steps[1].parameters.argv[1]", "23", "jobs.long.steps[1].command[1]"],
    ["jobs.long.post_checks[0].step_type", "25", "jobs.long.post_checks[0].step_type"],
    ["jobs.long.artifacts.step_type", "26", "jobs.long.artifacts.step_type"],
    ["jobs.long.steps[0].parameters.environment.BASE", "3", "environment.BASE"],
    ["jobs.short.steps[0].parameters.working_directory", "6", "jobs.short.command"],
    ["jobs.long.steps[0].parameters.working_directory", "14", "jobs.long.working_directory"],
  ])("is told by what the file says where the plan has more than that: %s", (field, line, place) => {
    expect(PLAN.locate(at(field))).toEqual([{ field: `p.yaml:${line}`, description: `${place} is wrong` }]);
  });

  it("is said once where the plan says for all jobs what is wrong in each", () => {
    const twice = [...at("jobs.short.environment.BASE"), ...at("jobs.long.environment.BASE")];
    expect(PLAN.locate(twice)).toEqual([{ field: "p.yaml:3", description: "environment.BASE is wrong" }]);
  });

  it("is left as it is where it does not speak of the file", () => {
    expect(PLAN.locate(at("run_id"))).toEqual(at("run_id"));
  });
});
