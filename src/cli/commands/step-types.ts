import type { Json, JsonObject } from "#model";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { stepTypesText } from "../views/step-types.ts";

/** `verbatim step-types`: what can be performed here, and with which parameters. */
export async function stepTypes(flags: CommonFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const answer = await connection.client.executor.listStepTypes({});
  const types = answer.stepTypes.map(({ name, parametersSchema }) => ({
    name,
    parameters: schemaOf(parametersSchema),
  }));
  if (json) await stdout.json(`${JSON.stringify({ step_types: types })}\n`);
  else await stdout.write(stepTypesText(types, stdout));
  return EXIT.succeeded;
}

function schemaOf(text: string): JsonObject {
  if (text === "") return {};
  const schema = JSON.parse(text) as Json; // JSON by the wire's definition
  return typeof schema === "object" && schema !== null && !Array.isArray(schema) ? (schema as JsonObject) : {}; // neither null nor a list
}
