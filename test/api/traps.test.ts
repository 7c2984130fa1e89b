import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { EventEmitter } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { Fault } from "#model";
import { ErrorInfoSchema } from "../../src/api/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../src/api/gen/google/rpc/status_pb.ts";
import {
  ReadBlobResponseSchema,
  ReadLogRequestSchema,
  VerifyRunRequestSchema,
} from "../../src/api/gen/verbatim/evidence/v1/evidence_pb.ts";
import { METADATA_BYTES } from "../../src/api/grpc/gate.ts";
import { INTERNAL_SENTENCE, MESSAGE_BYTES } from "../../src/api/grpc/fault-details.ts";
import { decode, methodsOf } from "../../src/api/grpc/method.ts";
import type { MountedService } from "../../src/api/grpc/service.ts";
import { SMALL_REQUEST_BYTES } from "../../src/api/grpc/service.ts";
import { StreamWriter } from "../../src/api/grpc/stream-writer.ts";
import { systemClock } from "./support/house.ts";
import { page, PATHS, startProbe, until, verified } from "./support/probe.ts";
import { answerOf, framed, rawConnection } from "./support/raw-call.ts";

const REQUEST = framed(toBinary(VerifyRunRequestSchema, create(VerifyRunRequestSchema, { runId: "run-1" })));
const LOG_REQUEST = framed(toBinary(ReadLogRequestSchema, create(ReadLogRequestSchema, { runId: "run-1" })));

