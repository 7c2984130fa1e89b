import { readFile } from "node:fs/promises";
import { createServer, connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandBench, shellStep, startServe } from "./support/command-bench.ts";
import type { CommandBench } from "./support/command-bench.ts";

let bench: CommandBench;
beforeEach(async () => {
  bench = await commandBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

const COUNT = `job_id: count\nsteps:\n${shellStep("count", "echo performed >> effects")}`;

/** Waits until a file is there that the test makes. */
const WAIT_FOR_GO = "until [ -e go ]; do sleep 0.02; done";

describe("a server on the unix socket of its state directory", () => {
  it("is found by every command without being named, and a second one is refused with exit code 6", async () => {
    const { server, address } = await startServe(bench);
    expect(address).toMatch(/^unix:/);
    const first = await bench.run(["exec", "-"], { input: COUNT });
    expect(first.code).toBe(0);
    expect(first.err).toContain(`Run count: 1 step, ${address}\n`);
    const second = await bench.run(["exec", "-", "--server", address], { input: COUNT });
    expect(second.code).toBe(0);
    expect(second.err).toContain("attached to it, nothing is performed again");
    expect(await readFile(join(bench.directory, "effects"), "utf8")).toBe("performed\n");

    const other = await bench.run(["serve", "--listen", "127.0.0.1:0"]);
    expect(other.code).toBe(6);
    expect(other.out).toBe("");
    expect(other.err).toContain(`is in use by process ${server.child.pid}`);
    expect((await bench.run(["doctor"])).out).toContain(`a server runs here: process ${server.child.pid}`);

    server.child.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
    expect((await bench.run(["runs"])).out).toMatch(/^■ ended {2}count /);
  });

  it("shows, lists, follows and cancels a run that goes on, from other processes", async () => {
    await startServe(bench);
    const job = `job_id: long\nsteps:\n${shellStep("first", "true")}${shellStep("wait", "exec sleep 600")}${shellStep("last", "true")}`;
    const exec = bench.start(["exec", "-"], { input: job });
    await exec.says(/completed {2}0/);
    const following = bench.start(["events", "long", "--follow"]);
    await expect.poll(() => following.out(), { timeout: 30_000 }).toMatch(/"step_index":1/);
    const shown = await bench.run(["show", "long"]);
    expect(shown.out).toContain("Status: ▸ RUNNING\n");
    expect(shown.out).toContain("(1 completed, 0 failed, 1 running, 1 not run)");
    expect((await bench.run(["runs"])).out).toMatch(/^▸ open {3}long /);

    const cancelled = await bench.run(["cancel", "long", "--reason", "enough", "--by", "somebody"]);
    expect(cancelled.code).toBe(0);
    expect(cancelled.out).toBe("■ CANCELLED  long  Step 1 failed: cancelled by somebody: enough\n");
    const ended = await exec.ended;
    expect(ended.code).toBe(1);
    expect(ended.out).toContain("Status: ■ CANCELLED\n");
    const followed = await following.ended;
    expect(followed.code).toBe(0);
    expect(followed.out).toBe(await readFile(join(bench.directory, ".verbatim/runs/long/events.jsonl"), "utf8"));
  });
});

describe("a server on a port", () => {
  it("takes whoever brings the token of its state directory, and nobody else: exit code 7", async () => {
    const { address } = await startServe(bench, ["--listen", "127.0.0.1:0"]);
    expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
    expect((await bench.run(["exec", "-"], { input: COUNT })).code).toBe(0);

    await using stranger = await commandBench();
    const withoutToken = await stranger.run(["runs", "--server", address]);
    expect(withoutToken.code).toBe(7);
    const wrong = await stranger.run(["runs", "--server", address], {
      environment: { VERBATIM_TOKEN: "x".repeat(43) },
    });
    expect(wrong.code).toBe(7);
    const token = (await readFile(join(bench.directory, ".verbatim/token"), "utf8")).trim();
    const right = await stranger.run(["runs", "--server", address], { environment: { VERBATIM_TOKEN: token } });
    expect({ code: right.code, out: right.out.slice(0, 14) }).toEqual({ code: 0, out: "■ ended  count" });
  });

  it("whose connection is cut in the middle of a job has it taken up, and every step told once", async () => {
    const { address } = await startServe(bench, ["--listen", "127.0.0.1:0"]);
    await using proxy = await startProxy(Number(address.split(":")[1]));
    const job = `steps:\n${shellStep("first", "true")}${shellStep("wait", WAIT_FOR_GO)}${shellStep("last", "true")}`;
    const exec = bench.start(["exec", "-", "--server", proxy.address], { input: job });
    await exec.says(/completed {2}0/);
    proxy.cut();
    await exec.says(/Taking it up again/);
    await bench.file("go", "");
    const { code, out, err } = await exec.ended;
    expect(code).toBe(0);
    expect(out).toContain("Steps: 3 total (3 completed, 0 failed)\n");
    expect(err.match(/completed {2}\d/g)).toEqual(["completed  0", "completed  1", "completed  2"]);
  });

  it("that is killed in the middle of a job leaves a command that says how to find it again, with exit code 8", async () => {
    const { server } = await startServe(bench, ["--listen", "127.0.0.1:0"]);
    const job = `job_id: orphan\nsteps:\n${shellStep("wait", "echo $$ > pid; exec sleep 600")}`;
    const exec = bench.start(["exec", "-"], { input: job });
    await exec.says(/^Run orphan/);
    await expect
      .poll(() => readFile(join(bench.directory, "pid"), "utf8").catch(() => ""), { timeout: 30_000 })
      .not.toBe("");
    server.child.kill("SIGKILL");
    await server.ended;
    process.kill(Number(await readFile(join(bench.directory, "pid"), "utf8")), "SIGKILL"); // nobody is left to do it
    const { code, err } = await exec.ended;
    expect(code).toBe(8);
    expect(err).toContain("see `verbatim show orphan`, or attach with --job-id orphan.");
    const shown = await bench.run(["show", "orphan"]);
    expect(shown.out).toContain("? in doubt   0  command.run     wait");
  });
});

interface Proxy extends AsyncDisposable {
  readonly address: string;
  /** Destroys every connection that is there. */
  cut(): void;
}

/** A port that hands on to another one. */
async function startProxy(port: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(port, "127.0.0.1");
    for (const socket of [from, to]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    }
    from.pipe(to).pipe(from);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
