import { z } from "zod";
import type { LawKind } from "../laws/law.ts";
import { configSchema } from "./schema.ts";

/** The JSON Schema of `layers.json` with all kinds of law, for editors; what only the checker can know is not in it. */
export function layersJsonSchema(kinds: readonly LawKind[]): object {
  const law = z.union(kinds.map((kind) => kind.schema));
  const whole = configSchema.extend({
    laws: z.record(z.string().min(1).max(100), law).optional().describe("The laws by id; each names its kind."),
  });
  return { title: "layers.json of layer-lint", ...z.toJSONSchema(whole, { io: "input", target: "draft-7" }) };
}
