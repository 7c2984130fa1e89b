import { z } from "zod";
import { checkedDocument } from "#document";
import type { WrittenRequest } from "#api";
import type { Json, JsonObject } from "#model";
import { Fault } from "#model";
import { givenText } from "../given-text.ts";
import type { CliHost } from "../host.ts";

/** Largest file of a request, in bytes: a request of 64 KiB and room for comments. */
const FILE_BYTES = 256 * 1024;

const name = z.string().min(1).max(128);

const change = z
  .strictObject({
    type: z
      .enum(["capability_enable", "capability_disable", "configuration_update", "parameter_change"])
      .describe("What is to be changed."),
    capability: name.optional().describe("The capability that is changed; not for configuration_update."),
    key: name.optional().describe("The key of the configuration; configuration_update only."),
    parameter: name.optional().describe("The parameter of the capability; parameter_change only."),
    value: z.json().optional().describe("The new value, at most 8 KiB as JSON."),
  })
  .describe("A change that is asked for.");

const requestSchema = z
  .strictObject({
    $schema: z.string().max(4096).optional().describe("Where an editor finds this schema."),
    source: name.describe(
      "Where the request comes from: crm_feedback, support_ticket or ops_alert can lead to a contract.",
    ),
    reference: z.string().min(1).max(256).describe("What it is called there; a source uses each once."),
    submitted_by: name.optional().describe("Who asks, and can never approve; default: the user's name."),
    title: z.string().min(1).max(200).describe("What is wanted, in a line."),
    description: z.string().max(10_000).default("").describe("The same in full."),
    urgency: z.enum(["low", "normal", "high", "critical"]).default("normal").describe("How pressing it is."),
    changes: z.array(change).min(1).max(50).describe("What is to be changed."),
    capabilities: z.array(name).max(50).describe("The capabilities that it touches; an empty list grants nothing."),
  })
  .describe("A request for a change, which a second person has to approve before it is carried out.");

/** Reads a request from a YAML or JSON file, or from standard input for `-`. @throws {Fault} INVALID_REQUEST with every problem. */
export async function readRequest(path: string, submitter: string, host: CliHost): Promise<WrittenRequest> {
  const { name: file, text } = await givenText(path, { what: "request", bytes: FILE_BYTES }, host);
  const read = await checkedDocument(text, { file, schema: requestSchema });
  if ("violations" in read) {
    const list = read.violations.map(({ field, description }) => `${field}: ${description}`).join("\n");
    throw new Fault("INVALID_REQUEST", `The request in ${file} is not valid:\n${list}`, {
      violations: read.violations,
    });
  }
  const { source, reference, submitted_by: submittedBy = submitter, title, description, urgency } = read.value;
  const changes = read.value.changes.map(({ value, ...rest }) => ({ ...rest, value: value as Json | undefined })); // z.json
  return {
    source,
    reference,
    submittedBy,
    title,
    description,
    urgency,
    changes,
    capabilities: read.value.capabilities,
  };
}

/** The JSON Schema of a request's file. */
export function requestFileSchema(): JsonObject {
  return z.toJSONSchema(requestSchema, { io: "input" }) as unknown as JsonObject; // JSON by its definition
}
