import { createConnectTransport } from "@connectrpc/connect-node";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { Fault } from "#model";
import { ErrorInfoSchema } from "../../src/api/gen/google/rpc/error_details_pb.ts";
import { EvidenceService } from "../../src/api/gen/verbatim/evidence/v1/evidence_pb.ts";
import { JobExecutorService } from "../../src/api/gen/verbatim/executor/v1/executor_pb.ts";
import { Access } from "../../src/api/grpc/access/access.ts";
import { parseAddress } from "../../src/api/grpc/address.ts";
import { releasedOnAbort } from "../../src/api/grpc/connect-routes.ts";
import { INTERNAL_SENTENCE } from "../../src/api/grpc/fault-details.ts";
import { startHttpSidePort } from "../../src/api/grpc/http-side-port.ts";
import type { HttpSidePort } from "../../src/api/grpc/http-side-port.ts";
import { CallBudgets } from "../../src/api/grpc/call-budgets.ts";
import type { ServiceImplementation } from "../../src/api/grpc/service.ts";
import { collect, request, startHouse, systemClock } from "./support/house.ts";
import { page, probeService, until, verified } from "./support/probe.ts";

const TOKEN = "t".repeat(43);
const GET_JOB = "/verbatim.executor.v1.JobExecutorService/GetJob";
const LIST_STEP_TYPES = "/verbatim.executor.v1.JobExecutorService/ListStepTypes";

interface Post {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A POST with headers of the test's choosing, which `fetch` would not allow. */
function post(address: string, { path, headers = {}, body = "{}" }: Post): Promise<{ status: number; body: unknown }> {
  const at = address.lastIndexOf(":");
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      host: address.slice(0, at),
      port: Number(address.slice(at + 1)),
      path,
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}`, ...headers },
    });
    sent.once("error", reject);
    sent.once("response", (response: IncomingMessage) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, body: text === "" ? "" : JSON.parse(text) }),
      );
    });
    sent.end(body);
  });
}

function startHttpHouse() {
  return startHouse({ httpAddress: "127.0.0.1:0", token: TOKEN });
}

interface HttpProbe extends AsyncDisposable {
  readonly port: HttpSidePort;
  readonly internalErrors: unknown[];
}

async function startHttpProbe(methods: Partial<ServiceImplementation<typeof EvidenceService>>): Promise<HttpProbe> {
  const internalErrors: unknown[] = [];
  const port = await startHttpSidePort({
    address: parseAddress("127.0.0.1:0"),
    services: [probeService(methods)],
    clock: systemClock,
    budgets: new CallBudgets(systemClock),
    authenticate: () => ({ name: "anyone" }),
    access: new Access({ clock: systemClock, onDenied: () => undefined }),
    onInternalError: (error) => internalErrors.push(error),
  });
  return { port, internalErrors, [Symbol.asyncDispose]: () => port.drain({ graceMs: 0 }) };
}

function connectTo(port: HttpSidePort) {
  const transport = createConnectTransport({ baseUrl: `http://${port.address}`, httpVersion: "1.1" });
  return createClient(EvidenceService, transport);
}

test("trap 9: a generator whose reader never comes back is ended when the call is over", async () => {
  let released = false;
  async function* source() {
    try {
      while (true) yield await Promise.resolve(1);
    } finally {
      released = true;
    }
  }
  const over = new AbortController();
  const reader = releasedOnAbort(source(), over.signal)[Symbol.asyncIterator]();
  await reader.next(); // and never again
  over.abort();
  await until(() => released, "the generator is ended");
});

