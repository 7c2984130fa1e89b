import { create, toBinary } from "@bufbuild/protobuf";
import type { JsonObject } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { LIMITS } from "#model";
import { ExecuteJobRequestSchema } from "../../src/api/gen/verbatim/executor/v1/executor_pb.ts";
import { request, startHouse, STEP_TYPES, stepType } from "./support/house.ts";
import type { House } from "./support/house.ts";
import { answerOf, framed, rawConnection } from "./support/raw-call.ts";

const EXECUTE_JOB = "/verbatim.executor.v1.JobExecutorService/ExecuteJob";

async function rawExecute(house: House, bytes: Uint8Array) {
  using connection = rawConnection(house.server.address);
  const stream = connection.open(EXECUTE_JOB);
  stream.end(framed(bytes));
  return await answerOf(stream);
}

async function lives(house: House): Promise<void> {
  const { result } = await house.client.executor.executeJob(request("still-alive", ["test.echo"]));
  expect(result?.stepsSucceeded).toBe(1);
}

/** A request of exactly so many bytes, most of them in an unknown field that is read over. */
function requestOfBytes(bytes: number): Uint8Array {
  return padded(
    toBinary(ExecuteJobRequestSchema, create(ExecuteJobRequestSchema, request("job-1", ["test.echo"]))),
    bytes,
  );
}

function padded(job: Uint8Array, bytes: number): Uint8Array {
  const header = [0xfa, 0x3f]; // field 1023, length-delimited
  const content = bytes - job.length - header.length - 3;
  const length = [(content & 0x7f) | 0x80, ((content >> 7) & 0x7f) | 0x80, content >> 14];
  return Buffer.concat([job, Buffer.from([...header, ...length]), Buffer.alloc(content)]);
}

describe("a request of a size", () => {
  test.each([
    [LIMITS.requestBytes, status.OK],
    [LIMITS.requestBytes + 1, status.RESOURCE_EXHAUSTED],
    [LIMITS.requestBytes + 64 * 1024 + 1, status.RESOURCE_EXHAUSTED],
  ])("a request of %i bytes ends with status %i", async (bytes, expected) => {
    await using house = await startHouse();
    const message = requestOfBytes(bytes);
    expect(message.length).toBe(bytes);
    await expect(rawExecute(house, message)).resolves.toMatchObject({ status: expected });
    await lives(house);
  });

  test("a message of 100 MB is refused without being kept and the server lives", async () => {
    await using house = await startHouse();
    const before = process.memoryUsage().rss;
    const answer = await rawExecute(house, Buffer.alloc(100 * 1024 * 1024));
    expect([status.RESOURCE_EXHAUSTED, undefined]).toContain(answer.status);
    await lives(house);
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024); // the test itself holds it twice
  });

  test("a frame that claims 4 GB is refused before they come", async () => {
    await using house = await startHouse();
    using connection = rawConnection(house.server.address);
    const stream = connection.open(EXECUTE_JOB);
    stream.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
    await expect(answerOf(stream)).resolves.toMatchObject({ status: status.RESOURCE_EXHAUSTED });
    await lives(house);
  });
});

describe("bytes that are no request", () => {
  test.each([
    ["random bytes", Buffer.from("c0ffee00ff11223344556677889900aabbccddeeff", "hex")],
    ["a field that is cut", Buffer.from([0x0a, 0x7f, 0x41])],
    ["text that is not UTF-8", Buffer.from([0x0a, 0x02, 0xc3, 0x28])],
    ["a varint without an end", Buffer.alloc(20, 0xff)],
    ["ten thousand nested structs", nested(10_000)],
  ])("%s are INVALID_ARGUMENT and the server lives", async (_name, bytes) => {
    await using house = await startHouse();
    await expect(rawExecute(house, bytes)).resolves.toMatchObject({ status: status.INVALID_ARGUMENT });
    expect(house.internalErrors).toEqual([]);
    await lives(house);
  });

  test("no message, two messages and an unknown compression are answered and the server lives", async () => {
    await using house = await startHouse();
    const message = framed(
      toBinary(ExecuteJobRequestSchema, create(ExecuteJobRequestSchema, request("job-1", ["test.echo"]))),
    );
    for (const body of [Buffer.alloc(0), Buffer.concat([message, message]), Buffer.from([1, 0, 0, 0, 1, 0])]) {
      using connection = rawConnection(house.server.address);
      const stream = connection.open(EXECUTE_JOB, { "grpc-encoding": "zzz" });
      stream.end(body);
      const answer = await answerOf(stream);
      expect(answer.status).toBeGreaterThan(0);
    }
    await lives(house);
  });

  test("what is not HTTP/2 at all closes its connection and the server lives", async () => {
    await using house = await startHouse();
    for (const bytes of [
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "\u0000".repeat(5000),
      `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${"\u00ff".repeat(100)}`,
    ]) {
      const socket = connect({ path: house.server.address.slice("unix:".length) }).resume();
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.on("error", () => undefined);
      socket.write(bytes);
      await closed;
    }
    await lives(house);
  });

  test("a method that is not there is UNIMPLEMENTED however it is spelt", async () => {
    await using house = await startHouse();
    for (const path of ["/x", "/verbatim.executor.v1.JobExecutorService/Nothing", "/%ff%0a", `/${"y".repeat(4000)}`]) {
      using connection = rawConnection(house.server.address);
      const stream = connection.open(path);
      stream.end(framed(Buffer.alloc(0)));
      await expect(answerOf(stream)).resolves.toMatchObject({ status: status.UNIMPLEMENTED });
    }
    await lives(house);
  });
});

