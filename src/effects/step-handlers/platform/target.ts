import { resourceKey } from "#model";
import type { ResourceKey } from "#model";
import type { StepOutput } from "../../step-handler.ts";
import { failure } from "../failure.ts";

const FORMS: Readonly<Record<ResourceKey["kind"], string>> = {
  capability: "capability/NAME",
  parameter: "capability/NAME/parameters/PARAMETER",
  configuration: "configuration/KEY",
};

/** The failed step whose target is no key of this kind; undefined = it is one. */
export function targetFailure(target: string, kind: ResourceKey["kind"]): StepOutput | undefined {
  if (resourceKey(target)?.kind === kind) return undefined;
  return failure(`the target is ${JSON.stringify(target)}; expected ${FORMS[kind]}`, "validation_failed");
}
