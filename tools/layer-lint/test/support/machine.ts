import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Files, Fixture } from "./fixture.ts";

interface MachineBase {
  readonly layers: unknown;
  readonly base: Readonly<Record<string, string>>;
}

/** A project with a machine layer under all machine laws: what every way around a boundary is laid over. */
export const MACHINE_BASE = JSON.parse(
  readFileSync(join(import.meta.dirname, "../evasions/sample.json"), "utf8"),
) as MachineBase; // as: written beside this file

/** Writes that project with `changes` on top; `null` leaves out a file. */
export function machineProject(changes: Files, { layers, base }: MachineBase = MACHINE_BASE): Fixture {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "layer-lint-machine-")));
  for (const [path, text] of Object.entries({ ...base, ...changes, "layers.json": JSON.stringify(layers) })) {
    if (text === null) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

const HEAD = `import type { Job, JobStep, StepResult, StepStatus } from '../model/index.js';
import type { ExecutionContext, HealthObserver, StepHandler } from './types.js';
`;

/** A file of the machine layer with these declarations, and the types that they need. */
export function declarations(text: string): string {
  return `${HEAD}${text}\n`;
}

/** A machine that performs steps in this way; `more` stands above it. */
export function machine(body: string, more = ""): string {
  return declarations(`${more}
export async function runAll(
  handler: StepHandler, job: Job, context: ExecutionContext, health: HealthObserver,
): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
${body}
  return results;
}`);
}

/** The text without its marks, and the lines that they stood in. */
export function marked(text: string): { readonly text: string; readonly lines: readonly number[] } {
  const lines = text.split("\n").flatMap((each, index) => (each.includes("»") ? [index + 1] : []));
  return { text: text.replaceAll("»", ""), lines };
}
