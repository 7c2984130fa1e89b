import { posix } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Surroundings, Term, Value, Values } from "./terms.ts";
import { applied, isOperation, MAX_DEPTH, MAX_VALUES, UNKNOWN } from "./terms.ts";
import { callMethod, callStatic, textOf } from "./methods.ts";

/** Computes all values that the term can have. */
export function evaluate(term: Term | undefined, at: Surroundings, depth = 0): Values {
  if (term === null || term === undefined || depth > MAX_DEPTH) return UNKNOWN;
  if (typeof term === "string" || typeof term === "number") return { values: [term], open: false };
  const [operation, ...operands] = term;
  const inner = (part: Term | undefined): Values => evaluate(part, at, depth + 1);
  const from = (
    parts: readonly (Term | undefined)[],
    make: (...values: readonly Value[]) => Value | undefined,
  ): Values => combined(parts.map(inner), make);
  switch (operation) {
    case "any":
      return united(operands.map((part) => inner(part)));
    case "cat":
      return from(operands, (...values) => joined(values));
    case "list":
      return from(operands, (...list) => ({ list }));
    case "record": {
      const keys = operands.filter((_, index) => index % 2 === 0).map(String);
      return from(
        operands.filter((_, index) => index % 2 === 1),
        (...values) => ({ record: Object.fromEntries(keys.map((key, index) => [key, values[index] ?? ""])) }),
      );
    }
    case "get":
      return getMember(operands[0] ?? null, operands[1] ?? null, { at, depth });
    case "each": {
      const { values, open } = inner(operands[0]);
      return { values: values.flatMap(itemsOf), open: open || values.some((value) => !isList(value)) };
    }
    case "url":
      return from(operands, (spec, base) => urlOf(spec, base));
    case "meta":
      return { values: [metaOf(String(operands[0]), at)], open: false };
    case "static":
      return from(operands.slice(1), (...args) => callStatic(String(operands[0]), args, at.cwd));
    case "call":
      return from(operands.slice(1), (target, ...args) =>
        target === undefined ? undefined : callMethod(String(operands[0]), target, args),
      );
    case "import":
      return united(
        at.imported(String(operands[0]), String(operands[1])).map((found) => evaluate(found.term, found.at, depth + 1)),
        UNKNOWN,
      );
    case "apply":
      return apply(operands, at, depth);
    case "in":
      return evaluate(operands[1], at.elsewhere(String(operands[0])), depth + 1);
    default:
      // A parameter that no call was put in for, or a function that is not called.
      return UNKNOWN;
  }
}

function apply([callee, ...args]: readonly Term[], at: Surroundings, depth: number): Values {
  const functions = functionsOf(callee ?? null, at, depth);
  return united(
    functions.map(({ term, at: home }) => {
      if (!isOperation(term) || term[0] !== "function") return UNKNOWN;
      const [, id, body] = term;
      // What is handed in is computed where the call stands, the rest where the function stands.
      const given = args.map((arg): Term => (home.path === at.path ? arg : ["in", at.path, arg]));
      return evaluate(applied(body ?? null, Number(id), given), home, depth + 1);
    }),
    UNKNOWN,
  );
}

interface Found {
  readonly term: Term;
  readonly at: Surroundings;
}

/** The functions that a callee can be: written there, imported, or a member of an imported record. */
function functionsOf(callee: Term, at: Surroundings, depth: number): readonly Found[] {
  if (depth > MAX_DEPTH || !isOperation(callee)) return [];
  if (callee[0] === "import")
    return at
      .imported(String(callee[1]), String(callee[2]))
      .flatMap((each) => functionsOf(each.term, each.at, depth + 1));
  if (callee[0] === "any") return callee.slice(1).flatMap((each) => functionsOf(each ?? null, at, depth + 1));
  if (callee[0] === "get") return members(callee[1] ?? null, callee[2] ?? null, { at, depth }) ?? [];
  return [{ term: callee, at }];
}

interface Where {
  readonly at: Surroundings;
  readonly depth: number;
}

