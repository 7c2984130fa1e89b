import { readAndCheck } from "../check.ts";
import type { CheckOptions } from "../check.ts";
import { LAW_KINDS } from "../laws/index.ts";
import type { Law, LawKind } from "../laws/law.ts";
import { bareLaws } from "./bare-laws.ts";
import type { CanaryReport } from "./canary-report.ts";
import { copyProject } from "./throwaway-copy.ts";

/**
 * Copies the checked files to a temporary folder, plants at least one violation of every law there, and checks the copy:
 * a checker that cannot go red proves nothing. The project itself is only read.
 * @param kinds - The known kinds of law; the tests blind one.
 */
export async function runCanary(options: CheckOptions, kinds: readonly LawKind[] = LAW_KINDS): Promise<CanaryReport> {
  const { report, reading } = await readAndCheck(options, kinds);
  if (reading === undefined) {
    return { ok: false, refused: report.violations.map((finding) => finding.message).join("; "), laws: [] };
  }
  const { project, config } = reading;
  const plantings = reading.laws.map((law) => ({ law, planting: law.plant(project) }));
  using copy = copyProject(project);
  for (const { planting } of plantings) copy.plant(planting.files);
  const configPath = options.config ?? `${project.root}/${config.file}`;
  const found = await readAndCheck({ root: copy.root, config: configPath }, bareLaws(kinds));
  const isNamed = (law: Law, file: string): boolean =>
    found.report.violations.some((finding) => finding.law === law.id && finding.file === file);
  const laws = plantings.map(({ law, planting }) => ({
    law: law.id,
    planted: planting.expect.length,
    missed: planting.expect.filter((file) => !isNamed(law, file)),
  }));
  return { ok: laws.every(({ planted, missed }) => planted > 0 && missed.length === 0), laws };
}
