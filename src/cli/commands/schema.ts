import { hooksSchema, planSchema } from "#api";
import type { JsonObject } from "#model";
import { EXIT } from "../exit-codes.ts";
import { requestFileSchema } from "../contracts/request-file.ts";
import { jobSchema } from "../job-file/schema.ts";
import type { Session } from "../session.ts";

/** The files that have a schema. */
export type SchemaName = "plan" | "job" | "hooks" | "request" | "config";

/** `verbatim schema FILE`: the JSON Schema of a plan, a job file, a file of hooks, a request or `verbatim.yaml`. */
export async function printSchema(name: SchemaName, { host, stdout }: Session): Promise<number> {
  const schemas: Readonly<Record<SchemaName, () => JsonObject | Promise<JsonObject>>> = {
    plan: planSchema,
    job: jobSchema,
    hooks: hooksSchema,
    request: requestFileSchema,
    config: () => host.configurationSchema(),
  };
  await stdout.json(`${JSON.stringify(await schemas[name](), null, 2)}\n`);
  return EXIT.succeeded;
}
