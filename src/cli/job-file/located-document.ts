import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { Document, ParsedNode } from "yaml";
import type { z } from "zod";
import type { Violation } from "#model";

/** Aliases (`*name`) that a file may resolve; more are taken for an attack on memory. */
const ALIASES = 100;

/** A place in a document: the keys that lead to it. */
export type Keys = readonly PropertyKey[];

/** A YAML or JSON file that knows on which line each of its values stands. */
export interface LocatedDocument {
  /** The value that the text says; undefined if there are problems. */
  readonly value: unknown;
  /** What is wrong with the text itself, each with `file:line`. */
  readonly problems: readonly LocatedProblem[];
  /** The line on which the value under these keys stands, or the nearest that encloses it; 1-based. */
  lineOf(keys: Keys): number;
}

/** A problem and its line. */
export interface LocatedProblem {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/** Reads YAML or JSON, which is YAML too. Values that JSON cannot hold exactly are problems. */
export function locatedDocument(text: string): LocatedDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const faults = [...document.errors, ...document.warnings].map((error) => ({
    line: lineAt(error.pos[0]),
    text: error.message.split(" at line ")[0] ?? error.message,
  }));
  const problems = faults.length > 0 ? faults : [...inexactNumbers(document, lineAt)];
  const read = problems.length > 0 ? { problems } : valueOf(document);
  return { value: undefined, ...read, lineOf: (keys) => lineAt(offsetOf(document, keys)) };
}

function valueOf(document: Document.Parsed): Pick<LocatedDocument, "value" | "problems"> {
  try {
    return { value: document.toJS({ maxAliasCount: ALIASES }), problems: [] };
  } catch (error) {
    return { value: undefined, problems: [{ line: 1, text: error instanceof Error ? error.message : String(error) }] };
  }
}

function inexactNumbers(document: Document.Parsed, lineAt: (offset: number) => number): readonly LocatedProblem[] {
  const problems: LocatedProblem[] = [];
  visit(document, {
    Scalar(_key, { value, range, source }) {
      if (typeof value !== "number" || (Number.isFinite(value) && isExact(value))) return;
      const text = `${source ?? value} is no number that JSON holds exactly; write it in quotes, as text`;
      problems.push({ line: lineAt(range?.[0] ?? 0), text });
    },
  });
  return problems;
}

function isExact(value: number): boolean {
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}

/** Where the key stands, or the item, or whatever is nearest around it. */
function offsetOf(document: Document.Parsed, keys: Keys): number {
  let node: ParsedNode | null = document.contents;
  let offset = node?.range[0] ?? 0;
  for (const key of keys) {
    if (isMap(node)) {
      const pair: { key: unknown; value: unknown } | undefined = node.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(key),
      );
      if (pair === undefined) return offset;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value as ParsedNode | null; // a parsed pair holds parsed nodes
    } else if (isSeq(node)) {
      node = node.items[Number(key)] ?? null;
      offset = node?.range[0] ?? offset;
    } else return offset;
  }
  return offset;
}

/** The problems that a schema found, each key of its own, with their lines. */
export function issueProblems(
  issues: readonly z.core.$ZodIssue[],
  document: Pick<LocatedDocument, "lineOf">,
): readonly LocatedProblem[] {
  return issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys")
      return [{ line: document.lineOf(issue.path), text: told(issue.path, issue.message) }];
    return issue.keys.map((key) => {
      const keys = [...issue.path, key];
      return { line: document.lineOf(keys), text: told(keys, "is not a known key") };
    });
  });
}

/** `steps[2].target: what is wrong` */
export function told(keys: Keys, text: string): string {
  return `${fieldText(keys)}: ${text}`;
}

/** `steps[2].target`; `the file` for the whole. */
function fieldText(keys: Keys): string {
  const text = keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text === "" ? "the file" : text.replace(/^\./, "");
}

/** The keys of a field path such as `steps[2].parameters.argv[0]`. */
export function keysOf(field: string): Keys {
  return [...field.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? (key ?? "") : Number(index),
  );
}

/** In the order of the lines, as violations of `file:line`. */
export function located(file: string, problems: readonly LocatedProblem[]): readonly Violation[] {
  return problems
    .toSorted((one, other) => one.line - other.line)
    .map(({ line, text }) => ({ field: `${file}:${line}`, description: text }));
}
