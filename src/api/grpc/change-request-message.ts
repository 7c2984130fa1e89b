import type { MessageInitShape } from "@bufbuild/protobuf";
import { fromJson } from "@bufbuild/protobuf";
import type { JsonValue } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import type { Json } from "#model";
import type { ChangeRequestSchema } from "../gen/verbatim/governance/v1/governance_pb.ts";

/** A request as somebody writes it. */
export interface WrittenRequest {
  readonly source: string;
  readonly reference: string;
  readonly submittedBy: string;
  readonly title: string;
  readonly description: string;
  readonly urgency: string;
  readonly changes: readonly {
    readonly type: string;
    readonly capability?: string | undefined;
    readonly key?: string | undefined;
    readonly parameter?: string | undefined;
    readonly value?: Json | undefined;
  }[];
  readonly capabilities: readonly string[];
}

/** The message that asks for it. */
export function changeRequestMessage(request: WrittenRequest): MessageInitShape<typeof ChangeRequestSchema> {
  const { changes, capabilities, ...texts } = request;
  return {
    ...texts,
    capabilities: [...capabilities],
    changes: changes.map(({ type, capability = "", key = "", parameter = "", value }) => ({
      type,
      capability,
      key,
      parameter,
      ...(value !== undefined && { value: fromJson(ValueSchema, value as JsonValue) }), // JSON by its type
    })),
  };
}
