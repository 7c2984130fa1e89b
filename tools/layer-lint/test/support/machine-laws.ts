import { describe, expect, it } from "vitest";
import { check } from "../../src/index.ts";
import { machine, machineProject, marked } from "./machine.ts";

export { declarations, machine } from "./machine.ts";

/** What the machine layer's own file says; `»` stands in each line that may be named, and nowhere if nothing is wrong. */
export type Row = readonly [title: string, text: string];

/** Forms that break a law, and forms that keep all of them. */
export interface Table {
  readonly broken: readonly Row[];
  readonly kept: readonly Row[];
}

/** Records a success. */
export const DONE = "results.push({ stepId: step.id, index, status: 'COMPLETED', output });";
/** Records a failure. */
export const LOST = "results.push({ stepId: step.id, index, status: 'FAILED', error: String(error) });";
/** Performs the step. */
export const PERFORM = "const output = await handler.execute(step, context);";
/** The plain round. */
export const ROUND = `    try { ${PERFORM} ${DONE} } catch (error) { ${LOST} break; }`;
/** The head of the plain loop. */
export const LOOP = "  for (const [index, step] of job.steps.entries()) {";
/** The plain loop. */
export const PLAIN = `${LOOP}\n${ROUND}\n  }`;

/** The plain loop with something in front of each step. */
export const before = (text: string): string => `${LOOP}\n    ${text}\n${ROUND}\n  }`;
/** The plain loop over another list. */
export const over = (list: string, more = ""): string =>
  machine(`  for (const [index, step] of ${list}.entries()) { »\n${ROUND}\n  }`, more);

const FILE = "src/executor/step-runner.ts";

async function found(law: string, text: string): Promise<{ readonly all: string[]; readonly ofLaw: string[] }> {
  using project = machineProject({ [FILE]: text });
  const { violations } = await check({ root: project.root });
  const ofLaw = violations
    .filter((each) => each.law === law)
    .flatMap(({ file, line, chain }) => [`${file}:${line}`, ...chain.map((hop) => `${hop.file}:${hop.line}`)]);
  return { all: violations.map((each) => `${each.law} ${each.file}:${each.line} ${each.message}`), ofLaw };
}

/** Tests each form of the table. */
export function lawTable(law: string, { broken, kept }: Table): void {
  describe(`${law} is broken by`, () => {
    it.each(broken)("%s", async (_title, spelling) => {
      const { text, lines } = marked(spelling);
      const { all, ofLaw } = await found(law, text);
      expect(
        lines.some((line) => ofLaw.includes(`${FILE}:${line}`)),
        all.join("\n"),
      ).toBe(true);
    });
  });

  describe(`${law} is kept, with all the others, by`, () => {
    it.each(kept)("%s", async (_title, text) => {
      expect((await found(law, text)).all).toEqual([]);
    });
  });
}