interface RawCall {
  readonly path: string;
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

async function rawCall(address: string, { path, body, headers = {} }: RawCall) {
  using connection = rawConnection(address);
  const stream = connection.open(path, headers);
  stream.end(body);
  return await answerOf(stream);
}

function nobody(): never {
  throw new Fault("UNAUTHENTICATED", "Who are you?");
}

function paddedTo(bytes: number): Record<string, string> {
  const name = "x-padding";
  return { [name]: "p".repeat(bytes - name.length - 32) };
}

function reasonIn(headers: object): string | undefined {
  const packed = "grpc-status-details-bin" in headers ? String(headers["grpc-status-details-bin"]) : "";
  const [detail] = fromBinary(StatusSchema, Buffer.from(packed, "base64")).details;
  return detail && fromBinary(ErrorInfoSchema, detail.value).reason;
}

describe("trap 1: messages are decoded by the adapter and not by the library", () => {
  test("trap 1: bytes that are no message are the caller's mistake and not the server's", async () => {
    await using probe = await startProbe({ verifyRun: () => Promise.resolve(verified(1)) });
    const answer = await rawCall(probe.address, {
      path: PATHS.verifyRun,
      body: framed(Buffer.from([0xff, 0xff, 0xff, 0xff])),
    });
    expect(answer.status).toBe(status.INVALID_ARGUMENT);
    expect(reasonIn(answer.headers)).toBe("INVALID_REQUEST");
    expect(probe.internalErrors).toEqual([]);
  });

  test.each([
    [SMALL_REQUEST_BYTES, status.OK],
    [SMALL_REQUEST_BYTES + 1, status.RESOURCE_EXHAUSTED],
  ])("trap 1: a request of %i bytes to a method that takes 16 KiB ends with status %i", async (bytes, expected) => {
    await using probe = await startProbe({ verifyRun: () => Promise.resolve(verified(1)) });
    const runId = "x".repeat(bytes - 3); // one byte of tag, two of length
    const message = toBinary(VerifyRunRequestSchema, create(VerifyRunRequestSchema, { runId }));
    expect(message.length).toBe(bytes);
    const answer = await rawCall(probe.address, { path: PATHS.verifyRun, body: framed(message) });
    expect(answer.status).toBe(expected);
  });

  test("trap 1: a caller without the right to call is refused before one byte of the request is sent", async () => {
    await using probe = await startProbe({}, { authenticate: nobody });
    using connection = rawConnection(probe.address);
    const stream = connection.open(PATHS.verifyRun);
    const answer = await new Promise<object>((resolve) => stream.once("response", resolve));
    expect(answer).toMatchObject({ "grpc-status": String(status.UNAUTHENTICATED) });
    expect(reasonIn(answer)).toBe("UNAUTHENTICATED");
  });

  test("trap 1: a caller without the right to call is not told that his bytes are wrong", async () => {
    await using probe = await startProbe({}, { authenticate: nobody });
    const answer = await rawCall(probe.address, { path: PATHS.verifyRun, body: framed(Buffer.from([0xff, 0xff])) });
    expect(answer.status).toBe(status.UNAUTHENTICATED);
  });
});

describe("trap 2: whatever is thrown in a call stays in the call", () => {
  const secret = new Error("secret at /etc/passwd");

  test.each([
    ["an error", secret],
    ["undefined", undefined],
    ["a string", "just text"],
    ["an object that looks like a status", { code: 0, details: "all is well" }],
  ])("trap 2: an async handler that throws %s gives INTERNAL with the fixed sentence", async (_name, thrown) => {
    await using probe = await startProbe({
      async verifyRun({ runId }) {
        await Promise.resolve();
        if (runId === "bad") throw thrown;
        return verified(7);
      },
    });
    const failure = probe.client.evidence.verifyRun({ runId: "bad" });
    await expect(failure).rejects.toMatchObject({ code: "INTERNAL", message: INTERNAL_SENTENCE });
    expect(probe.internalErrors).toEqual([thrown]);
    await expect(probe.client.evidence.verifyRun({ runId: "good" })).resolves.toMatchObject({ records: 7n });
  });

  test("trap 2: a handler that throws before its first promise gives INTERNAL", async () => {
    await using probe = await startProbe({
      verifyRun() {
        throw secret;
      },
    });
    await expect(probe.client.evidence.verifyRun({ runId: "x" })).rejects.toMatchObject({ code: "INTERNAL" });
  });

  test("trap 2: a generator that throws after its first message gives the message and then INTERNAL", async () => {
    await using probe = await startProbe({
      async *readLog() {
        yield page(10);
        await Promise.reject(secret);
      },
    });
    const received: unknown[] = [];
    const read = async () => {
      for await (const message of probe.client.evidence.readLog({ runId: "x" })) received.push(message);
    };
    await expect(read()).rejects.toMatchObject({ code: "INTERNAL", message: INTERNAL_SENTENCE });
    expect(received).toHaveLength(1);
  });

  test("trap 2: a throw while a call is let in gives INTERNAL and the next call is served", async () => {
    let calls = 0;
    const authenticate = () => {
      calls += 1;
      if (calls === 1) throw secret;
      return { name: "local" };
    };
    await using probe = await startProbe({ verifyRun: () => Promise.resolve(verified(1)) }, { authenticate });
    await expect(probe.client.evidence.verifyRun({ runId: "x" })).rejects.toMatchObject({ code: "INTERNAL" });
    await expect(probe.client.evidence.verifyRun({ runId: "x" })).resolves.toMatchObject({ ok: true });
  });
});

describe("trap 3: the end of a call is told once and is told apart", () => {
  test("trap 3: a call that ended normally does not abort its signal", async () => {
    const signals: AbortSignal[] = [];
    await using probe = await startProbe({
      verifyRun(_request, { signal }) {
        signals.push(signal);
        return Promise.resolve(verified(1));
      },
      async *readLog(_request, { signal }) {
        signals.push(signal);
        yield page(1);
      },
    });
    await probe.client.evidence.verifyRun({ runId: "x" });
    for await (const message of probe.client.evidence.readLog({ runId: "x" })) expect(message.lines).toHaveLength(1);
    await probe.client.evidence.verifyRun({ runId: "x" }); // by now the library has said `cancelled` of the first two
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false]);
  });