describe("trap 9: a generator that waits for a slow reader is released when the reader leaves", () => {
  test("trap 9: a reader over HTTP who stops reading and leaves ends the generator", async () => {
    let produced = 0;
    let released = false;
    await using probe = await startHttpProbe({
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
    const at = probe.port.address.lastIndexOf(":");
    const sent = httpRequest({
      host: "127.0.0.1",
      port: Number(probe.port.address.slice(at + 1)),
      path: "/verbatim.evidence.v1.EvidenceService/ReadLog",
      method: "POST",
      headers: { "content-type": "application/connect+json" },
    });
    sent.on("error", () => undefined);
    const body = Buffer.from(JSON.stringify({ runId: "x" }));
    const frame = Buffer.alloc(5 + body.length);
    frame.writeUInt32BE(body.length, 1);
    frame.set(body, 5);
    sent.end(frame);
    const response = await new Promise<IncomingMessage>((resolve) => sent.once("response", resolve));
    response.pause();
    let before = -1;
    // The writer waits once nothing more is produced between two looks.
    await until(() => before === (before = produced) && produced > 0, "the writer waits");
    expect(released).toBe(false);
    response.destroy();
    await until(() => released, "the generator is ended");
  });
});

describe("the HTTP side port serves the same services", () => {
  test("a job runs over HTTP with JSON and its stream tells the same events", async () => {
    await using house = await startHttpHouse();
    const client = createClient(
      JobExecutorService,
      createConnectTransport({
        baseUrl: `http://${house.server.httpAddress}`,
        httpVersion: "1.1",
        useBinaryFormat: false,
        interceptors: [
          (next) => (call) => {
            call.header.set("authorization", `Bearer ${TOKEN}`);
            return next(call);
          },
        ],
      }),
    );
    const events = await collect(client.executeJobStream({ job: request("job-1", ["test.echo"]) }));
    const overGrpc = await collect(house.client.executor.watchJob({ jobId: "job-1" }));
    expect(events.flatMap((batch) => batch.events)).toEqual(overGrpc.flatMap((batch) => batch.events));
  });

  test("curl gets JSON for JSON", async () => {
    await using house = await startHttpHouse();
    const answer = await post(house.server.httpAddress!, { path: LIST_STEP_TYPES });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      stepTypes: [{ name: "test.echo" }, { name: "test.fail" }, { name: "test.wait" }],
    });
  });

  test("a fault has the same code and details over HTTP as over gRPC", async () => {
    await using house = await startHttpHouse();
    const answer = await post(house.server.httpAddress!, { path: GET_JOB, body: JSON.stringify({ jobId: "nobody" }) });
    expect(answer).toMatchObject({ status: 404, body: { code: "not_found" } });
    const { details } = answer.body as { details: { type: string; value: string }[] };
    expect(details.map(({ type }) => type)).toContain("google.rpc.ErrorInfo");
  });

  test("what was not foreseen is INTERNAL with the fixed sentence and reported", async () => {
    const secret = new Error("secret at /etc/passwd");
    await using probe = await startHttpProbe({
      verifyRun: () => Promise.reject(secret),
      async *readLog() {
        yield page(1);
        await Promise.reject(secret);
      },
    });
    const client = connectTo(probe.port);
    const unary = await client.verifyRun({ runId: "x" }).catch((error: unknown) => ConnectError.from(error));
    const stream = await collect(client.readLog({ runId: "x" })).catch((error: unknown) => ConnectError.from(error));
    for (const error of [unary, stream]) {
      expect(error).toMatchObject({ code: Code.Internal, rawMessage: INTERNAL_SENTENCE });
      expect((error as ConnectError).findDetails(ErrorInfoSchema)).toMatchObject([
        { reason: "INTERNAL", domain: "verbatim" },
      ]);
    }
    expect(probe.internalErrors).toEqual([secret, secret]);
  });

  test("trap 5: a lone surrogate in a message does not hang a call over HTTP", async () => {
    await using probe = await startHttpProbe({
      verifyRun: () => Promise.reject(new Fault("RUN_NOT_FOUND", "no run \ud800 here")),
    });
    const error = await connectTo(probe.port)
      .verifyRun({ runId: "x" })
      .catch((caught: unknown) => ConnectError.from(caught));
    expect(error).toMatchObject({ code: Code.NotFound, rawMessage: "no run \ufffd here" });
  });

  test("a request larger than its method takes is refused over HTTP as well", async () => {
    await using probe = await startHttpProbe({ verifyRun: () => Promise.resolve(verified(1)) });
    const client = connectTo(probe.port);
    await expect(client.verifyRun({ runId: "x".repeat(16 * 1024 - 3) })).resolves.toMatchObject({ ok: true });
    const error = await client.verifyRun({ runId: "x".repeat(16 * 1024 - 2) }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: Code.ResourceExhausted });
  });
});

