import { Fault, LIMITS } from "#model";
import type { Platform } from "#model";
import type { Capability, Change, ConfigurationValue } from "../gen/verbatim/platform/v1/platform_pb.ts";
import { PlatformService } from "../gen/verbatim/platform/v1/platform_pb.ts";
import { refuseIfAny, sequenceNumber } from "./checks.ts";
import { pageToken, placeOfToken } from "./page-token.ts";
import { fitting, pageViolations } from "./pages.ts";
import { capabilityMessage, changeMessage, valueMessage } from "./platform-messages.ts";
import type { MountedService } from "./service.ts";
import { mount } from "./service.ts";

const USUAL_PAGE = 100;

/** What the service is made with. */
export interface PlatformServiceOptions {
  /** Absent = the configuration has none. */
  readonly platform?: Platform;
}

/** `verbatim.platform.v1.PlatformService`: looks at the platform, and changes nothing. */
export function platformService({ platform }: PlatformServiceOptions): MountedService {
  return mount(PlatformService, {
    async listCapabilities({ pageSize, pageToken: token }, { shares }) {
      const known = configured(platform);
      refuseIfAny(pageViolations(pageSize, token));
      await shares.answer.take(LIMITS.responseBytes);
      const all = known.capabilities();
      const start = Math.trunc(Number(placeOfToken(token)?.[1] ?? 0)) || 0;
      const asked = all.slice(start, start + (pageSize || USUAL_PAGE)).map(capabilityMessage);
      const capabilities = [...fitting(asked, sizeOfCapability)];
      const end = start + capabilities.length;
      return {
        $typeName: "verbatim.platform.v1.ListCapabilitiesResponse",
        capabilities,
        nextPageToken: end < all.length ? pageToken("capabilities", String(end)) : "",
      };
    },

    async listConfiguration({ pageSize, pageToken: token }, { shares }) {
      const known = configured(platform);
      refuseIfAny(pageViolations(pageSize, token));
      await shares.answer.take(LIMITS.responseBytes);
      const behind = placeOfToken(token)?.[1] ?? "";
      const left = known.configuration().filter(({ key }) => key > behind);
      const values = [...fitting(left.slice(0, pageSize || USUAL_PAGE).map(valueMessage), sizeOfValue)];
      return {
        $typeName: "verbatim.platform.v1.ListConfigurationResponse",
        values,
        nextPageToken: values.length < left.length ? pageToken("configuration", values.at(-1)?.key ?? "") : "",
      };
    },

    async listChanges({ afterSeq, pageSize }, { shares }) {
      const known = configured(platform);
      refuseIfAny(pageViolations(pageSize));
      await shares.answer.take(LIMITS.responseBytes);
      const query = { afterSeq: Math.max(0, sequenceNumber(afterSeq)), limit: pageSize || USUAL_PAGE };
      return {
        $typeName: "verbatim.platform.v1.ListChangesResponse",
        changes: [...fitting(known.changes(query).map(changeMessage), sizeOfChange)],
        headSeq: BigInt(known.head),
      };
    },
  });
}

/** The part that the configuration has to name under `platform`. @throws {Fault} NOT_CONFIGURED if it does not. */
export function configured<Part>(part: Part | undefined): Part {
  if (part !== undefined) return part;
  const text =
    "This server has no platform: its configuration has no key `platform`. Add it, with the capabilities that there are.";
  throw new Fault("NOT_CONFIGURED", text, {
    violations: [{ field: "platform", description: "is missing in verbatim.yaml" }],
  });
}

function sizeOfCapability({ parameters }: Capability): number {
  return parameters.reduce((bytes, { valueJson }) => bytes + valueJson.length, 0);
}

function sizeOfValue({ valueJson, changedBy }: ConfigurationValue): number {
  return valueJson.length + changedBy.length;
}

function sizeOfChange({ key, beforeJson, afterJson, by }: Change): number {
  return key.length + beforeJson.length + afterJson.length + by.length;
}
