import type { MachineLaw } from "../machine/fault.ts";
import { bannedPackages } from "../machine/banned-packages.ts";
import type { Proof } from "../machine/kept-proofs.ts";
import { keptProof } from "../machine/kept-proofs.ts";
import type { Project } from "../project.ts";
import { areaName, defineLaw, lawSchema } from "./law.ts";
import { plantMachine } from "./machine-plantings.ts";

const KINDS: Readonly<Record<Exclude<MachineLaw, "cannot-reach">, { readonly why: string; readonly help: string }>> = {
  "in-order": {
    why: "The machine performs the steps as they were declared: whoever reads the plan knows what will happen.",
    help: "Go over the declared steps themselves with `for (const step of job.steps)`, await each, and change the list nowhere.",
  },
  "evidence-per-call": {
    why: "What was done and is not recorded did not happen for anybody who has to answer for it.",
    help: "Record exactly one result for each performed step, also for a failed one, and leave recorded results as they are.",
  },
  "stop-on-failure": {
    why: "A step may rely on the ones before it; after a failure nothing may be done on top of it.",
    help: "Record the failure, then leave the loop: `break`, `return` or `throw` on every way.",
  },
  "read-only": {
    why: "Who looks at health and may change it, or acts on it, decides.",
    help: "Take the observer's port, call nothing but its methods that look, and only record what was seen.",
  },
  "call-once": {
    why: "A step that is done again without anybody's knowing is the failure that nobody can undo.",
    help: "Call the step port once, directly and awaited, in the one loop over the steps or in a function that is called there. Retries belong to a layer above.",
  },
};

const proofs = new WeakMap<Project, Map<string, Promise<Proof>>>();

/** What the machine layer breaks; proven once a project, when the first law asks. */
export function proofOf(project: Project, layer: string): Promise<Proof> {
  const known = proofs.get(project) ?? new Map<string, Promise<Proof>>();
  proofs.set(project, known);
  const proof = known.get(layer) ?? prove(project, layer);
  known.set(layer, proof);
  return proof;
}

async function prove(project: Project, layer: string): Promise<Proof> {
  const { stepPort, healthPort, healthReads = [], evidence } = project.machine;
  if (stepPort === undefined || evidence === undefined) return new Map();
  const words = { stepPort, healthPort, healthReads, evidence };
  return keptProof(project, { layer }, async () => {
    const { proveMachine } = await import("../machine/prove.ts");
    return proveMachine(project, { layer, tsconfig: project.tsconfig, words, sealed: project.sealed });
  });
}

/** Laws about what a machine layer does inside. */
export const machineLaws = Object.entries(KINDS).map(([name, { why, help }]) => {
  const kind = name as keyof typeof KINDS; // as: the entries of KINDS
  return defineLaw({
    kind,
    schema: lawSchema(kind, { in: areaName }),
    why,
    help,
    areas: (config) => [{ key: "in", text: config.in }],
    idle: (config, project) => idleReasons(kind, config.in, project),
    check: async (config, project) => [
      ...((await proofOf(project, config.in)).get(kind) ?? []),
      ...bannedPackages(kind, config.in, project),
    ],
    plant: (config, project) => plantMachine(kind, project.layout.area(config.in), project),
  });
});

function idleReasons(kind: string, layer: string, { layout, machine }: Project): string[] {
  const needed =
    kind === "read-only" ? (["stepPort", "evidence", "healthPort"] as const) : (["stepPort", "evidence"] as const);
  const missing = needed.filter((key) => machine[key] === undefined);
  return [
    ...missing.map((key) => `machine.${key} does not say what it is about`),
    ...(layout.layer(layer)?.machine === true ? [] : [`"${layer}" is no layer with "machine": true`]),
  ];
}