  test("trap 3: a writer that waits for a reader who cancels is released", async () => {
    let produced = 0;
    let released = false;
    await using probe = await startProbe({
      async *readLog() {
        try {
          while (true) {
            produced += 1;
            yield page(60_000);
          }
        } finally {
          released = true;
        }
      },
    });
    using connection = rawConnection(probe.address);
    const stream = connection.open(PATHS.readLog);
    stream.end(LOG_REQUEST); // and nothing is read
    await until(() => produced >= 2, "the writer waits");
    expect(released).toBe(false);
    stream.close(8); // CANCEL
    await until(() => released, "the generator is ended");
  });

  test("trap 3: a handler that waits is told that its caller went away", async () => {
    const gone = Promise.withResolvers<unknown>();
    const entered = Promise.withResolvers<void>();
    await using probe = await startProbe({
      async verifyRun(_request, { signal }) {
        signal.addEventListener("abort", () => gone.resolve(signal.reason), { once: true });
        entered.resolve();
        await gone.promise;
        return verified(1);
      },
    });
    const abort = new AbortController();
    const call = probe.client.evidence.verifyRun({ runId: "x" }, { signal: abort.signal });
    await entered.promise;
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(gone.promise).resolves.toMatchObject({ code: "CANCELLED" });
  });
});

test.each(["close", "cancelled"] as const)("trap 3: a write that is never taken is answered by %s", async (event) => {
  const stream = Object.assign(new EventEmitter(), { write: () => false });
  const writer = new StreamWriter(stream);
  const written = writer.write(Buffer.alloc(1));
  stream.emit(event);
  await expect(written).resolves.toBe(false);
  await expect(writer.write(Buffer.alloc(1))).resolves.toBe(false);
});

test("trap 4: a busy stream that passes its deadline ends with a status and its generator is released", async () => {
  let released = false;
  await using probe = await startProbe({
    async *readLog() {
      try {
        while (true) yield page(100);
      } finally {
        released = true;
      }
    },
  });
  const answer = await rawCall(probe.address, {
    path: PATHS.readLog,
    body: LOG_REQUEST,
    headers: { "grpc-timeout": "250m" },
  });
  expect(answer.status).toBe(status.DEADLINE_EXCEEDED);
  expect(answer.body.length).toBeGreaterThan(0);
  await until(() => released, "the generator is ended");
});

test("trap 4: the server ends a call by its own clock, with the details of every other error", async () => {
  await using probe = await startProbe(
    {
      verifyRun: () => new Promise(() => undefined),
      async *readLog(_request, { signal }) {
        yield page(1);
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      },
    },
    { clock: { ...systemClock, now: () => new Date(Date.now() + 9_500).toISOString() } },
  );
  const headers = { "grpc-timeout": "10S" }; // of which the library's own timer still waits nine and a half
  const stream = await rawCall(probe.address, { path: PATHS.readLog, body: LOG_REQUEST, headers });
  expect([stream.status, reasonIn(stream.trailers)]).toEqual([status.DEADLINE_EXCEEDED, "DEADLINE_PASSED"]);
  const unary = await rawCall(probe.address, { path: PATHS.verifyRun, body: REQUEST, headers });
  expect([unary.status, reasonIn(unary.headers)]).toEqual([status.DEADLINE_EXCEEDED, "DEADLINE_PASSED"]);
});

test("trap 4: a writer that waits for a reader who does not read is released at the deadline", async () => {
  let released = false;
  let produced = 0;
  await using probe = await startProbe({
    async *readLog() {
      try {
        while (true) {
          produced += 1;
          yield page(60_000);
        }
      } finally {
        released = true;
      }
    },
  });
  using connection = rawConnection(probe.address);
  const stream = connection.open(PATHS.readLog, { "grpc-timeout": "200m" });
  stream.end(LOG_REQUEST); // and nothing is read
  await until(() => produced >= 2, "the writer waits");
  expect(released).toBe(false);
  await until(() => released, "the generator is ended");
});

test("trap 4: a handler that takes longer than the deadline is answered for and told", async () => {
  const reason = Promise.withResolvers<unknown>();
  await using probe = await startProbe({
    async verifyRun(_request, { signal }) {
      signal.addEventListener("abort", () => reason.resolve(signal.reason), { once: true });
      await reason.promise;
      return verified(1);
    },
  });
  const answer = await rawCall(probe.address, {
    path: PATHS.verifyRun,
    body: REQUEST,
    headers: { "grpc-timeout": "100m" },
  });
  expect(answer.status).toBe(status.DEADLINE_EXCEEDED);
  await expect(reason.promise).resolves.toMatchObject({ code: "DEADLINE_PASSED" });
});

