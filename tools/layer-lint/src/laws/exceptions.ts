import { z } from "zod";
import type { JsonPlaces } from "../config/json-places.ts";
import { isWithin } from "../config/layout.ts";
import { projectPath } from "../config/schema.ts";
import type { Finding } from "../report/finding.ts";
import { unproven } from "../report/finding.ts";
import type { Law } from "./law.ts";

/** The shape of one exception in a law's `except`. */
export const exceptionSchema = z
  .strictObject({
    file: projectPath.optional().describe("The file whose breaches are let pass, from the project's root."),
    path: projectPath.optional().describe("The folder whose breaches are let pass, from the project's root."),
    to: projectPath.optional().describe("Only breaches whose chain leads to this file or folder."),
    reason: z.string().min(1).max(1000).describe("Why it has to be."),
    owner: z.string().min(1).max(200).describe("Who takes it away again."),
    expires: z.iso.date().describe("The last day on which it holds, YYYY-MM-DD."),
  })
  .refine(({ file, path: folder }) => (file === undefined) !== (folder === undefined), {
    message: "an exception names either a file or a path",
  });

/** A breach that is known, with a reason, somebody who answers for it, and a last day. */
export type Exception = z.infer<typeof exceptionSchema>;

/** An exception that let something pass. */
export interface UsedException {
  readonly law: string;
  /** The file or folder. */
  readonly at: string;
  readonly reason: string;
  readonly owner: string;
  readonly expires: string;
  /** How many findings it let pass. */
  readonly findings: number;
}

/** What is left of findings when exceptions have let some pass. */
export interface Excused {
  /** The others, and what is wrong with exceptions. */
  readonly findings: readonly Finding[];
  readonly used: readonly UsedException[];
}

/** What exceptions are applied to. */
export interface ExcuseOptions {
  readonly laws: readonly Law[];
  /** The day, `YYYY-MM-DD`. */
  readonly today: string;
  /** How messages call the configuration. */
  readonly file: string;
  readonly places: JsonPlaces;
}

/** Lets the excepted breaches pass. An exception that lets nothing pass, or is past its day, leaves the check unproven. */
export function excuse(findings: readonly Finding[], options: ExcuseOptions): Excused {
  const excused = new Set<Finding>();
  const used: UsedException[] = [];
  const problems: Finding[] = [];
  for (const law of options.laws) {
    for (const [index, exception] of law.exceptions.entries()) {
      const matched = findings.filter((finding) => finding.law === law.id && covers(exception, finding));
      const at = exception.file ?? exception.path ?? "";
      const problem = problemOf(exception, { matches: matched.length, today: options.today });
      if (problem === undefined) {
        for (const finding of matched) excused.add(finding);
        const { reason, owner, expires } = exception;
        used.push({ law: law.id, at, reason, owner, expires, findings: matched.length });
      } else {
        const place = { file: options.file, ...options.places.at(["laws", law.id, "except", index]) };
        const message = `The exception of ${law.id} for "${at}" (${exception.owner}) ${problem}`;
        problems.push(unproven({ ...place, message }, "Remove it, and mend what it let pass; or give it a new day."));
      }
    }
  }
  return { findings: [...findings.filter((finding) => !excused.has(finding)), ...problems], used };
}

function covers({ file, path: folder, to }: Exception, finding: Finding): boolean {
  // What could not be proven is no breach that somebody could answer for.
  if (finding.severity !== "violation") return false;
  const isThere = file === undefined ? isWithin(finding.file, folder ?? "") : finding.file === file;
  return isThere && (to === undefined || finding.chain.some((hop) => isWithin(hop.file, to)));
}

function problemOf(
  { expires }: Exception,
  { matches, today }: { readonly matches: number; readonly today: string },
): string | undefined {
  if (expires < today) return `has expired: its last day was ${expires}, and today is ${today}`;
  return matches === 0 ? "matches nothing: there is no such breach any more" : undefined;
}
