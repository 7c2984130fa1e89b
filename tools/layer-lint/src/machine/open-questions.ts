import type { MachineLaw } from "./fault.ts";
import type { Machine } from "./step-lists.ts";
import { isStepLoop } from "./step-loops.ts";
import { eachNode, isCallNode, isLoop } from "./syntax.ts";
import { turnsOf } from "./turn-functions.ts";
import { declaredTypes } from "./vocabulary.ts";

/** Why nothing was proven, though nothing was found. */
export interface OpenQuestion {
  readonly law: MachineLaw;
  readonly message: string;
}

const OF_STEPS: readonly MachineLaw[] = ["in-order", "evidence-per-call", "stop-on-failure", "read-only", "call-once"];

/** Words of the configuration that mean nothing in the layer, and a layer that performs nothing: silence there is no proof. */
export function openQuestions(machine: Machine): OpenQuestion[] {
  const { stepPort, healthPort, evidence } = machine.words.words;
  const [type = "", method = ""] = stepPort.split(".");
  const ports = typesOf(type, machine);
  const hasMethod = ports.some((port) => port.getProperty(method) !== undefined);
  const common = [
    ...(ports.length === 0 ? [unknown("stepPort", type)] : []),
    ...(ports.length > 0 && !hasMethod
      ? [`machine.stepPort is "${stepPort}", and the type "${type}" has no method "${method}"`]
      : []),
    ...(typesOf(evidence, machine).length === 0 ? [unknown("evidence", evidence)] : []),
  ];
  const isIdle = common.length === 0 && !goesOverSteps(machine);
  const idle =
    "The layer has no loop over the declared steps in which one is performed: there is nothing to prove it of";
  const health =
    healthPort !== undefined && typesOf(healthPort, machine).length === 0 ? [unknown("healthPort", healthPort)] : [];
  return OF_STEPS.flatMap((law) =>
    [...common, ...(isIdle && law !== "read-only" ? [idle] : []), ...(law === "read-only" ? health : [])].map(
      (message) => ({ law, message }),
    ),
  );
}

function unknown(key: string, name: string): string {
  return `machine.${key} is "${name}", a type that the layer neither declares nor imports`;
}

function typesOf(name: string, { program }: Machine): ReturnType<typeof declaredTypes> {
  return declaredTypes(program.checker, program.files, name);
}

function goesOverSteps(machine: Machine): boolean {
  let found = turnsOf(machine).size > 0;
  for (const file of machine.program.files) {
    eachNode(file, (loop) => {
      if (found || !isLoop(loop) || !isStepLoop(loop, machine)) return;
      eachNode(loop, (node) => {
        if (isCallNode(node) && machine.functions.performs(node)) found = true;
      });
    });
  }
  return found;
}
