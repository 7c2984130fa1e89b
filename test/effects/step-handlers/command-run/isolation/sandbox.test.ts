import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { IsolationLevel, IsolationOptions } from "#effects";
import type { Bench } from "../../../support/bench-of-commands.ts";
import { sh } from "../../../support/bench-of-commands.ts";
import { createIsolatedBench } from "../../../support/isolated-bench.ts";
import { livingWith } from "../../../support/processes.ts";
import { until } from "../../../support/until.ts";
import { lacks } from "../../../../support/needs.ts";
import { scratchDirectory } from "../../../../support/scratch-directory.ts";

const USER = { uid: 64_201, gid: 64_202 };
const MIB = 1024 * 1024;

const at = (level: IsolationLevel, sandbox: Partial<IsolationOptions["sandbox"]> = {}): Bench =>
  createIsolatedBench({ level, user: USER, sandbox });

const isUntestable = lacks("root") || lacks("a sandbox of bubblewrap");

/** Listens as a service of the machine does, and counts who comes. */
async function countingServer() {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo; // as: it listens on TCP
  return { port, count: () => count, [Symbol.dispose]: () => void server.close() };
}

describe.skipIf(isUntestable)("a command in a sandbox", () => {
  it("reads no file of the machine that is not shown, although everybody may read it", async () => {
    await using scratch = await scratchDirectory();
    const file = join(scratch.path, "of-the-host");
    chmodSync(scratch.path, 0o755);
    writeFileSync(file, "seen", { mode: 0o644 });
    await using outside = at("limited");
    expect((await outside.output({ argv: ["cat", file] })).stdout.text).toBe("seen");
    await using inside = at("sandbox");
    const hidden = await inside.output({ argv: ["cat", file, "/etc/hostname", "/etc/shadow"] });
    expect(hidden).toMatchObject({ exit_code: 1, stdout: { bytes: 0 } });
    await using shown = at("sandbox", { readable: [scratch.path] });
    expect((await shown.output({ argv: sh(`cat ${file}; echo more >> ${file}`) })).stdout.text).toBe("seen");
    expect(readFileSync(file, "utf8")).toBe("seen");
  });

  it("writes in its working directory alone, where what it writes stays", async () => {
    await using bench = at("sandbox");
    const places = ["/", "/usr/", "/usr/local/bin/", "/etc/", "/dev/", "/var/", "/proc/", `${bench.directory}/../`];
    const tries = places.map((place) => `( : > ${place}made-inside ) 2>/dev/null && echo ${place}`);
    const { stdout, exit_code: code } = await bench.output({ argv: sh([...tries, "echo kept > kept"].join("; ")) });
    // Its own /tmp, which is gone with it: the directory of this bench lies below it.
    expect({ code, made: stdout.text }).toEqual({ code: 0, made: `${bench.directory}/../\n` });
    expect(readFileSync(join(bench.directory, "kept"), "utf8")).toBe("kept\n");
    expect(places.map((place) => `${place}made-inside`).filter(existsSync)).toEqual([]);
  });

  it("has a /tmp of its own, bounded, empty, and gone when it ends", async () => {
    await using bench = at("sandbox", { tmpBytes: MIB });
    const script = "head -c 9999999 /dev/zero > /tmp/big; wc -c < /tmp/big; echo x > /dev/shm/x";
    const { stdout, stderr } = await bench.output({ argv: sh(script) });
    expect(stdout.text).toBe(`${MIB}\n`);
    expect(stderr.text).toMatch(/No space left/);
    expect((await bench.output({ argv: ["ls", "/tmp", "/dev/shm"] })).stdout.text).not.toMatch(/big|x\n/);
    expect(existsSync("/tmp/big")).toBe(false);
  });

  it("reaches no network, not even a service on the loopback, unless that is configured", async () => {
    using server = await countingServer();
    const argv = ["bash", "-c", `echo > /dev/tcp/127.0.0.1/${server.port}`];
    await using outside = at("limited");
    expect(await outside.output({ argv })).toMatchObject({ exit_code: 0 });
    expect(server.count()).toBe(1);
    await using inside = at("sandbox");
    expect(await inside.output({ argv })).toMatchObject({ exit_code: 1, isolation: { network: false } });
    expect(server.count()).toBe(1);
    await using connected = at("sandbox", { network: true });
    expect(await connected.output({ argv })).toMatchObject({ exit_code: 0, isolation: { network: true } });
    expect(server.count()).toBe(2);
  });

  it("sees and signals only processes of its own, as another user without privileges", async () => {
    await using bench = at("sandbox");
    const script =
      "pid=$1; set -- /proc/[0-9]*; echo $#; id -u; kill -0 $pid && echo reached; grep -c '^CapBnd:.0*$' /proc/self/status";
    const { stdout } = await bench.output({ argv: sh(script, String(process.pid)) });
    // The shell, and what waits for it.
    expect(stdout.text).toBe("2\n64201\n1\n");
  });

  it("never sees a hidden directory, although it lies where it may write", async () => {
    const hidden: string[] = [];
    await using bench = at("sandbox", { hidden });
    const state = join(bench.directory, "state");
    mkdirSync(state, { mode: 0o777 });
    writeFileSync(join(state, "log"), "evidence", { mode: 0o666 });
    expect((await bench.output({ argv: ["cat", "state/log"] })).stdout.text).toBe("evidence");
    hidden.push(state);
    expect((await bench.output({ argv: sh("cat state/log; : > state/made") })).stdout.bytes).toBe(0);
    expect(existsSync(join(state, "made"))).toBe(false);
  });

  it("shows a path under the name of a link that leads to it, and hides there what is hidden", async () => {
    await using scratch = await scratchDirectory();
    chmodSync(scratch.path, 0o755);
    const [real, link] = [join(scratch.path, "real"), join(scratch.path, "link")];
    mkdirSync(join(real, "state"), { recursive: true });
    symlinkSync(real, link);
    for (const name of ["shown", "state/log"]) writeFileSync(join(real, name), name);
    await using bench = at("sandbox", { readable: [link], hidden: [join(real, "state")] });
    const { stdout } = await bench.output({ argv: sh("cat $1/shown $1/state/log $2/state/log", link, real) });
    expect(stdout.text).toBe("shown");
  });

  it("does not run where its working directory would be the whole machine", async () => {
    await using bench = createIsolatedBench({ level: "sandbox", user: USER, workingDirectories: ["/"] });
    const said = await bench.run({ argv: ["true"], working_directory: "/" });
    expect(said).toMatchObject({ success: false, output: null, errorClass: "sandbox_violation" });
    expect(said.error).toMatch(/its working directory is the whole machine/);
  });

  it("says how it ended by its exit code, also after a limit was reached", async () => {
    await using bench = createIsolatedBench({ level: "sandbox", user: USER, limits: { fileBytes: MIB } });
    expect((await bench.run({ argv: sh("echo why >&2; exit 7") })).error).toBe("exited with code 7: why");
    const said = await bench.run({ argv: sh("exec head -c 9999999 /dev/zero > big") });
    expect(said.error).toMatch(/^exited with code 153 \(as after SIGXFSZ: .* file_bytes\)/);
  });

  it("may clean up after TERM when it is stopped, and what does not is killed, wherever it went", async () => {
    await using bench = createIsolatedBench({ level: "sandbox", user: USER, killGraceMs: 1500 });
    const abort = new AbortController();
    const stubborn = `setsid sh -c 'trap "" TERM; while :; do sleep 100; done' & `;
    const script = `trap "echo clean > cleaned; exit 0" TERM; ${stubborn} while :; do sleep 0.1; done`;
    const running = bench.run({ argv: sh(script) }, abort.signal);
    const own = (): number => livingWith(`VERBATIM_IDEMPOTENCY_KEY=${bench.key}`).length;
    await until("both of its shells run", () => own() >= 3);
    abort.abort();
    expect((await running).output).not.toHaveProperty("left_running");
    expect(readFileSync(join(bench.directory, "cleaned"), "utf8")).toBe("clean\n");
    expect(own() + livingWith(bench.key).length).toBe(0);
  });

  it("leaves no process behind when it ends by itself, even one with a cleared environment", async () => {
    await using bench = at("sandbox");
    const word = `sleep-of-${bench.key.replace("/", "-")}`;
    const script = `setsid env -i sh -c 'exec setsid sh -c "sleep 1000; : ${word}"' >/dev/null 2>&1 & sleep 0.1`;
    expect(await bench.output({ argv: sh(script) })).toMatchObject({ exit_code: 0 });
    await until("nothing of it is left", () => livingWith(word).length === 0);
  });

  it("is bounded when it forks without end, and nothing is left when it is stopped", async () => {
    await using bench = createIsolatedBench({ level: "sandbox", user: USER, limits: { processes: 8 } });
    const abort = new AbortController();
    const bomb = "bomb() { bomb & bomb & sleep 1; }; while :; do bomb 2>/dev/null; done";
    const running = bench.run({ argv: ["bash", "-c", bomb] }, abort.signal);
    const own = (): number => livingWith(`VERBATIM_IDEMPOTENCY_KEY=${bench.key}`).length;
    let most = 0;
    await until("it has forked as often as it can", () => {
      most = Math.max(most, own());
      return most >= 7;
    });
    abort.abort();
    await running;
    expect(most).toBeLessThanOrEqual(8);
    expect(own()).toBe(0);
  });
});
