import { RE2JS } from "re2js";
import { z } from "zod";

/** Instructions that a pattern may become: the time for a line grows with them, and with its length. */
const INSTRUCTIONS = 10_000;
const PATTERN_CHARACTERS = 1000;

/** A regular expression as steps declare it. */
export const declaredPattern = z
  .string()
  .min(1)
  .max(PATTERN_CHARACTERS)
  .superRefine((pattern, context) => {
    const problem = patternProblem(pattern);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  })
  .describe(
    "A regular expression in the syntax of RE2, found anywhere in a line: no back-references, no look-around. `(?i)` at its start ignores case.",
  );

function patternProblem(pattern: string): string | undefined {
  if (pattern.length > PATTERN_CHARACTERS) return undefined; // said already
  try {
    const instructions = RE2JS.compile(pattern).programSize();
    if (instructions <= INSTRUCTIONS) return undefined;
    return `is too large: its repetitions make ${instructions} instructions, at most ${INSTRUCTIONS} are allowed`;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return `is no regular expression in the syntax of RE2 (${said}); it has no back-references and no look-around`;
  }
}
