import { z } from "zod";
import type { JsonObject, ResourceKey, Violation } from "#model";
import { PLATFORM_BOUNDS } from "../platform/platform-rules.ts";
import type { PlatformStore } from "../platform/platform-store.ts";
import type { StepType } from "../step-type.ts";
import { malformed, parametersForm } from "./declared-parameters.ts";
import { declaredStepType } from "./declared-step-type.ts";
import { performChange } from "./platform/perform-change.ts";
import { targetFailure } from "./platform/target.ts";

/** Makes the step type `configuration_update`: its target `configuration/<key>` gets the value of its parameters `{value}`. */
export function createConfigurationUpdate(platform: PlatformStore): StepType {
  return resourceUpdate("configuration_update", "configuration", platform);
}

/** Makes the step type `parameter_change`: its target `capability/<name>/parameters/<parameter>` gets the value of its parameters `{value}`. */
export function createParameterChange(platform: PlatformStore): StepType {
  return resourceUpdate("parameter_change", "parameter", platform);
}

function resourceUpdate(name: string, kind: ResourceKey["kind"], platform: PlatformStore): StepType {
  const value = z.json().describe(`Any JSON value of at most ${PLATFORM_BOUNDS.valueBytes} bytes.`);
  return declaredStepType(parametersForm(name, z.strictObject({ value })), {
    notPermitted: tooLarge,
    perform: (_declared, { raw, context: { target: key, idempotencyKey } }) => {
      const large = tooLarge(raw);
      if (large.length > 0) return malformed(large);
      const write = { idempotencyKey, key, value: raw["value"] ?? null };
      return targetFailure(key, kind) ?? performChange(() => platform.perform(write));
    },
  });
}

function tooLarge({ value }: JsonObject): readonly Violation[] {
  const bytes = value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));
  if (bytes <= PLATFORM_BOUNDS.valueBytes) return [];
  return [
    { field: "value", description: `has ${bytes} bytes as JSON; at most ${PLATFORM_BOUNDS.valueBytes} can be kept` },
  ];
}
