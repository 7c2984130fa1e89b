import { RE2JS } from "re2js";

/** Something to look for in lines. */
export interface LinePattern {
  /** What a find is called: the name of a preset's entry, or the pattern itself. */
  readonly name: string;
  readonly pattern: string;
  /** What is taken out of a line before it is looked at: mentions that are no find. */
  readonly without?: string;
}

/** Tells whether a line has what is looked for. */
export type LineTest = (line: string) => boolean;

/** Makes the test of a pattern that was declared. */
export function lineTest({ pattern, without }: Pick<LinePattern, "pattern" | "without">): LineTest {
  const wanted = RE2JS.compile(pattern);
  if (without === undefined) return (line) => wanted.test(line);
  const mention = RE2JS.compile(without);
  return (line) => wanted.test(line) && wanted.test(mention.matcher(line).replaceAll(""));
}