describe("trap 5: what cannot be sent as a status message is made so that it can", () => {
  test("trap 5: a lone surrogate in a message is replaced and the server lives", async () => {
    await using probe = await startProbe({
      verifyRun: () => Promise.reject(new Fault("RUN_NOT_FOUND", "no run \ud800 here")),
    });
    await expect(probe.client.evidence.verifyRun({ runId: "x" })).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
      message: "no run \ufffd here",
    });
    await expect(probe.client.evidence.verifyRun({ runId: "x" })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  });

  test("trap 5: a lone surrogate in a violation is replaced and the server lives", async () => {
    const violations = [{ field: "\udc00", description: "\ud800" }];
    await using probe = await startProbe({
      verifyRun: () => Promise.reject(new Fault("INVALID_REQUEST", "no", { violations })),
    });
    await expect(probe.client.evidence.verifyRun({ runId: "x" })).rejects.toMatchObject({
      violations: [{ field: "\ufffd", description: "\ufffd" }],
    });
  });

  test.each(["x", "é", "漢", "😀", "%", "\n"])(
    "trap 5: a message of 100,000 times %j is cut to what a header holds",
    async (character) => {
      await using probe = await startProbe({
        verifyRun: () => Promise.reject(new Fault("RUN_NOT_FOUND", character.repeat(100_000))),
      });
      const answer = await rawCall(probe.address, { path: PATHS.verifyRun, body: REQUEST });
      expect(answer.status).toBe(status.NOT_FOUND);
      expect(encodeURI(answer.message).length).toBeLessThanOrEqual(MESSAGE_BYTES);
      expect(answer.message.startsWith(character)).toBe(true);
      expect(answer.message.endsWith(" ...")).toBe(true);
    },
  );

  test("trap 5: a thousand violations are cut to what a header holds and the cut is told", async () => {
    const violations = Array.from({ length: 1000 }, (_, i) => ({
      field: `steps[${i}]`,
      description: "is wrong ".repeat(5),
    }));
    await using probe = await startProbe({
      verifyRun: () => Promise.reject(new Fault("INVALID_REQUEST", "no", { violations })),
    });
    const error = await probe.client.evidence.verifyRun({ runId: "x" }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Fault);
    const told = (error as Fault).violations;
    expect(told[0]).toEqual(violations[0]);
    expect(told.at(-1)?.description).toBe(
      `${1000 - (told.length - 1)} more, left out because an error must stay small`,
    );
    const answer = await rawCall(probe.address, { path: PATHS.verifyRun, body: REQUEST });
    const bytes = Object.entries(answer.headers).reduce(
      (sum, [name, value]) => sum + name.length + String(value).length + 32,
      0,
    );
    expect(bytes).toBeLessThan(8 * 1024);
  });
});

describe("trap 6: a reader who does not read holds back the writer", () => {
  test("trap 6: a stream that nobody reads is produced up to what the transport takes and no further", async () => {
    let produced = 0;
    await using probe = await startProbe({
      async *readLog() {
        while (true) {
          produced += 1;
          yield page(60_000);
        }
      },
      verifyRun: () => Promise.resolve(verified(1)),
    });
    using connection = rawConnection(probe.address);
    const stream = connection.open(PATHS.readLog);
    stream.end(LOG_REQUEST);
    await until(() => produced >= 2, "the writer waits");
    for (let round = 0; round < 50; round += 1) await probe.client.evidence.verifyRun({ runId: "x" });
    // One message in the window of 64 KiB, one on its way, one made.
    expect(produced).toBeLessThanOrEqual(3);
  });
});

