import type { DescMessage, Message } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ExecuteJobResponseSchema,
  ExecuteJobStreamResponseSchema,
  GetJobResponseSchema,
  StepEventSchema,
  WatchJobResponseSchema,
} from "../../src/api/gen/verbatim/executor/v1/executor_pb.ts";
import { BackwardWriter } from "../../src/api/grpc/backward-writer.ts";
import { hotWriter } from "../../src/api/grpc/hot-messages.ts";

const HOT: readonly DescMessage[] = [ExecuteJobStreamResponseSchema, WatchJobResponseSchema, ExecuteJobResponseSchema];

/** Scalars that have their default about as often as not. */
const text = fc.oneof(fc.constant(""), fc.string({ unit: "binary", maxLength: 200 }));
const bytes = fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ maxLength: 300 }));
const uint32 = fc.oneof(fc.constant(0), fc.nat({ max: 0xffff_ffff }));
const uint64 = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: BigInt(Number.MAX_SAFE_INTEGER) }));
const double = fc.oneof(fc.constant(0), fc.constant(-0), fc.double());

/** Any message of a descriptor, made from the descriptor: a field that is added to the contract is met here as well. */
function anyMessage(desc: DescMessage): fc.Arbitrary<Message> {
  const members = desc.members.map((member): fc.Arbitrary<Record<string, unknown>> => {
    if (member.kind === "oneof") {
      const cases = member.fields.map((field) =>
        anyValue(field).map((value) => ({ [member.localName]: { case: field.localName, value } })),
      );
      return fc.oneof(fc.constant({}), ...cases);
    }
    if (member.fieldKind === "list")
      return fc.array(anyValue(member), { maxLength: 3 }).map((values) => ({ [member.localName]: values }));
    const value = anyValue(member).map((said) => ({ [member.localName]: said }));
    return member.message === undefined ? value : fc.oneof(fc.constant({}), value);
  });
  return fc.tuple(...members).map((parts) => create(desc, Object.assign({}, ...parts) as never)); // as the descriptor says
}

type AnyField = DescMessage["fields"][number];

function anyValue(field: AnyField): fc.Arbitrary<unknown> {
  if (field.message !== undefined) return anyMessage(field.message);
  if (field.enum !== undefined) return fc.constantFrom(...field.enum.values.map(({ number }) => number));
  const scalars: Readonly<Record<number, fc.Arbitrary<unknown>>> = {
    1: double,
    3: uint64, // int64: seconds since 1970
    4: uint64,
    5: uint32.map((value) => value % 1_000_000_000), // int32: nanoseconds
    8: fc.boolean(),
    9: text,
    12: bytes,
    13: uint32,
  };
  const scalar = scalars[field.scalar ?? 0];
  if (scalar === undefined) throw new Error(`${field.toString()} is of a kind that this test does not make`);
  return scalar;
}

test.each(HOT)("any %s is written byte for byte as protobuf-es writes it", (desc) => {
  const write = hotWriter(desc.typeName);
  fc.assert(
    fc.property(anyMessage(desc), (message) => {
      expect(write?.(message).toString("hex")).toBe(Buffer.from(toBinary(desc, message)).toString("hex"));
    }),
    { numRuns: 300 },
  );
});

test("an event larger than what is kept between two messages is written whole", () => {
  const outputJson = new Uint8Array(1024 * 1024).fill(7);
  const event = create(StepEventSchema, {
    seq: 5n,
    event: { case: "stepResult", value: { outputJson, error: "€".repeat(100_000) } },
  });
  const message = create(ExecuteJobStreamResponseSchema, { events: [event, event] });
  const written = hotWriter(ExecuteJobStreamResponseSchema.typeName)?.(message);
  expect(Buffer.from(toBinary(ExecuteJobStreamResponseSchema, message)).equals(written ?? Buffer.of())).toBe(true);
});

test("what was written is not changed by what is written next", () => {
  const write = hotWriter(ExecuteJobResponseSchema.typeName);
  const first = write?.(create(ExecuteJobResponseSchema, { result: { jobId: "first" } }));
  write?.(create(ExecuteJobResponseSchema, { result: { jobId: "other" } }));
  expect(first?.toString("latin1")).toContain("first");
});

test("a message that is sent seldom has no writer of its own", () => {
  expect(hotWriter(GetJobResponseSchema.typeName)).toBeUndefined();
});

test.each([-1, 1.5, Number.NaN, 2 ** 53])("the number %d is our own mistake and is not written", (value) => {
  expect(() => new BackwardWriter(100).number(1, value)).toThrow("not negative and exact");
});
