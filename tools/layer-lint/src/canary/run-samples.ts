import type { CheckOptions } from "../check.ts";
import { readAndCheck } from "../check.ts";
import { LAW_KINDS } from "../laws/index.ts";
import type { Law, Sample } from "../laws/law.ts";
import type { Finding } from "../report/finding.ts";
import { bareLaws } from "./bare-laws.ts";
import { copyProject } from "./throwaway-copy.ts";

/** What became of a sample that the configuration gives for a law. */
export interface SampleResult {
  readonly law: string;
  /** Its name, or its place in the list. */
  readonly sample: string;
  /** Whether the law has to name it. */
  readonly fires: boolean;
  /** Why the law did not do as the sample says; absent if it did. */
  readonly problem?: string;
}

/** Writes each sample of each law into a throw-away copy of its own, checks that, and compares. Needs a project that can be read. */
export async function runSamples(options: CheckOptions): Promise<SampleResult[]> {
  const { reading } = await readAndCheck(options);
  const results: SampleResult[] = [];
  for (const law of reading?.laws ?? []) {
    for (const [index, sample] of law.samples.entries()) {
      if (reading === undefined) continue;
      using copy = copyProject(reading.project);
      copy.write(Object.entries(sample.files).map(([path, text]) => ({ path, text })));
      const config = options.config ?? `${reading.project.root}/${reading.config.file}`;
      const { report } = await readAndCheck({ root: copy.root, config }, bareLaws(LAW_KINDS));
      const problem = problemOf(law, sample, report.violations);
      const named = { law: law.id, sample: sample.name ?? `sample ${index + 1}`, fires: sample.fires };
      results.push(problem === undefined ? named : { ...named, problem });
    }
  }
  return results;
}

function problemOf(law: Law, { files, fires }: Sample, findings: readonly Finding[]): string | undefined {
  const touching = findings.filter((each) => [each, ...each.chain].some(({ file }) => Object.hasOwn(files, file)));
  const first = touching.find((finding) => finding.law === law.id);
  if (fires) return first === undefined ? "it does not fire" : undefined;
  if (first !== undefined) return `it fires: ${first.file}:${first.line} ${first.message}`;
  const blind = touching.find((finding) => finding.severity === "unproven");
  return blind === undefined ? undefined : `it cannot be proven: ${blind.file}:${blind.line} ${blind.message}`;
}
