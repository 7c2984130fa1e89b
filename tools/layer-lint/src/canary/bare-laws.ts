import type { LawKind } from "../laws/law.ts";

/** The kinds with laws that let nothing pass: what is planted must be named also where known breaches are excepted. */
export function bareLaws(kinds: readonly LawKind[]): LawKind[] {
  return kinds.map((kind) => ({ ...kind, bind: (id, entry) => ({ ...kind.bind(id, entry), exceptions: [] }) }));
}
