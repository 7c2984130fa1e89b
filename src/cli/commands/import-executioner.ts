import { stringify } from "yaml";
import { readPlan } from "#api";
import { located, locatedDocument } from "#document";
import { Fault } from "#model";
import { convertPlan } from "../executioner/convert-plan.ts";
import type { Conversion } from "../executioner/convert-plan.ts";
import type { Note } from "../executioner/source.ts";
import { EXIT } from "../exit-codes.ts";
import { fileText } from "../file-text.ts";
import { writeNewFile } from "../new-file.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";

/** Largest file that is converted, in bytes. */
export const SOURCE_FILE_BYTES = 8 * 1024 * 1024;

/** Flags of `import executioner`. */
export interface ImportFlags {
  /** Where to write the plan; default: standard output. */
  readonly out?: string;
  /** Whether it is all right that something was left out. */
  readonly lossy?: boolean;
}

/**
 * `verbatim import executioner FILE`: makes a plan of a file of Executioner, and tells of everything that the plan does not
 * have, or has in another way. Exit code 1 if something was left out, unless that was said to be all right.
 * @throws {Fault} INVALID_REQUEST if no plan can be made of it.
 */
export async function importExecutioner(file: string, flags: ImportFlags, session: Session): Promise<number> {
  const { stdout, stderr, json } = session;
  if (json && flags.out === undefined)
    throw new Fault("INVALID_REQUEST", "With --json the plan needs a file of its own: name it with --out.");
  const { plan, notes } = await converted(file);
  const text = planText(plan, file);
  readPlan(text, flags.out ?? "the converted plan"); // what is written can be read
  if (flags.out === undefined) await stdout.write(text);
  else await writeNewFile(flags.out, text);
  if (json) {
    await stdout.json(`${JSON.stringify({ plan: flags.out, left_out: notes.leftOut, changed: notes.changed })}\n`);
  } else {
    await stderr.write(notes.leftOut.map((note) => line("left out", note)).join(""));
    await stderr.write(notes.changed.map((note) => line("changed", note)).join(""));
  }
  return notes.leftOut.length > 0 && flags.lossy !== true ? EXIT.runFailed : EXIT.succeeded;
}

async function converted(file: string): Promise<Conversion> {
  const text = await fileText(file, "file");
  const bytes = Buffer.byteLength(text);
  if (bytes > SOURCE_FILE_BYTES)
    throw new Fault("INVALID_REQUEST", `${file} has ${bytes} bytes; at most ${SOURCE_FILE_BYTES} are converted.`);
  const document = locatedDocument(text);
  if (document.problems.length > 0) throw invalid(file, located(file, document.problems));
  const conversion = convertPlan(file, document);
  const violations = conversion.notes.problems.map(({ place, text: description }) => ({ field: place, description }));
  if (violations.length > 0) throw invalid(file, violations);
  return conversion;
}

function invalid(file: string, violations: Fault["violations"]): Fault {
  return new Fault("INVALID_REQUEST", `No plan can be made of ${file}.`, { violations });
}

function planText(plan: Conversion["plan"], file: string): string {
  const from = file.replaceAll(/[^\x20-\x7E]/g, "?");
  return `# Made of ${from} by \`verbatim import executioner\`.\n${stringify(plan, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function line(what: string, { place, text }: Note): string {
  return `${what}: ${safeText(place)}  ${safeText(text)}\n`;
}
