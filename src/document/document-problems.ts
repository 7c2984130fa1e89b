import type { z } from "zod";
import type { Violation } from "#model";
import type { LocatedDocument, LocatedProblem } from "./located-document.ts";
import { knownNames, nearestName } from "./known-names.ts";

/** Problems told of one file; more are counted. */
const PROBLEMS_TOLD = 1000;

/** The problems that a schema found, each key of its own, with their lines. With the schema, a key that was perhaps meant is named. */
export function issueProblems(
  issues: readonly z.core.$ZodIssue[],
  document: Pick<LocatedDocument, "problemAt">,
  schema?: z.core.$ZodType,
): readonly LocatedProblem[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      const names = schema === undefined ? [] : knownNames(schema, issue.path);
      return issue.keys.map((key) => document.problemAt([...issue.path, key], unknownKey(key, names)));
    }
    const inner = issue.code === "invalid_union" ? innerIssues(issue) : [];
    if (inner.length > 0) return issueProblems(inner, document, schema);
    return [document.problemAt(issue.path, issue.message)];
  });
}

function unknownKey(key: string, names: readonly string[]): string {
  const meant = nearestName(key, names);
  return `is not a known key${meant === undefined ? "" : `; did you mean ${meant}?`}`;
}

/** What is wrong inside the one of several forms that fits on the outside. */
function innerIssues({ path, errors }: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] {
  const fitting = errors.filter((issues) =>
    issues.every((issue) => issue.code !== "invalid_type" || issue.path.length > 0),
  );
  const [only, ...others] = fitting;
  if (only === undefined || others.length > 0) return [];
  return only.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
}

/** In the order of the lines, as violations of `file:line`; the first 1,000, and how many more. */
export function located(file: string, problems: readonly LocatedProblem[]): readonly Violation[] {
  const listed = problems
    .toSorted((one, other) => one.line - other.line)
    .slice(0, PROBLEMS_TOLD)
    .map(({ line, text }) => ({ field: `${file}:${line}`, description: text }));
  const left = problems.length - listed.length;
  return left > 0 ? [...listed, { field: file, description: `${left} more` }] : listed;
}