describe("trap 7: what the library does not bound is bounded here", () => {
  test.each([
    [METADATA_BYTES, status.OK],
    [METADATA_BYTES + 1, status.RESOURCE_EXHAUSTED],
  ])("trap 7: metadata of %i bytes ends with status %i", async (bytes, expected) => {
    await using probe = await startProbe({ verifyRun: () => Promise.resolve(verified(1)) });
    const answer = await rawCall(probe.address, { path: PATHS.verifyRun, body: REQUEST, headers: paddedTo(bytes) });
    expect(answer.status).toBe(expected);
  });

  test("trap 7: metadata is counted over all of its names", async () => {
    await using probe = await startProbe({ verifyRun: () => Promise.resolve(verified(1)) });
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-${i}`, "v".repeat(60)]));
    const answer = await rawCall(probe.address, { path: PATHS.verifyRun, body: REQUEST, headers: many });
    expect(answer.status).toBe(status.RESOURCE_EXHAUSTED);
    expect(reasonIn(answer.headers)).toBe("LIMIT_EXCEEDED");
  });

  test("trap 7: a deadline of more than 24.8 days passes at once as the documents say", async () => {
    await using probe = await startProbe({ verifyRun: () => new Promise(() => undefined) });
    const answer = await rawCall(probe.address, {
      path: PATHS.verifyRun,
      body: REQUEST,
      headers: { "grpc-timeout": "600H" },
    });
    expect(answer.status).toBe(status.DEADLINE_EXCEEDED);
  });

  test("trap 7: a call that never sends its request is ended and its connection closed", async () => {
    await using probe = await startProbe({}, { limits: { receiveTimeoutMs: 100 } });
    using connection = rawConnection(probe.address);
    const closed = new Promise((resolve) => connection.session.once("close", resolve));
    const answer = await answerOf(connection.open(PATHS.verifyRun));
    expect([undefined, status.DEADLINE_EXCEEDED]).toContain(answer.status);
    await closed;
  });

  test("trap 7: a call whose request has come is not ended by the receive timeout", async () => {
    const go = Promise.withResolvers<void>();
    await using probe = await startProbe(
      {
        async verifyRun() {
          await go.promise;
          return verified(3);
        },
      },
      { limits: { receiveTimeoutMs: 150 } },
    );
    const call = probe.client.evidence.verifyRun({ runId: "x" });
    setTimeout(go.resolve, 400);
    await expect(call).resolves.toMatchObject({ records: 3n });
  });

  test("trap 7: a connection that says nothing is closed", async () => {
    await using probe = await startProbe({}, { limits: { unprovenMs: 50 } });
    const socket = connect({ path: probe.address.slice("unix:".length) }).resume();
    await new Promise((resolve) => socket.once("close", resolve));
  });

  test("trap 7: a connection that has begun to speak is not closed by the timeout for its first bytes", async () => {
    await using probe = await startProbe(
      { verifyRun: () => Promise.resolve(verified(1)) },
      { limits: { unprovenMs: 300 } },
    );
    using connection = rawConnection(probe.address);
    const end = performance.now() + 600;
    while (performance.now() < end) {
      const stream = connection.open(PATHS.verifyRun);
      stream.end(REQUEST);
      expect((await answerOf(stream)).status).toBe(status.OK);
    }
  });
});

test("trap 10: a decoded request does not share memory with the bytes that it came in", () => {
  const desc = {
    localName: "put",
    name: "Put",
    methodKind: "unary",
    input: ReadBlobResponseSchema,
    output: ReadBlobResponseSchema,
  };
  const service = { typeName: "test.Store", methods: [desc] };
  const mounted = { service, implementation: { put: () => Promise.reject(new Error("not called")) }, requestBytes: {} };
  const [method] = methodsOf(mounted as unknown as MountedService);
  const received = Buffer.from(
    toBinary(ReadBlobResponseSchema, create(ReadBlobResponseSchema, { chunk: Buffer.from("kept") })),
  );
  const message = decode(method!, received) as ReturnType<typeof create<typeof ReadBlobResponseSchema>>;
  received.fill(0);
  expect(Buffer.from(message.chunk).toString()).toBe("kept");
});
