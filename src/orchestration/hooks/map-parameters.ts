import type { EntityRecord, HookJob, Json, JsonObject } from "#model";
import { LIMITS } from "#model";
import { textPieces } from "./reference.ts";
import type { ReferenceRoot, TextPiece } from "./reference.ts";

/** The records whose fields the texts of a job's parameters hold. */
export interface MappedRecords {
  /** Projected: what is not in it cannot be held. */
  readonly record: EntityRecord;
  readonly trigger: EntityRecord;
  readonly old: EntityRecord | undefined;
}

/** The parameters of a step for one record, or why there are none. */
export type MappedParameters = { readonly parameters: JsonObject } | { readonly problem: string };

/**
 * Puts the values of fields into a job's parameters. A text that is one reference and nothing else becomes the value, of its own type; in a
 * longer text NULL is nothing, and what is no text is written as JSON.
 */
export function mapParameters({ parameters }: Pick<HookJob, "parameters">, records: MappedRecords): MappedParameters {
  try {
    const mapped = mappedObject(parameters, records);
    const bytes = Buffer.byteLength(JSON.stringify(mapped));
    if (bytes > LIMITS.parametersBytesPerStep)
      return {
        problem: `the parameters have ${bytes} bytes as JSON; at most ${LIMITS.parametersBytesPerStep} are allowed`,
      };
    return { parameters: mapped };
  } catch (error) {
    if (error instanceof MappingError) return { problem: error.message };
    throw error;
  }
}

class MappingError extends Error {
  override readonly name = "MappingError";
}

function mappedObject(object: JsonObject, records: MappedRecords): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name,
      name === "url" && typeof value === "string" ? mappedUrl(value, records) : mappedValue(value, records),
    ]),
  );
}

function mappedValue(value: Json, records: MappedRecords): Json {
  if (typeof value === "string") return mappedText(value, records);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => mappedValue(item, records));
  return mappedObject(value as JsonObject, records); // neither a list nor null
}

function mappedText(text: string, records: MappedRecords): Json {
  const pieces = textPieces(text);
  const [only, ...others] = pieces;
  if (only !== undefined && "root" in only && others.length === 0) return fieldOf(only.root, only.field, records);
  return pieces.map((piece) => pieceText(piece, records)).join("");
}

/** A value within a longer URL is one piece of it: it can neither leave its place in the path nor add to the query. */
function mappedUrl(text: string, records: MappedRecords): Json {
  const pieces = textPieces(text);
  if (pieces.length === 1) return mappedText(text, records);
  const mapped = pieces.map((piece) => {
    const value = pieceText(piece, records);
    if ("text" in piece) return value;
    if (value === "." || value === ".." || !value.isWellFormed())
      throw new MappingError(`a value within a url is ${JSON.stringify(value)}, which cannot stand there`);
    return encodeURIComponent(value);
  });
  return mapped.join("");
}

function pieceText(piece: TextPiece, records: MappedRecords): string {
  if ("text" in piece) return piece.text;
  if ("problem" in piece) throw new MappingError(`a text ${piece.problem}`);
  const value = fieldOf(piece.root, piece.field, records);
  if (typeof value === "string") return value;
  return value === null ? "" : JSON.stringify(value);
}

function fieldOf(root: ReferenceRoot, field: string, records: MappedRecords): Json {
  const record = records[root];
  if (record === undefined) throw new MappingError(`\${${root}.${field}}: the record before the change is not known`);
  const value = Object.hasOwn(record, field) ? record[field] : undefined;
  if (value === undefined) throw new MappingError(`\${${root}.${field}}: the record has no such field`);
  if (holdsSecretReference(value))
    throw new MappingError(`\${${root}.${field}}: the value names a secret (secretRef), which only the file may do`);
  return value;
}

/** What stands in a database must not be able to ask for a secret of the server. */
function holdsSecretReference(value: Json): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "secretRef") || Object.values(value).some(holdsSecretReference);
}
