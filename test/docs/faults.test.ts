import { describe, expect, test } from "vitest";
import { FAULTS } from "#model";
import type { FaultCode } from "#model";
import { EXIT, EXIT_OF_FAULT } from "../../src/cli/exit-codes.ts";
import { EVENT_TYPES } from "../../src/evidence/record.ts";
import { markedTable, textOf } from "./support/documents.ts";

const ENTRIES = textOf("docs/errors.md")
  .split(/^## /m)
  .slice(1)
  .map((entry) => ({ title: entry.split("\n")[0] ?? "", text: entry }));
const CODES = Object.keys(FAULTS) as FaultCode[]; // the keys of the table are its codes

describe("docs/errors.md has the faults of the table", () => {
  test("each fault has exactly one entry, in the order of the table", () => {
    const titles = ENTRIES.map(({ title }) => title).filter((title) => /^[A-Z_]+$/.test(title));
    expect(titles).toEqual(CODES);
  });

  test.each(CODES)("the entry of %s tells its gRPC status, its exit code, what it means and what to do", (code) => {
    const text = ENTRIES.find(({ title }) => title === code)?.text ?? "";
    expect(text).toContain(`|---|---|\n| ${FAULTS[code]} | ${EXIT_OF_FAULT[code]} |\n`);
    expect(text).toMatch(/^Means: \S/m);
    expect(text).toMatch(/^Do: \S/m);
  });

  test("each class of a failed step is explained, and no other", () => {
    const section = ENTRIES.at(-1)?.text ?? "";
    const explained = [...section.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name ?? "");
    const declared = /export const ERROR_CLASSES = \[([\s\S]*?)\]/.exec(textOf("src/model/step.ts"))?.[1] ?? "";
    const classes = [...declared.matchAll(/"([a-z_]+)"/g)].map(([, name]) => name ?? "");
    expect(classes.length).toBeGreaterThan(5);
    expect([...new Set(explained)].filter((name) => name !== "error_class").toSorted()).toEqual(classes.toSorted());
  });
});

test("the README lists each exit code of the command line, and no other", () => {
  const codes = markedTable(textOf("README.md"), "exit codes").map(([code]) => Number(code));
  expect(codes).toEqual([...new Set<number>(Object.values(EXIT))].toSorted((one, other) => one - other));
});

test("docs/evidence-format.md speaks of record types that there are, and of all that a job leaves", () => {
  const rows = textOf("docs/evidence-format.md").split("## The records of a job")[1]?.split("\n## ")[0] ?? "";
  const named = [...rows.matchAll(/`((?:run|job|step|log)\.[a-z_]+)`/g)].map(([, type]) => type ?? "");
  expect(named.filter((type) => !EVENT_TYPES.some((known) => known === type))).toEqual([]);
  for (const type of ["run.created", "step.started", "step.in_doubt", "job.failed", "log.recovered", "run.completed"])
    expect(named).toContain(type);
});
