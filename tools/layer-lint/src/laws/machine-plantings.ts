import type { Area } from "../config/layout.ts";
import type { MachineLaw } from "../machine/fault.ts";
import type { Project } from "../project.ts";
import type { Planting } from "./law.ts";
import { NOTHING, one, plantedPath } from "./planting.ts";

/** One way to break each law, in the words of the project's own ports. */
const BREAKING: Readonly<Record<Exclude<MachineLaw, "cannot-reach">, string>> = {
  "in-order": "for (const step of steps.toReversed()) await handler.PERFORM(step);",
  "evidence-per-call": "for (const step of steps) await handler.PERFORM(step);\n  results.length = 0;",
  "stop-on-failure": "for (const step of steps) {\n    try { await handler.PERFORM(step); } catch { continue; }\n  }",
  "call-once": "for (let again = 0; again < 3; again += 1) await handler.PERFORM(first);",
  "read-only": "health.plantedReset();",
};

/** A file of the machine layer that breaks the law and declares what it needs to do so. */
export function plantMachine(kind: Exclude<MachineLaw, "cannot-reach">, area: Area, project: Project): Planting {
  const { stepPort = "", healthPort = "PlantedHealth", evidence = "" } = project.machine;
  const [port = "", method = ""] = stepPort.split(".");
  const path = plantedPath(area, { project, label: kind });
  if (path === undefined || port === "" || method === "" || evidence === "") return NOTHING;
  return one(
    path,
    `interface PlantedStep { readonly planted: true }
interface ${port} { ${method}(step: PlantedStep): Promise<unknown> }
interface ${evidence} { readonly status: "COMPLETED" | "FAILED" }
interface ${healthPort} { plantedReset(): void }
interface Planted {
  readonly handler: ${port};
  readonly steps: readonly PlantedStep[];
  readonly first: PlantedStep;
  readonly results: ${evidence}[];
  readonly health: ${healthPort};
}
export async function planted({ handler, steps, first, results, health }: Planted): Promise<unknown> {
  ${BREAKING[kind].replaceAll("PERFORM", method)}
  return [handler, steps, first, results, health];
}
`,
  );
}
