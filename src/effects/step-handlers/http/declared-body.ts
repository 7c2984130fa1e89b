import { z } from "zod";

const BODY_CHARACTERS = 256 * 1024;

/** The forms in which a step declares a body. At most one is used. */
export const BODY_FIELDS = {
  json: z.json().optional().describe("Sent as JSON. Any JSON value."),
  text: z
    .string()
    .max(BODY_CHARACTERS)
    .refine((text) => text.isWellFormed(), "has a lone surrogate")
    .optional()
    .describe("Sent as UTF-8."),
  base64: z.base64().max(BODY_CHARACTERS).optional().describe("Bytes, sent as they are."),
};

/** A body in its declared form. */
export interface DeclaredBody {
  readonly json?: unknown;
  readonly text?: string | undefined;
  readonly base64?: string | undefined;
}

/** How many bodies are declared. */
export function bodiesOf({ json, text, base64 }: DeclaredBody): number {
  return [json, text, base64].filter((body) => body !== undefined).length;
}

/** The bytes of a body and what they are; undefined if none is declared. */
export function encodedBody({ json, text, base64 }: DeclaredBody): { body: Buffer; type: string } | undefined {
  if (json !== undefined) return { body: Buffer.from(JSON.stringify(json)), type: "application/json" };
  if (text !== undefined) return { body: Buffer.from(text), type: "text/plain; charset=utf-8" };
  if (base64 !== undefined) return { body: Buffer.from(base64, "base64"), type: "application/octet-stream" };
  return undefined;
}
