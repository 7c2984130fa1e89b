import type { Reading } from "../check.ts";
import type { Law } from "../laws/law.ts";
import type { Project } from "../project.ts";
import type { Report } from "../report/report.ts";
import type { ProjectExports } from "./exports.ts";
import { readExports } from "./exports.ts";

/** What cards are made of. */
export interface CardSource {
  readonly project: Project;
  readonly laws: readonly Law[];
  readonly report: Report;
  readonly exports: ProjectExports;
  /** Whether files have cards of their own, to which others can link. */
  readonly withFiles: boolean;
}

/** Gathers what cards are made of. */
export function cardSource({ project, laws }: Reading, report: Report, withFiles = true): CardSource {
  return { project, laws, report, exports: readExports(project), withFiles };
}
