import type { Json, JsonObject } from "#model";
import { pad } from "../text/fit.ts";
import type { Paint } from "../text/paint.ts";
import { safeText } from "../text/safe-text.ts";

/** A step type as a server tells it. */
export interface StepTypeView {
  readonly name: string;
  /** JSON Schema of its parameters. */
  readonly parameters: JsonObject;
}

const NAME_COLUMNS = 22;
const NONE = `No step types: none is allowed by the configuration (key \`steps\`).\n`;

/** Each step type with its parameters. */
export function stepTypesText(types: readonly StepTypeView[], { paint }: { readonly paint: Paint }): string {
  if (types.length === 0) return NONE;
  return types
    .map(({ name, parameters }) => [paint("strong", safeText(name)), ...parameterLines(parameters), ""].join("\n"))
    .join("");
}

function parameterLines({ properties, required }: JsonObject): readonly string[] {
  const needed = new Set<Json>(Array.isArray(required) ? (required as readonly Json[]) : []); // a list of JSON
  return Object.entries(isObject(properties) ? properties : {}).map(([name, schema]) => {
    const description = isObject(schema) && typeof schema["description"] === "string" ? schema["description"] : "";
    const must = needed.has(name) ? "required" : "        ";
    return `  ${pad(safeText(name), NAME_COLUMNS)}${must}  ${safeText(description)}`.trimEnd();
  });
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
