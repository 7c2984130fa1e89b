import type { Facts, Use } from "../source/facts.ts";
import { evaluate, specifierOf } from "../source/evaluate.ts";
import type { Surroundings, Term } from "../source/terms.ts";
import { applied, isOperation, openFunctions } from "../source/terms.ts";
import type { Spot } from "../source/syntax.ts";

/** A function hands what it gets through at most this many others. */
const MAX_WRAPPERS = 8;
/** One use leads to at most this many places through the functions that wrap it. */
const MAX_CALLS = 2000;

/** One thing that a use names, at the place that says so: the use itself, or the call of a function around it. */
export interface NamedThing extends Spot {
  readonly file: string;
  readonly specifier: string;
  /** The file from which a relative name counts. */
  readonly from: string;
  readonly use: Use;
}

/** What uses name. */
export interface LinkedUses {
  readonly named: readonly NamedThing[];
  /** Uses all of whose values are known, as `file index`. */
  readonly followed: ReadonlySet<string>;
}

/** What linking works with. */
export interface LinkParts {
  readonly files: readonly string[];
  facts(file: string): Facts;
  surroundings(file: string): Surroundings;
  /** The files of the project that the specifier leads to from there. */
  targets(file: string, specifier: string): readonly string[];
}

/** A call with what it hands to the function. */
interface CallSite extends Spot {
  readonly file: string;
  readonly args: readonly Term[];
}

/** Computes what every use names, also through functions that hand their parameters to it. */
export function linkUses(parts: LinkParts): LinkedUses {
  const named: NamedThing[] = [];
  const followed = new Set<string>();
  let sites: Map<string, CallSite[]> | undefined;
  for (const file of parts.files) {
    for (const [index, use] of parts.facts(file).uses.entries()) {
      if (openFunctions(use.term).size === 0) {
        const { values, open } = evaluate(use.term, parts.surroundings(file));
        const specifiers = values.map(specifierOf).filter((each) => each !== undefined);
        for (const specifier of new Set(specifiers)) named.push({ ...spotOf(use), file, from: file, specifier, use });
        if (!open && specifiers.length === values.length && values.length > 0) followed.add(`${file} ${index}`);
        continue;
      }
      sites ??= collectSites(parts);
      const linked = throughCalls({ file, use }, sites, parts);
      named.push(...linked.named);
      if (linked.isComplete) followed.add(`${file} ${index}`);
    }
  }
  return { named, followed };
}

function spotOf({ line, column }: Spot): Spot {
  return { line, column };
}

interface Wrapped extends Spot {
  /** The file whose parameters are still in the term. */
  readonly file: string;
  readonly term: Term;
  readonly depth: number;
}

/** Puts in what each call hands over, from call to call, until nothing is left to put in. */
function throughCalls(
  { file, use }: { readonly file: string; readonly use: Use },
  sites: ReadonlyMap<string, readonly CallSite[]>,
  parts: LinkParts,
): { readonly named: NamedThing[]; readonly isComplete: boolean } {
  const named: NamedThing[] = [];
  let isComplete = true;
  const open: Wrapped[] = [{ ...spotOf(use), file, term: ["in", parts.surroundings(file).path, use.term], depth: 0 }];
  for (const { file: at, term, depth, ...spot } of open) {
    const [fn] = openFunctions(term);
    const { values, open: isOpen } = evaluate(term, parts.surroundings(at));
    const specifiers = new Set(values.map(specifierOf).filter((each) => each !== undefined));
    for (const specifier of specifiers) named.push({ ...spot, file: at, from: file, specifier, use });
    if (fn === undefined || depth > MAX_WRAPPERS || open.length > MAX_CALLS) {
      if (isOpen) isComplete = false;
      continue;
    }
    // Whoever exports the function, or hands it on, may have callers that nobody sees.
    isComplete = false;
    for (const site of sites.get(`${at} ${fn}`) ?? []) {
      const args = site.args.map((arg): Term =>
        site.file === at ? arg : ["in", parts.surroundings(site.file).path, arg],
      );
      open.push({ ...spotOf(site), file: site.file, term: applied(term, fn, args), depth: depth + 1 });
    }
  }
  return { named, isComplete };
}

/** The calls of each function, as `file id`. */
function collectSites(parts: LinkParts): Map<string, CallSite[]> {
  const sites = new Map<string, CallSite[]>();
  const add = (home: string, id: number, site: CallSite): void => {
    const key = `${home} ${id}`;
    const known = sites.get(key);
    if (known === undefined) sites.set(key, [site]);
    else known.push(site);
  };
  for (const file of parts.files) {
    for (const { callee, args, ...spot } of parts.facts(file).calls) {
      const site = { ...spotOf(spot), file, args };
      if (typeof callee === "number") add(file, callee, site);
      else for (const found of functionsNamed(file, callee, parts)) add(found.file, found.id, site);
    }
  }
  return sites;
}

function functionsNamed(
  file: string,
  { specifier, name }: { readonly specifier: string; readonly name: string },
  parts: LinkParts,
): { readonly file: string; readonly id: number }[] {
  const [first = "", ...members] = name.split(".");
  return exportedTerms({ file, specifier, name: first }, parts).flatMap(({ file: home, term }) => {
    const member = members.reduce<Term>(recordMember, term);
    return functionIds(member).map((id) => ({ file: home, id }));
  });
}

function functionIds(term: Term): number[] {
  if (!isOperation(term)) return [];
  if (term[0] === "function") return [Number(term[1])];
  return term[0] === "any" ? term.slice(1).flatMap((part) => functionIds(part ?? null)) : [];
}

function recordMember(term: Term, key: string): Term {
  if (isOperation(term) && term[0] === "any") return ["any", ...term.slice(1).map((part) => recordMember(part, key))];
  if (!isOperation(term) || term[0] !== "record") return null;
  const index = term.findIndex((part, position) => position % 2 === 1 && part === key);
  return index < 0 ? null : (term[index + 1] ?? null);
}

/** What the module that is named exports under a name, followed through re-exports. */
export function exportedTerms(
  wanted: { readonly file: string; readonly specifier: string; readonly name: string },
  parts: Pick<LinkParts, "facts" | "targets">,
): { readonly file: string; readonly term: Term }[] {
  const found: { file: string; term: Term }[] = [];
  const seen = new Set<string>();
  const open = [wanted];
  for (const { file, specifier, name } of open) {
    for (const target of parts.targets(file, specifier)) {
      const key = `${target} ${name}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const { exports, imports } = parts.facts(target);
      if (name === "*") {
        found.push({
          file: target,
          term: ["record", ...exports.flatMap((each): Term[] => [each.name, each.term ?? null])],
        });
        continue;
      }
      const own = exports.find((each) => each.name === name);
      const imported =
        own === undefined
          ? undefined
          : imports.find((each) => each.form !== "export" && each.names.some(({ as }) => as === own.local));
      if (own?.term !== undefined) found.push({ file: target, term: own.term });
      else if (own !== undefined && imported !== undefined) {
        const inner = imported.names.find(({ as }) => as === own.local)?.name ?? name;
        open.push({ file: target, specifier: imported.specifier, name: inner });
      }
      for (const each of imports) {
        if (each.form !== "export") continue;
        for (const taken of each.names) {
          if (taken.as === name) open.push({ file: target, specifier: each.specifier, name: taken.name });
          else if (taken.as === "*" && own === undefined) open.push({ file: target, specifier: each.specifier, name });
        }
      }
    }
  }
  return found;
}
