import { fieldText, keysOf } from "#document";
import type { Keys, LocatedDocument } from "#document";
import type { Violation } from "#model";

type Document = Pick<LocatedDocument, "holds" | "lineOf" | "names">;

/** The members of a plan whose violations speak of its file. */
const OF_THE_FILE: ReadonlySet<unknown> = new Set([
  "name",
  "contract_id",
  "max_workers",
  "environment",
  "defaults",
  "jobs",
  "notifications",
]);

/**
 * Violations of a plan, told by the lines of the file that it was read from, and by what stands there: a plan knows more steps
 * and more variables than its file spells out. What does not speak of the file is left as it is; what is said twice, is once.
 */
export function placedViolations(
  violations: readonly Violation[],
  { name, document }: { readonly name: string; readonly document: Document },
): readonly Violation[] {
  const placed = violations.map((violation) => {
    const keys = keysOf(violation.field);
    if (!OF_THE_FILE.has(keys[0])) return violation;
    const place = writtenPlace(keys, document);
    return {
      field: `${name}:${document.lineOf(place)}`,
      description: `${fieldText(place)} ${violation.description}`,
    };
  });
  const once = new Map(placed.map((violation) => [`${violation.field} ${violation.description}`, violation]));
  return [...once.values()];
}

/** Where the value stands that is spoken of: it may be short for what the plan has, or hold for the whole plan. */
function writtenPlace(keys: Keys, document: Document): Keys {
  const [jobs, job, list] = keys;
  if (jobs !== "jobs" || job === undefined) return keys;
  const short = list === "steps" && !document.holds([jobs, job, list]);
  const own = commandPlace(short ? [jobs, job, ...(keys.length > 4 ? keys.slice(4) : ["command"])] : keys, document);
  const held = [own, ...shared(own, job)].find((place) => document.holds(place));
  return held ?? (short ? [jobs, job, "command"] : own);
}

/** `parameters.argv[1]` of a step that is given as a command stands in `command[1]`, or in `command` itself. */
function commandPlace(keys: Keys, document: Document): Keys {
  const at = keys.lastIndexOf("argv");
  if (at < 1 || keys[at - 1] !== "parameters" || document.holds(keys.slice(0, at))) return keys;
  const command = [...keys.slice(0, at - 1), "command"];
  const argument = [...command, ...keys.slice(at + 1)];
  return document.holds(argument) ? argument : command;
}

/** The places of the job and of the plan where a variable, a directory or a limit can stand as well. */
function shared(keys: Keys, job: PropertyKey): readonly Keys[] {
  const [last, before] = [keys.at(-1), keys.at(-2)];
  if (last === undefined) return [];
  if (before === "environment")
    return [
      ["jobs", job, "environment", last],
      ["environment", last],
    ];
  if (last === "working_directory") return [["jobs", job, last], [last]];
  return last === "timeout_seconds" && keys.length > 3 ? [["defaults", "step_timeout_seconds"]] : [];
}
