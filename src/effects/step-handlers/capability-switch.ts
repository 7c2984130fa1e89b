import { z } from "zod";
import type { PlatformStore } from "../platform/platform-store.ts";
import type { StepType } from "../step-type.ts";
import { parametersForm } from "./declared-parameters.ts";
import { declaredStepType } from "./declared-step-type.ts";
import { performChange } from "./platform/perform-change.ts";
import { targetFailure } from "./platform/target.ts";

/** Makes the step type `capability_enable`: its target `capability/<name>` is enabled. It has no parameters. */
export function createCapabilityEnable(platform: PlatformStore): StepType {
  return capabilitySwitch("capability_enable", "enabled", platform);
}

/** Makes the step type `capability_disable`: its target `capability/<name>` is disabled. It has no parameters. */
export function createCapabilityDisable(platform: PlatformStore): StepType {
  return capabilitySwitch("capability_disable", "disabled", platform);
}

function capabilitySwitch(name: string, state: "enabled" | "disabled", platform: PlatformStore): StepType {
  return declaredStepType(parametersForm(name, z.strictObject({})), {
    notPermitted: () => [],
    perform: (_declared, { context: { target: key, idempotencyKey } }) =>
      targetFailure(key, "capability") ?? performChange(() => platform.perform({ idempotencyKey, key, value: state })),
  });
}
