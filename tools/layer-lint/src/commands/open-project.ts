import type { Checked, Reading } from "../check.ts";
import { readAndCheck } from "../check.ts";
import type { ExitCode, Io, ProjectFlags } from "./cli.ts";
import { checkOptionsOf, paintOf, rootOf } from "./cli.ts";
import { pretty } from "../report/pretty.ts";
import type { Report } from "../report/report.ts";
import { viewOf } from "../report/view.ts";

/** A project that could be read, and what the check said of it before anything was excused. */
export interface OpenProject {
  readonly report: Report;
  readonly reading: Reading;
}

/**
 * Reads the project and answers from it; a project that cannot be read is reported instead, with exit code 2.
 * @param answer - What to do with it.
 */
export async function withOpenProject(
  flags: ProjectFlags,
  io: Io,
  answer: (opened: OpenProject) => ExitCode | Promise<ExitCode>,
): Promise<ExitCode> {
  const { report, reading }: Checked = await readAndCheck(checkOptionsOf(flags));
  if (reading !== undefined) return answer({ report, reading });
  io.err(pretty(viewOf(report, { root: rootOf(flags), paint: paintOf(io) })));
  return 2;
}
