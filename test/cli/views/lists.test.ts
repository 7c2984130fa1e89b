import { describe, expect, it } from "vitest";
import { plain } from "../../../src/cli/text/paint.ts";
import { findingsText } from "../../../src/cli/views/findings.ts";
import { runListJson, runListText } from "../../../src/cli/views/run-list.ts";
import { scheduleListText } from "../../../src/cli/views/schedule-list.ts";
import { stepTypesText } from "../../../src/cli/views/step-types.ts";

const STYLE = { paint: plain, columns: Infinity };

describe("the list of runs", () => {
  const runs = [
    { runId: "job-12", complete: false, log: { records: 3, head: "aaaa" } },
    { runId: "a\u001Bb", complete: true, log: { records: 20_004, head: "bbbb" } },
  ];

  it("has one line a run, newest first, with its state in a word", () => {
    expect(runListText({ runs, more: true }, STYLE)).toBe(`▸ open   job-12       3 rec.  aaaa
■ ended  a\\u{1b}b  20004 rec.  bbbb
... there may be more; --limit lists more
`);
  });

  it("says so where there is none, and keeps to the columns of a terminal", () => {
    expect(runListText({ runs: [], more: false }, STYLE)).toBe("No runs.\n");
    expect(runListText({ runs: runs.slice(0, 1), more: false }, { paint: plain, columns: 20 })).toBe(
      "▸ open   job-12    …\n",
    );
  });

  it("is told to programs with whole numbers and the names of the log", () => {
    expect(runListJson({ runs: runs.slice(0, 1), more: false })).toEqual({
      runs: [{ run_id: "job-12", complete: false, records: 3, head: "aaaa" }],
      more: false,
    });
  });
});

describe("the findings of the doctor", () => {
  it("stand on a line each, what has several lines below one another", () => {
    const text = findingsText(
      [
        { name: "node", status: "ok", detail: "Node 26" },
        { name: "sync", status: "warning", detail: "slow" },
        { name: "configuration", status: "failed", detail: "not valid:\n  a.yaml:1  x\u0007" },
      ],
      STYLE,
    );
    expect(text).toBe(`✓ ok       node           Node 26
! warning  sync           slow
✗ failed   configuration  not valid:
                          a.yaml:1  x\\u{7}
`);
  });
});

describe("the list of step types", () => {
  it("names each parameter, whether it is required, and what it means", () => {
    const parameters = {
      type: "object",
      properties: { argv: { description: "The program." }, directory: {} },
      required: ["argv"],
    };
    expect(stepTypesText([{ name: "command.run", parameters }], STYLE)).toBe(`command.run
  argv                  required  The program.
  directory
`);
  });

  it("says what to do where none is allowed", () => {
    expect(stepTypesText([], STYLE)).toMatch(/^No step types: .*`steps`/);
  });
});

describe("the list of schedules", () => {
  it("has one line a schedule, with the time of its next firing, and nothing that a terminal obeys", () => {
    const common = { plan: "/p.yaml", cron: "0 3 * * *", time_zone: "UTC", overlap: "skip" };
    const text = scheduleListText([
      { ...common, name: "nightly", enabled: true, next_at: "2026-01-04T03:00:00.000Z" },
      { ...common, name: "off", enabled: false, plan: "/\u001B.yaml" },
    ]);
    expect(text).toBe(`NAME     NEXT                      CRON       ZONE  PLAN
nightly  2026-01-04T03:00:00.000Z  0 3 * * *  UTC   /p.yaml
off      not enabled               0 3 * * *  UTC   /\\u{1b}.yaml
`);
    expect(scheduleListText([])).toMatch(/^No schedules/);
  });
});