describe("the HTTP side port is closed to strangers", () => {
  test.each([undefined, "Bearer wrong", "Basic eDp5"])(
    "a call with the authorization %j is refused",
    async (authorization) => {
      await using house = await startHttpHouse();
      const answer = await post(house.server.httpAddress!, {
        path: LIST_STEP_TYPES,
        headers: { authorization: authorization ?? "" },
      });
      expect(answer).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
    },
  );

  test.each(["evil.example", "evil.example:80", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example:80"])(
    "a call to the host %j is refused even with the token, because its name may be a stranger's",
    async (host) => {
      await using house = await startHttpHouse();
      const answer = await post(house.server.httpAddress!, { path: LIST_STEP_TYPES, headers: { host } });
      expect(answer).toMatchObject({ status: 403, body: { code: "permission_denied" } });
    },
  );

  test.each(["http://evil.example", "https://evil.example", "null", "http://localhost:1", "file://"])(
    "a page of the origin %j is refused even with the token",
    async (origin) => {
      await using house = await startHttpHouse();
      const answer = await post(house.server.httpAddress!, { path: LIST_STEP_TYPES, headers: { origin } });
      expect(answer).toMatchObject({ status: 403, body: { code: "permission_denied" } });
    },
  );

  test("a page that this port itself served may call it", async () => {
    await using house = await startHttpHouse();
    const origin = `http://${house.server.httpAddress}`;
    await expect(
      post(house.server.httpAddress!, { path: LIST_STEP_TYPES, headers: { origin } }),
    ).resolves.toMatchObject({ status: 200 });
    const localhost = origin.replace("127.0.0.1", "localhost");
    await expect(
      post(house.server.httpAddress!, { path: LIST_STEP_TYPES, headers: { origin: localhost } }),
    ).resolves.toMatchObject({ status: 200 });
  });

  test("a side port without a token, or for all the world, is refused at the start", async () => {
    await expect(startHouse({ httpAddress: "127.0.0.1:0" })).rejects.toMatchObject({ code: "INVALID_CONFIGURATION" });
    await expect(startHouse({ httpAddress: "0.0.0.0:0", token: TOKEN })).rejects.toMatchObject({
      code: "INVALID_CONFIGURATION",
    });
    await expect(startHouse({ httpAddress: "unix:/tmp/x", token: TOKEN })).rejects.toMatchObject({
      code: "INVALID_CONFIGURATION",
    });
  });

  test("headers over their bound are refused and the port lives", async () => {
    await using house = await startHttpHouse();
    const answer = await post(house.server.httpAddress!, {
      path: LIST_STEP_TYPES,
      headers: { "x-padding": "p".repeat(9000) },
    }).catch(() => ({ status: 431 }));
    expect(answer.status).toBe(431);
    await expect(post(house.server.httpAddress!, { path: LIST_STEP_TYPES })).resolves.toMatchObject({ status: 200 });
  });

  test("strangers who hold every connection keep out nobody who has the token", async () => {
    await using house = await startHouse({ httpAddress: "127.0.0.1:0", token: TOKEN, limits: { connections: 2 } });
    const address = house.server.httpAddress!;
    const port = Number(address.slice(address.lastIndexOf(":") + 1));
    const strangers = [1, 2].map(() => connect({ host: "127.0.0.1", port }).resume());
    await Promise.all(strangers.map(async (socket) => once(socket, "connect")));
    await expect(post(address, { path: LIST_STEP_TYPES })).resolves.toMatchObject({ status: 200 });
    await until(() => strangers.some(({ destroyed }) => destroyed), "one of them is closed for it");
    for (const socket of strangers) socket.destroy();
  });

  test("a connection on which no call was let in is closed after a while, one that was let in is not", async () => {
    await using house = await startHouse({ httpAddress: "127.0.0.1:0", token: TOKEN, limits: { unprovenMs: 200 } });
    const address = house.server.httpAddress!;
    const port = Number(address.slice(address.lastIndexOf(":") + 1));
    const [friend, stranger] = [1, 2].map(() => connect({ host: "127.0.0.1", port }).resume());
    friend!.write(
      `POST ${LIST_STEP_TYPES} HTTP/1.1\r\nHost: ${address}\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
    );
    await until(() => stranger!.destroyed, "the stranger's is closed");
    expect(friend!.destroyed).toBe(false);
    friend!.destroy();
  });

  test("a drained side port cuts what is left after the grace", async () => {
    await using probe = await startHttpProbe({
      async *readLog(_request, { signal }) {
        yield page(1);
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      },
    });
    const stream = connectTo(probe.port).readLog({ runId: "x" })[Symbol.asyncIterator]();
    await stream.next();
    const cut = stream.next().catch((error: unknown) => ConnectError.from(error).code);
    await probe.port.drain({ graceMs: 50 });
    await expect(cut).resolves.toBeTypeOf("number");
  });
});

test("a request behind an answer that is not there yet ends its connection, and no call is left open", async () => {
  await using house = await startHouse({ httpAddress: "127.0.0.1:0", token: TOKEN });
  const [host = "", port = ""] = (house.server.httpAddress ?? "").split(":");
  const text = (method: string, message: object): string => {
    const body = JSON.stringify(message);
    const head = [`POST /verbatim.executor.v1.JobExecutorService/${method} HTTP/1.1`, `host: ${host}:${port}`];
    const rest = [`authorization: Bearer ${TOKEN}`, "content-type: application/json", `content-length: ${body.length}`];
    return [...head, ...rest, "", body].join("\r\n");
  };
  const socket = connect({ host, port: Number(port) });
  let closed = false;
  socket.on("error", () => undefined).once("close", () => (closed = true));
  const waits = { jobId: "waits", contractId: "c", executedBy: "x", steps: [{ stepType: "test.wait" }] };
  socket.write(text("ExecuteJob", waits));
  await expect.poll(() => house.server.open.calls).toBe(1);
  socket.resume().write(text("GetJob", { jobId: "waits" }) + text("GetJob", { jobId: "waits" }));
  await expect.poll(() => closed, { timeout: 5000 }).toBe(true);
  await expect.poll(() => house.server.open.calls).toBe(0);
});
