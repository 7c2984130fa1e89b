import { isCollection, isMap, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { Document, YAMLMap } from "yaml";
import { LIMITS } from "#model";
import { DocumentPlaces } from "./document-places.ts";
import { keysOf, told } from "./field-path.ts";
import type { Keys } from "./field-path.ts";

/** Aliases (`*name`) that a file may resolve; more are taken for an attack on memory. */
const ALIASES = 100;

/** What the engine says when a text is nested deeper than the parser can go. */
const STACK_OVERFLOW = "Maximum call stack size exceeded";

/** Levels around the parameters of a step in a job file: the file, the list of steps, the step. */
const OUTER_LEVELS = 3;

/** A problem and its line. */
export interface LocatedProblem {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/** A YAML or JSON file that knows on which line each of its values stands. */
export interface LocatedDocument {
  /** The value that the text says; undefined if there are problems. */
  readonly value: unknown;
  /** What is wrong with the text itself. */
  readonly problems: readonly LocatedProblem[];
  /** The line of what stands under these keys, or a field path, or the nearest that encloses it; 1-based. */
  lineOf(place: Keys | string): number;
  /** A problem of what stands there. */
  problemAt(keys: Keys, text: string): LocatedProblem;
  /** Whether something stands under these keys. */
  holds(keys: Keys): boolean;
  /** The names of a map's members in the order of the text, which a JavaScript object does not keep. */
  names(keys: Keys): readonly string[];
  /** A number or another plain value exactly as it was written: `1.10`, and not 1.1. */
  written(keys: Keys): string | undefined;
}

/**
 * Reads YAML or JSON, which is YAML too. Whatever JSON cannot hold as it stands is a problem. Names are texts, as they are
 * written. `outerLevels` are levels of nesting that do not count against the limit. Never throws.
 */
export function locatedDocument(text: string, { outerLevels = OUTER_LEVELS } = {}): LocatedDocument {
  try {
    return parsed(text, outerLevels);
  } catch (error) {
    const deep = error instanceof RangeError; // a stack overflow: the parser goes down as deep as the text
    const problem = deep ? "is nested too deep" : `cannot be read: ${error instanceof Error ? error.message : "?"}`;
    return withPlaces({ value: undefined, problems: [{ line: 1, text: `the file: ${problem}` }] }, NOWHERE);
  }
}

type Places = Pick<DocumentPlaces, "lineOf" | "holds" | "names" | "written">;

const NOWHERE: Places = { lineOf: () => 1, holds: () => false, names: () => [], written: () => undefined };

function withPlaces(read: Pick<LocatedDocument, "value" | "problems">, places: Places): LocatedDocument {
  return {
    ...read,
    lineOf: (place) => places.lineOf(typeof place === "string" ? keysOf(place) : place),
    problemAt: (keys, text) => ({ line: places.lineOf(keys), text: told(keys, text) }),
    holds: (keys) => places.holds(keys),
    names: (keys) => places.names(keys),
    written: (keys) => places.written(keys),
  };
}

function parsed(text: string, outerLevels: number): LocatedDocument {
  const lines = new LineCounter();
  // The parser looks for keys that stand twice in time that grows with the square of their number: it is done below.
  const document = parseDocument(text, { lineCounter: lines, stringKeys: true, uniqueKeys: false });
  const places = new DocumentPlaces(document, lines);
  const errors = [...document.errors, ...document.warnings];
  if (errors.some(({ message }) => message.startsWith(STACK_OVERFLOW))) throw new RangeError(STACK_OVERFLOW);
  const faults = errors.map((error) => ({ line: places.lineAt(error.pos[0]), text: faultText(error) }));
  const problems = faults.length > 0 ? faults : notJson(document, { places, outerLevels });
  const value: unknown = problems.length > 0 ? undefined : document.toJS({ maxAliasCount: ALIASES });
  return withPlaces({ value, problems }, places);
}

function faultText({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code === "MULTIPLE_DOCS") return "a second document begins here; a file holds one";
  return message.split(" at line ")[0] ?? message;
}

const JSON_TAGS = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`),
);

/** What YAML can say and JSON cannot, or what would be lost on the way. */
function notJson(
  document: Document.Parsed,
  { places, outerLevels }: { readonly places: DocumentPlaces; readonly outerLevels: number },
): readonly LocatedProblem[] {
  const problems: LocatedProblem[] = [];
  const tell = (offset: number | undefined, text: string): void => {
    problems.push({ line: places.lineAt(offset ?? 0), text });
  };
  visit(document, {
    Value(_key, node, path) {
      const { tag, range } = node;
      if (isCollection(node) && path.filter(isCollection).length > outerLevels + LIMITS.jsonDepth - 1) {
        tell(range?.[0], `is nested deeper than ${LIMITS.jsonDepth} levels`);
        return visit.SKIP;
      }
      if (tag !== undefined && !JSON_TAGS.has(tag)) tell(range?.[0], `the tag ${tag} makes a value that JSON has not`);
      if (isMap(node)) tellRepeated(node, { places, tell });
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

/** Keys that stand twice in a map: one of the two values would be lost. */
function tellRepeated(
  { items }: YAMLMap,
  { places, tell }: { readonly places: DocumentPlaces; readonly tell: (offset: number, text: string) => void },
): void {
  const first = new Map<unknown, number>();
  for (const { key } of items) {
    if (!isScalar(key)) continue;
    const [offset = 0] = key.range ?? [];
    const before = first.get(key.value);
    if (before === undefined) first.set(key.value, offset);
    else
      tell(
        offset,
        `${JSON.stringify(key.value)} stands twice in a map, on line ${places.lineAt(before)} already; keep one`,
      );
  }
}

/** Whether a number is finite, and an integer that is written out has kept all its digits. */
function isHeld(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false;
  return !/^[-+]?\d+$/.test(source) || BigInt(value) === BigInt(source.replace("+", ""));
}
