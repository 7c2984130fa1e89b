import type { Project } from "../project.ts";
import type { Breach, Hop } from "../report/finding.ts";
import { capabilityFaults, stateFaults } from "./capabilities.ts";
import { cloneFaults } from "./clones.ts";
import { decisionFaults } from "./decisions.ts";
import { isTakenInTurn } from "./drawn-loops.ts";
import { evidenceListFaults } from "./evidence-lists.ts";
import type { Fault, MachineLaw } from "./fault.ts";
import { readFunctions } from "./functions.ts";
import { healthFaults } from "./health.ts";
import { outcomeFaults } from "./outcomes.ts";
import type { Proven } from "./kept-proofs.ts";
import { openQuestions } from "./open-questions.ts";
import { performingFaults } from "./performing.ts";
import type { Machine } from "./step-lists.ts";
import { stepListFaults } from "./step-lists.ts";
import { openTypedProgram } from "./typed-program.ts";
import type { MachineWords } from "./vocabulary.ts";
import { makeVocabulary } from "./vocabulary.ts";

/** What is to be proven of which layer. */
export interface ProofRequest {
  readonly layer: string;
  readonly tsconfig: string;
  readonly words: MachineWords;
  /** Files that the layer may not copy from. */
  readonly sealed: readonly string[];
}

/** Proves the laws of a machine layer, or names every place that keeps them from being proven. */
export function proveMachine(project: Project, { layer, tsconfig, words, sealed }: ProofRequest): Proven {
  const program = openTypedProgram(project, layer, tsconfig);
  const vocabulary = makeVocabulary(program, words);
  const machine: Machine = { program, words: vocabulary, functions: readFunctions(program, vocabulary) };
  const faults: readonly Fault[] = [
    ...stepListFaults(machine, (list) => isTakenInTurn(list, machine)),
    ...performingFaults(machine),
    ...outcomeFaults(machine),
    ...evidenceListFaults(machine),
    ...healthFaults(machine),
    ...capabilityFaults(machine),
    ...stateFaults(machine),
    ...decisionFaults(machine),
    ...cloneFaults(machine, sealed),
  ];
  const breaches = faults.map(({ law, node, message, way = [] }) => {
    const chain = way.map((each) => program.place(each)).map(({ file, line }) => ({ file, line }));
    return { law, breach: { ...program.place(node), message, chain: withoutRepeats(chain) } };
  });
  const [first] = program.files;
  const open =
    first === undefined
      ? []
      : openQuestions(machine).map(({ law, message }) => ({
          law,
          breach: { ...program.place(first), message, severity: "unproven" as const },
        }));
  const proof = new Map<MachineLaw, Breach[]>();
  for (const { law, breach } of [...breaches, ...open]) {
    const list = proof.get(law) ?? [];
    const isKnown = list.some(
      (each) => each.file === breach.file && each.line === breach.line && each.message === breach.message,
    );
    if (!isKnown) list.push(breach);
    proof.set(law, list);
  }
  return { proof, readOutside: program.readOutside };
}

/** Neighbours on one line are one place of the way. */
function withoutRepeats(chain: readonly Hop[]): Hop[] {
  return chain.filter(({ file, line }, index) => file !== chain[index - 1]?.file || line !== chain[index - 1]?.line);
}
