import { isCollection, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { Document, ParsedNode } from "yaml";
import type { z } from "zod";
import type { Violation } from "#model";
import { LIMITS } from "#model";

/** Aliases (`*name`) that a file may resolve; more are taken for an attack on memory. */
const ALIASES = 100;

/** What the engine says when a text is nested deeper than the parser can go. */
const STACK_OVERFLOW = "Maximum call stack size exceeded";

/** Levels around the parameters of a step: the file, the list of steps, the step. */
const OUTER_LEVELS = 3;

/** Problems told of one file; more are counted. */
const PROBLEMS_TOLD = 1000;

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

/** Reads YAML or JSON, which is YAML too. Whatever JSON cannot hold as it stands is a problem. Never throws. */
export function locatedDocument(text: string): LocatedDocument {
  try {
    return parsed(text);
  } catch (error) {
    const deep = error instanceof RangeError; // a stack overflow: the parser goes down as deep as the text
    const problem = deep ? "is nested too deep" : `cannot be read: ${error instanceof Error ? error.message : "?"}`;
    return { value: undefined, problems: [{ line: 1, text: `the file: ${problem}` }], lineOf: () => 1 };
  }
}

function parsed(text: string): LocatedDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineAt: LineAt = (offset) => Math.max(1, lines.linePos(offset).line);
  const errors = [...document.errors, ...document.warnings];
  if (errors.some(({ message }) => message.startsWith(STACK_OVERFLOW))) throw new RangeError(STACK_OVERFLOW);
  const faults = errors.map((error) => ({ line: lineAt(error.pos[0]), text: faultText(error) }));
  const problems = faults.length > 0 ? faults : [...notJson(document, lineAt)];
  const value: unknown = problems.length > 0 ? undefined : document.toJS({ maxAliasCount: ALIASES });
  return { value, problems, lineOf: (keys) => lineAt(offsetOf(document, keys)) };
}

type LineAt = (offset: number) => number;

function faultText({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code === "MULTIPLE_DOCS") return "a second document begins here; a file holds one";
  return message.split(" at line ")[0] ?? message;
}

const JSON_TAGS = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`),
);

/** What YAML can say and JSON cannot, or what would be lost on the way. */
function notJson(document: Document.Parsed, lineAt: LineAt): readonly LocatedProblem[] {
  const problems: LocatedProblem[] = [];
  const tell = (offset: number | undefined, text: string): void => {
    problems.push({ line: lineAt(offset ?? 0), text });
  };
  visit(document, {
    Value(_key, node, path) {
      const { tag, range } = node;
      if (isCollection(node) && path.filter(isCollection).length > OUTER_LEVELS + LIMITS.jsonDepth - 1) {
        tell(range?.[0], `is nested deeper than ${LIMITS.jsonDepth} levels`);
        return visit.SKIP;
      }
      if (tag !== undefined && !JSON_TAGS.has(tag)) tell(range?.[0], `the tag ${tag} makes a value that JSON has not`);
      if (!isScalar(node) || typeof node.value !== "number") return undefined;
      const { value, source = String(value) } = node;
      if (!isHeld(value, source))
        tell(range?.[0], `${source} is no number that JSON holds; write it in quotes, as text`);
      return undefined;
    },
    Pair(_key, { key }) {
      if (isScalar(key) && key.value === "__proto__") tell(key.range?.[0], "__proto__ cannot be the name of a member");
    },
    Alias(_key, alias) {
      const [offset = 0] = alias.range ?? [];
      const [start = 0, , end = 0] = alias.resolve(document)?.range ?? [];
      if (start <= offset && offset < end) tell(offset, `*${alias.source} stands for what encloses it, without end`);
    },
  });
  return problems;
}

/** Whether a number is finite, and an integer that is written out has kept all its digits. */
function isHeld(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false;
  return !/^[-+]?\d+$/.test(source) || BigInt(value) === BigInt(source.replace("+", ""));
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

/** In the order of the lines, as violations of `file:line`; the first 1,000, and how many more. */
export function located(file: string, problems: readonly LocatedProblem[]): readonly Violation[] {
  const listed = problems
    .toSorted((one, other) => one.line - other.line)
    .slice(0, PROBLEMS_TOLD)
    .map(({ line, text }) => ({ field: `${file}:${line}`, description: text }));
  const left = problems.length - listed.length;
  return left > 0 ? [...listed, { field: file, description: `${left} more` }] : listed;
}
