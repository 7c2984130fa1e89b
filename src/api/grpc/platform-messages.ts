import type { PlatformCapability, PlatformChange, PlatformValue } from "#model";
import type { Capability, Change, ConfigurationValue } from "../gen/verbatim/platform/v1/platform_pb.ts";
import { CapabilityState } from "../gen/verbatim/platform/v1/platform_pb.ts";
import { jsonBytes, timestamp } from "./wire-values.ts";

/** The message of a capability. */
export function capabilityMessage({ name, state, frozen, parameters }: PlatformCapability): Capability {
  return {
    $typeName: "verbatim.platform.v1.Capability",
    name,
    state: state === "enabled" ? CapabilityState.ENABLED : CapabilityState.DISABLED,
    frozen,
    parameters: Object.entries(parameters).map(([parameter, value]) => ({
      $typeName: "verbatim.platform.v1.CapabilityParameter",
      name: parameter,
      valueJson: jsonBytes(value),
    })),
  };
}

/** The message of a value of the platform's configuration. */
export function valueMessage({ key, value, version, changedAt, changedBy }: PlatformValue): ConfigurationValue {
  return {
    $typeName: "verbatim.platform.v1.ConfigurationValue",
    key,
    valueJson: jsonBytes(value),
    version: BigInt(version),
    changedAt: timestamp(changedAt),
    changedBy: changedBy ?? "",
  };
}

/** The message of an entry of the journal. */
export function changeMessage({ seq, key, change, before, after, by, at }: PlatformChange): Change {
  return {
    $typeName: "verbatim.platform.v1.Change",
    seq: BigInt(seq),
    key,
    beforeJson: jsonBytes(change === "insert" ? undefined : before),
    afterJson: jsonBytes(change === "delete" ? undefined : after),
    by: by ?? "",
    at: timestamp(at),
  };
}
