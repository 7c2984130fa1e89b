import { createServer } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { connectClient } from "#api";
import { collect, request, startHouse } from "./support/house.ts";
import { page, startProbe, until, verified } from "./support/probe.ts";

describe("a server that is not there", () => {
  test("a socket that is not there is SERVER_UNREACHABLE, for a unary call and for a stream", async () => {
    const directory = await mkdtemp(join(tmpdir(), "verbatim-client-"));
    using client = connectClient({ address: `unix:${join(directory, "nothing")}` });
    await expect(client.executor.getJob({ jobId: "x" })).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await expect(collect(client.executor.watchJob({ jobId: "x" }))).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
    });
    await rm(directory, { recursive: true });
  });

  test("a port on which nobody listens is SERVER_UNREACHABLE", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    using client = connectClient({ address: `127.0.0.1:${port}` });
    await expect(client.health.check({})).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
      message: expect.stringMatching(
        /^No server answers there \(connect ECONNREFUSED [^ ]+\)\. Start it, or name another one\.$/,
      ),
    });
  });

  test("an address that is none is refused when the client is made", () => {
    expect(() => connectClient({ address: "nonsense" })).toThrow(
      expect.objectContaining({ code: "INVALID_CONFIGURATION" }),
    );
  });
});

describe("a call that its caller ends", () => {
  test("a deadline that passes is DEADLINE_PASSED, for a unary call and for a stream", async () => {
    await using house = await startHouse();
    const job = request("job-1", ["test.wait"]);
    const unary = house.client.executor.executeJob(job, { deadline: new Date(Date.now() + 150) });
    await expect(unary).rejects.toMatchObject({ code: "DEADLINE_PASSED" });
    const stream = collect(
      house.client.executor.watchJob({ jobId: "job-1" }, { deadline: new Date(Date.now() + 150) }),
    );
    await expect(stream).rejects.toMatchObject({ code: "DEADLINE_PASSED" });
    await house.client.executor.cancelJob({ jobId: "job-1", cancelledBy: "tester", reason: "end of test" });
  });

  test("a signal that was aborted before the call is CANCELLED and nothing runs", async () => {
    let calls = 0;
    await using probe = await startProbe({
      verifyRun() {
        calls += 1;
        return Promise.resolve(verified(1));
      },
    });
    const { evidence } = probe.client;
    await expect(evidence.verifyRun({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(collect(evidence.readLog({}, { signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: "CANCELLED",
    });
    await evidence.verifyRun({});
    expect(calls).toBe(1);
  });

  test("a reader who leaves his loop ends the stream on the server", async () => {
    let released = false;
    await using probe = await startProbe({
      async *readLog() {
        try {
          while (true) yield page(1000);
        } finally {
          released = true;
        }
      },
    });
    for await (const { lines } of probe.client.evidence.readLog({})) {
      expect(lines).toHaveLength(1);
      break;
    }
    await until(() => released, "the generator is ended");
  });

  test("a client leaves no listener on a signal that outlives its calls", async () => {
    await using probe = await startProbe({
      verifyRun: () => Promise.resolve(verified(1)),
      async *readLog() {
        yield page(1);
      },
    });
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...rest: Parameters<typeof add>) => {
      listeners += 1;
      add(...rest);
    };
    signal.removeEventListener = (...rest: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...rest);
    };
    await probe.client.evidence.verifyRun({}, { signal });
    await collect(probe.client.evidence.readLog({}, { signal }));
    expect(listeners).toBe(0);
  });
});

test("bytes that a client is given are plain and its own", async () => {
  await using probe = await startProbe({
    async *readLog() {
      yield page(10);
    },
  });
  const [message] = await collect(probe.client.evidence.readLog({}));
  const line = message?.lines[0]?.line;
  expect(line?.constructor).toBe(Uint8Array);
  expect(Buffer.from(line ?? []).toString()).toBe("A".repeat(10));
});

test("many calls at once over one connection are answered each for itself", async () => {
  await using house = await startHouse();
  const ids = Array.from({ length: 200 }, (_, index) => `job-${index}`);
  const answers = await Promise.all(ids.map((id) => house.client.executor.executeJob(request(id, ["test.echo"]))));
  expect(answers.map(({ result }) => result?.jobId)).toEqual(ids);
});
