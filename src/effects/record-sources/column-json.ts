import type { FieldType, Json } from "#model";
import { Fault } from "#model";
import { timestampText } from "./timestamp-text.ts";

/** What a database gives for a column that is not NULL: Postgres texts, SQLite the others too. */
export type ColumnValue = bigint | number | string | boolean | Uint8Array;

/** A column, for messages. */
export interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: FieldType;
}

/** The value of a column as JSON, without loss. @throws {Fault} NOT_CONFIGURED if it is not what the field was declared to be. */
export function columnJson(value: ColumnValue | null, column: Column): Json {
  if (value === null) return null;
  const json = READERS[column.type](value);
  if (json !== undefined) return json;
  const held = value instanceof Uint8Array ? "bytes" : `a ${typeof value}`;
  throw new Fault(
    "NOT_CONFIGURED",
    `Column ${column.name} of ${column.table} holds ${held} that is no ${column.type}, as which its field was declared; correct the file of hooks, or the record.`,
  );
}

/** Undefined = it is not of that type. */
const READERS: Readonly<Record<FieldType, (value: ColumnValue) => Json | undefined>> = {
  string: (value) => (value instanceof Uint8Array ? undefined : String(value)),
  int: (value) => (isNumeral(value) && /^-?\d+$/.test(String(value)) ? wholeNumber(BigInt(value)) : undefined),
  double: (value) => (isNumeral(value) ? decimal(String(value)) : undefined),
  bool: (value) => TRUTHS.get(typeof value === "bigint" ? Number(value) : value),
  timestamp: (value) => (typeof value === "string" ? timestampText(value) : undefined),
  json: (value) => (value instanceof Uint8Array || typeof value === "boolean" ? undefined : jsonOf(String(value))),
};

const TRUTHS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  ["t", true],
  ["f", false],
  [1, true],
  [0, false],
]);

function isNumeral(value: ColumnValue): value is bigint | number | string {
  return typeof value !== "boolean" && !(value instanceof Uint8Array);
}

function wholeNumber(value: bigint): Json {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

const DECIMAL = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** A number if it holds all the digits; else the text, as are those that JSON has not. */
function decimal(text: string): Json | undefined {
  if (/^(?:NaN|-?Infinity)$/.test(text)) return text;
  if (!DECIMAL.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) && digits(String(number)) === digits(text) ? number : text;
}

/** The significant digits of a number as it is written. */
function digits(text: string): string {
  return text.replace(/e.*$/i, "").replaceAll(/[-.]/g, "").replace(/^0+/, "").replace(/0+$/, "");
}

/**
 * What a JSON text says, where numbers whose digits a double would lose are texts of their digits; undefined = it is no JSON.
 * `written` takes decimals of at most so many digits for those of a double: some write it with more than tell it from the others.
 */
export function jsonOf(text: string, { written = 0 }: { readonly written?: number } = {}): Json | undefined {
  const exactNumber = (_name: string, value: unknown, { source }: { readonly source?: string } = {}): unknown => {
    if (typeof value !== "number" || source === undefined) return value;
    if (/[.e]/i.test(source) && Number.isFinite(value) && digits(source).length <= written) return value;
    return decimal(source) ?? value;
  };
  try {
    return JSON.parse(text, exactNumber) as Json; // JSON by its making
  } catch {
    return undefined;
  }
}
