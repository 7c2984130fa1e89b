import type { z } from "zod";
import type { Violation } from "#model";

/** What a document says, or all that is wrong with it: each violation's field is `file:line`. */
export type CheckedDocument<Value> = { readonly value: Value } | { readonly violations: readonly Violation[] };

/** Reads YAML or JSON from `file` and checks it against a schema. The parser is loaded only now. Never throws. */
export async function checkedDocument<Value>(
  text: string,
  { file, schema }: { readonly file: string; readonly schema: z.ZodType<Value> },
): Promise<CheckedDocument<Value>> {
  const { locatedDocument } = await import("./located-document.ts");
  const { issueProblems, located } = await import("./document-problems.ts");
  const document = locatedDocument(text);
  if (document.problems.length > 0) return { violations: located(file, document.problems) };
  const read = schema.safeParse(document.value);
  if (read.success) return { value: read.data };
  return { violations: located(file, issueProblems(read.error.issues, document)) };
}
