import { create, toBinary } from "@bufbuild/protobuf";
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";

/** A number in [0, 1), the same ones for the same seed. */
export type Chance = () => number;

/** Chance that can be had again. */
export function chanceFrom(seed: number): Chance {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const DEPTH = 3;
const TEXTS = [
  "",
  "a",
  "job-1",
  "job-1/0",
  "work-1",
  "contract-1",
  "no_op",
  "*",
  "../..",
  "\0",
  "é\u{10FFFF}",
  "x".repeat(300),
];
const NUMBERS = [0, 1, -1, 2, 7, 100, 2_147_483_647, -2_147_483_648];

/** The bytes of some message of a type: right in its form, and mostly wrong in what it says. */
export function randomMessage(desc: DescMessage, chance: Chance, depth = DEPTH): Uint8Array {
  const message = create(desc);
  const fields = reflect(desc, message);
  for (const field of desc.fields) {
    if (chance() < 0.3) continue;
    if (field.fieldKind === "scalar") fields.set(field, scalar(field.scalar, chance));
    else if (field.fieldKind === "enum")
      fields.set(field, field.enum.values[Math.floor(chance() * field.enum.values.length)]?.number ?? 0);
    else if (field.fieldKind === "list") addItems(field, { fields, chance, depth });
    else if (field.fieldKind === "message" && depth > 0) fields.set(field, nested(field.message, chance, depth));
  }
  return toBinary(desc, message);
}

function nested(desc: DescMessage, chance: Chance, depth: number) {
  const message = create(desc);
  const inner = reflect(desc, message);
  for (const field of desc.fields) {
    if (field.fieldKind === "scalar" && chance() < 0.7) inner.set(field, scalar(field.scalar, chance));
    if (field.fieldKind === "message" && depth > 0 && chance() < 0.3)
      inner.set(field, nested(field.message, chance, depth - 1));
  }
  return inner;
}

function addItems(
  field: Extract<DescField, { fieldKind: "list" }>,
  {
    fields,
    chance,
    depth,
  }: { readonly fields: ReturnType<typeof reflect>; readonly chance: Chance; readonly depth: number },
): void {
  const list = fields.get(field);
  for (let left = Math.floor(chance() * 4); left > 0; left -= 1) {
    if (field.listKind === "scalar") list.add(scalar(field.scalar, chance));
    else if (field.listKind === "message" && depth > 0) list.add(nested(field.message, chance, depth - 1));
  }
}

function scalar(type: ScalarType, chance: Chance): string | number | bigint | boolean | Uint8Array {
  const number = NUMBERS[Math.floor(chance() * NUMBERS.length)] ?? 0;
  switch (type) {
    case ScalarType.STRING:
      return TEXTS[Math.floor(chance() * TEXTS.length)] ?? "";
    case ScalarType.BYTES:
      return Buffer.from(chance() < 0.5 ? '{"id":1}' : "\u0000\u00ff[");
    case ScalarType.BOOL:
      return chance() < 0.5;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return chance() < 0.2 ? Number.NaN : number / 2;
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return BigInt(number) ** 2n;
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return BigInt(Math.abs(number)) ** 2n;
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return Math.abs(number) % 2_147_483_647;
    default:
      return number;
  }
}

/** The same bytes with one to four things wrong: bits turned, pieces gone, doubled or put in. */
export function mutated(bytes: Uint8Array, chance: Chance): Buffer {
  let now = Buffer.from(bytes);
  for (let left = 1 + Math.floor(chance() * 4); left > 0; left -= 1) {
    const at = Math.floor(chance() * (now.length + 1));
    const end = at + Math.floor(chance() * 8);
    const kind = Math.floor(chance() * 4);
    if (kind === 0 && at < now.length) now[at] = (now[at] ?? 0) ^ (1 << Math.floor(chance() * 8));
    else if (kind === 1) now = Buffer.concat([now.subarray(0, at), now.subarray(end)]);
    else if (kind === 2) now = Buffer.concat([now.subarray(0, end), now.subarray(at)]);
    else {
      const noise = Buffer.from(
        Array.from({ length: 1 + Math.floor(chance() * 12) }, () => Math.floor(chance() * 256)),
      );
      now = Buffer.concat([now.subarray(0, at), noise, now.subarray(at)]);
    }
  }
  return now;
}