function stepsOf(count: number) {
  return {
    jobId: "job-1",
    contractId: "c",
    steps: Array.from({ length: count }, (_, stepIndex) => ({ stepIndex, stepType: "test.fail" })),
  };
}

function jsonOfBytes(bytes: number): JsonObject {
  return { text: "x".repeat(bytes - '{"text":""}'.length) };
}

function depth(levels: number): JsonObject {
  let value: JsonObject = {};
  for (let level = 1; level < levels; level += 1) value = { in: value };
  return value;
}

function jobWith(jobId: string, parameters: JsonObject) {
  return { jobId, contractId: "c", steps: [{ stepIndex: 0, stepType: "test.fail", parameters }] };
}

describe("requests that are kept back", () => {
  /** The first bytes of a large request; the rest does not come. */
  const begun = framed(requestOfBytes(LIMITS.requestBytes)).subarray(0, 40 * 1024);

  test("hold up nobody whose request is small, and of the large ones no other for ever", async () => {
    await using house = await startHouse();
    using connection = rawConnection(house.server.address);
    const kept = Array.from({ length: LIMITS.requestsAtATime + 2 }, () => connection.open(EXECUTE_JOB));
    await Promise.all(kept.map((stream) => new Promise((resolve) => stream.write(begun, resolve))));
    await new Promise((resolve) => connection.session.ping(() => resolve(undefined)));
    await lives(house);
    expect(kept.filter((stream) => stream.closed)).toEqual([]);
    const large = rawExecute(house, requestOfBytes(LIMITS.requestBytes));
    await expect(large).resolves.toMatchObject({ status: status.OK });
    expect(kept.filter((stream) => stream.closed).length).toBeGreaterThan(0);
  });
});

describe("a request that is whole before there is room for it", () => {
  const slow = stepType("test.slow", async () => {
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    return { success: true, output: null };
  });
  const SLOW_MS = 1500;
  /** As soon as a share is granted, others wait for it, and its client would be cut for doing nothing. */
  const limits = { unreadSeconds: 0.2, receiveTimeoutMs: 500 };

  test("goes on to its end, whatever becomes of the line that it stood in", async () => {
    await using house = await startHouse({ stepTypes: [...STEP_TYPES, slow], limits });
    const begun = framed(requestOfBytes(LIMITS.requestBytes)).subarray(0, 40 * 1024);
    using keepers = rawConnection(house.server.address);
    const kept = Array.from({ length: LIMITS.requestsAtATime + 8 }, () => keepers.open(EXECUTE_JOB));
    await Promise.all(kept.map((one) => new Promise((resolve) => one.write(begun, resolve))));
    await new Promise((resolve) => keepers.session.ping(() => resolve(undefined)));
    using connection = rawConnection(house.server.address);
    const asked = { ...request("slow-job", ["test.slow"]), executedBy: "x" };
    const bytes = toBinary(ExecuteJobRequestSchema, create(ExecuteJobRequestSchema, asked));
    const stream = connection.open(EXECUTE_JOB);
    stream.end(framed(padded(bytes, 20 * 1024)));
    const answer = await answerOf(stream);
    expect(answer).toMatchObject({ status: status.OK });
    expect(connection.session.destroyed).toBe(false);
  });
});

describe("a job at the edge", () => {
  test("a job of 10,000 steps is taken, one of 10,001 is refused", async () => {
    await using house = await startHouse();
    const { result } = await house.client.executor.executeJob(stepsOf(LIMITS.stepsPerJob));
    expect(result).toMatchObject({ stepsDeclared: LIMITS.stepsPerJob, stepsFailed: 1 });
    const refused = house.client.executor.executeJob({ ...stepsOf(LIMITS.stepsPerJob + 1), jobId: "job-2" });
    await expect(refused).rejects.toMatchObject({ code: "INVALID_REQUEST", violations: [{ field: "steps" }] });
  });

  test("parameters of 256 KiB are taken, one byte more is refused", async () => {
    await using house = await startHouse();
    const { result } = await house.client.executor.executeJob(
      jobWith("job-1", jsonOfBytes(LIMITS.parametersBytesPerStep)),
    );
    expect(result?.stepsExecuted).toBe(1);
    const refused = house.client.executor.executeJob(jobWith("job-2", jsonOfBytes(LIMITS.parametersBytesPerStep + 1)));
    await expect(refused).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      violations: [{ field: "steps[0].parameters" }],
    });
  });

  test("parameters nested as deep as the model allows pass the wire, much deeper ones do not", async () => {
    await using house = await startHouse();
    const { result } = await house.client.executor.executeJob(jobWith("job-1", depth(LIMITS.jsonDepth)));
    expect(result?.stepsExecuted).toBe(1);
    const refused = house.client.executor.executeJob(jobWith("job-2", depth(LIMITS.jsonDepth + 4)));
    await expect(refused).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });
});

/** A request whose parameters nest so deep that a reader without a bound would overflow. */
function nested(levels: number): Buffer {
  let bytes: Buffer = Buffer.alloc(0);
  for (let level = 0; level < levels; level += 1) {
    // Struct.fields[""] = Value.struct_value: entry (1) { value (2) { struct_value (5) { ... } } }
    const struct = wrapped(5, bytes);
    bytes = wrapped(1, wrapped(2, struct));
    if (bytes.length > 60_000) break;
  }
  return wrapped(3, wrapped(4, bytes));
}

function wrapped(field: number, content: Buffer): Buffer {
  const length: number[] = [];
  let rest = content.length;
  while (rest > 127) {
    length.push((rest & 127) | 128);
    rest >>= 7;
  }
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...length, rest]), content]);
}
