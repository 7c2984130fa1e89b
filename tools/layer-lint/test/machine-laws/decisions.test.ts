import { before, declarations, lawTable, LOOP, machine, PLAIN, ROUND } from "../support/machine-laws.ts";

lawTable("EXEC-005", {
  broken: [
    [
      "a table of weights",
      declarations(
        "const WEIGHTS: Readonly<Record<string, number>> = { approve: 3 };\nexport const weightOf = (step: JobStep): number => WEIGHTS[step.type] ?? 1; »",
      ),
    ],
    [
      "a table of ceilings",
      declarations(
        "const CEILING: Readonly<Record<string, number>> = { gold: 50, silver: 10 };\nexport const admits = (job: Job, tier: string): boolean => job.steps.length <= (CEILING[tier] ?? 0); »",
      ),
    ],
    [
      "a ceiling that is handed in",
      declarations("export const admits = (job: Job, most: number): boolean => job.steps.length <= most; »"),
    ],
    [
      "a parameter compared with a text",
      declarations("export const admits = (tier: string): boolean => tier === 'gold'; »"),
    ],
    [
      "an abstract method that is asked",
      declarations(
        "export abstract class Asking { »\n  protected abstract admits(step: JobStep): boolean; »\n  asks(step: JobStep): boolean { return this.admits(step); } »\n}",
      ),
    ],
    ["a type of step that is told from others", machine(before("if (step.type === 'approve') break; »"))],
  ],
  kept: [
    [
      "a table of labels",
      declarations(
        "const LABELS: Readonly<Record<string, string>> = { noop: 'nothing' };\nexport const label = (type: string): string => LABELS[type] ?? type;",
      ),
    ],
    [
      "a table of what performs",
      declarations(
        "class Idle implements StepHandler { async execute(): Promise<unknown> { return undefined; } }\nconst HANDLERS: Readonly<Record<string, StepHandler>> = { noop: new Idle() };\nexport const handlerOf = (step: JobStep): StepHandler | undefined => HANDLERS[step.type];",
      ),
    ],
    [
      "a count of results beside that of steps",
      machine(
        `${PLAIN}\n  const isWhole = results.length === job.steps.length;\n  if (!isWhole) Object.freeze(results);`,
      ),
    ],
    ["a place in the list", machine(`${LOOP}\n    if (index > job.steps.length - 1) break;\n${ROUND}\n  }`)],
    [
      "a status of its own",
      declarations(
        "export const isOver = (status: StepStatus, result: StepResult): boolean => result.status === status;",
      ),
    ],
  ],
});
