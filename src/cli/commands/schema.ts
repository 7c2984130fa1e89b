import type { JsonObject } from "#model";
import { EXIT } from "../exit-codes.ts";
import { jobSchema } from "../job-file/schema.ts";
import type { Session } from "../session.ts";

/** `verbatim config schema`: the JSON Schema of `verbatim.yaml`. */
export async function printConfigurationSchema(session: Session): Promise<number> {
  return await print(await session.host.configurationSchema(), session);
}

/** `verbatim job schema`: the JSON Schema of a job file. */
export async function printJobSchema(session: Session): Promise<number> {
  return await print(jobSchema(), session);
}

async function print(schema: JsonObject, { stdout }: Session): Promise<number> {
  await stdout.json(`${JSON.stringify(schema, null, 2)}\n`);
  return EXIT.succeeded;
}
