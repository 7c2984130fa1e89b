import { areaName, defineLaw, lawSchema } from "./law.ts";
import { NOTHING } from "./planting.ts";

/** Laws about what a machine layer does inside. This version reads them and says in every report that it does not prove them. */
export const machineLaws = ["in-order", "evidence-per-call", "stop-on-failure", "read-only", "call-once"].map((kind) =>
  defineLaw({
    kind,
    schema: lawSchema(kind, { in: areaName }),
    checked: false,
    why: "The machine runs what was declared and decides nothing.",
    help: "This version does not check it.",
    areas: (config) => [{ key: "in", text: config.in }],
    check: () => [],
    plant: () => NOTHING,
  }),
);
