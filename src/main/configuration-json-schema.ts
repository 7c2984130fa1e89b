import { z } from "zod";
import type { JsonObject } from "#model";
import { configurationSchema } from "./configuration.ts";

/** JSON Schema (draft 2020-12) of the configuration file. */
export function configurationJsonSchema(): JsonObject {
  return z.toJSONSchema(configurationSchema, { io: "input" }) as JsonObject; // JSON by its making
}
