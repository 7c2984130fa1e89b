import { z } from "zod";
import { configurationSchema } from "../../../src/main/configuration.ts";

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** One row for each key of the configuration file: key, default, meaning, as the schema says it. */
export function configurationRows(): readonly (readonly [key: string, standard: string, meaning: string])[] {
  const schema = z.toJSONSchema(configurationSchema, { io: "input" }) as Schema; // what the library documents
  return rowsOf(schema, "");
}

function rowsOf(schema: Schema, prefix: string): ReturnType<typeof configurationRows> {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const key = `${prefix}${name.includes(".") ? `"${name}"` : name}`;
    const required = schema.required?.includes(name) ?? false;
    const row = [`\`${key}\``, defaultText(member, required), member.description ?? ""] as const;
    return [row, ...rowsOf(member, `${key}.`)];
  });
}

function defaultText(member: Schema, required: boolean): string {
  if (required) return "must be given";
  return "default" in member ? `\`${JSON.stringify(member.default)}\`` : "none";
}