/** Picks a member without computing the others: a record may hold what nobody can know beside what is asked for. */
function getMember(target: Term, key: Term, { at, depth }: Where): Values {
  const parts = members(target, key, { at, depth });
  if (parts !== undefined)
    return united(
      parts.map((each) => evaluate(each.term, each.at, depth + 1)),
      UNKNOWN,
    );
  return combined([evaluate(target, at, depth + 1), evaluate(key, at, depth + 1)], memberOf);
}

function members(target: Term, key: Term, { at, depth }: Where): Found[] | undefined {
  if (!isOperation(target) || depth > MAX_DEPTH) return undefined;
  if (target[0] === "import") {
    const found = at.imported(String(target[1]), String(target[2])).map((each) => {
      const term: Term = ["get", each.term, ["in", at.path, key]];
      return { term, at: each.at };
    });
    return found.length === 0 ? undefined : found;
  }
  if (target[0] === "any") return target.slice(1).map((part) => ({ term: ["get", part, key], at }));
  if (target[0] !== "record") return undefined;
  const keys = evaluate(key, at, depth + 1);
  if (keys.open) return undefined;
  return keys.values.map((name) => {
    const index = target.findIndex((part, position) => position % 2 === 1 && part === textOf(name));
    return { term: index < 0 ? null : (target[index + 1] ?? null), at };
  });
}

function memberOf(target?: Value, key?: Value): Value | undefined {
  if (target === undefined || key === undefined) return undefined;
  if (typeof target === "object" && "list" in target) {
    return key === "length" ? target.list.length : target.list.at(Number(key));
  }
  if (typeof target === "object" && "record" in target) {
    return Object.hasOwn(target.record, textOf(key)) ? target.record[textOf(key)] : undefined;
  }
  if (typeof target === "object") {
    if (key === "href") return target.url;
    if (key === "pathname") return new URL(target.url).pathname;
    return undefined;
  }
  if (typeof target === "string") return key === "length" ? target.length : target[Number(key)];
  return undefined;
}

function metaOf(which: string, { path }: Surroundings): string {
  if (which === "url") return pathToFileURL(path).href;
  return which === "dirname" ? posix.dirname(path) : path;
}

function urlOf(spec?: Value, base?: Value): Value | undefined {
  const text = spec === undefined ? undefined : textOf(spec);
  const against = base === undefined ? undefined : textOf(base);
  if (text === undefined || !URL.canParse(text, against)) return undefined;
  return { url: new URL(text, against).href };
}

function joined(values: readonly Value[]): Value | undefined {
  if (values.length > 0 && values.every((value) => typeof value === "number"))
    return values.reduce((sum, value) => sum + value, 0);
  return values.map(textOf).join("");
}

function isList(value: Value): value is { readonly list: readonly Value[] } {
  return typeof value === "object" && "list" in value;
}

function itemsOf(value: Value): readonly Value[] {
  return isList(value) ? value.list : [];
}

/** All combinations of the parts' values; where `make` has no answer the result is open. */
function combined(parts: readonly Values[], make: (...values: readonly Value[]) => Value | undefined): Values {
  let open = parts.some((part) => part.open);
  let rows: Value[][] = [[]];
  for (const { values } of parts) {
    rows = rows.flatMap((row) => values.map((value) => [...row, value]));
    if (rows.length > MAX_VALUES) {
      rows.length = MAX_VALUES;
      open = true;
    }
  }
  const made = rows.map((row) => make(...row));
  return { values: made.filter((value) => value !== undefined), open: open || made.includes(undefined) };
}

function united(parts: readonly Values[], none: Values = { values: [], open: false }): Values {
  if (parts.length === 0) return none;
  const values = parts.flatMap((part) => part.values);
  return { values: values.slice(0, MAX_VALUES), open: parts.some((part) => part.open) || values.length > MAX_VALUES };
}

/** What a value names as a module or a file: the text itself, or that of the URL. */
export function specifierOf(value: Value): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "object" && "url" in value ? value.url : undefined;
}

/** The path of a file URL. */
export function pathOfUrl(text: string): string | undefined {
  try {
    return fileURLToPath(text.replace(/[?#].*$/, ""));
  } catch {
    return undefined;
  }
}
