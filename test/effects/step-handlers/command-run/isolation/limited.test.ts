import { chmodSync, copyFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Bench } from "../../../support/bench-of-commands.ts";
import { sh } from "../../../support/bench-of-commands.ts";
import { createIsolatedBench } from "../../../support/isolated-bench.ts";
import { livingWith } from "../../../support/processes.ts";
import { until } from "../../../support/until.ts";
import type { ProcessLimits } from "#effects";
import { lacks } from "../../../../support/needs.ts";

const USER = { uid: 64_101, gid: 64_102 };
const MIB = 1024 * 1024;

const limited = (limits: Partial<ProcessLimits> = {}): Bench =>
  createIsolatedBench({ level: "limited", user: USER, limits });

/** What it printed, without what names the bench, in an order of its own. */
const comparable = (text = "", { directory }: Bench): string[] =>
  text
    .replace(/VERBATIM_STEP=[^\0]*/, "")
    .replaceAll(directory.split("/").at(-1) ?? "", "BENCH")
    .split("\0")
    .sort();

describe.skipIf(lacks("root"))("a command that is limited", () => {
  it("runs as another user and group, in no other groups, and cannot touch what is root's", async () => {
    await using bench = limited();
    const secret = join(bench.directory, "secret");
    writeFileSync(secret, "of root", { mode: 0o600 });
    const script = "id -u; id -g; id -G; cat secret; kill -0 $1; echo made > made";
    const { stdout, stderr } = await bench.output({ argv: sh(script, String(process.pid)) });
    expect(stdout.text).toBe("64101\n64102\n64102\n");
    expect(stderr.text).toMatch(/secret: Permission denied/);
    expect(stderr.text).toMatch(/not permitted/i);
    expect(statSync(join(bench.directory, "made"))).toMatchObject(USER);
  });

  it("says in its output what the kernel shows of it, and not what was configured", async () => {
    await using bench = limited({ openFiles: 77, processes: 33, cpuSeconds: 9, fileBytes: MIB });
    const output = await bench.output({ argv: ["true"] });
    expect(output).toMatchObject({
      exit_code: 0,
      isolation: {
        level: "limited",
        ...USER,
        limits: { open_files: 77, processes: 33, cpu_seconds: 9, file_bytes: MIB, address_space_bytes: 8192 * MIB },
      },
    });
  });

  it("has exactly the environment and the arguments of one that is not, whatever stands in them", async () => {
    const tricky = `it's "$HOME" \`x\` \\ \n\t\u0081é€😀 'end`;
    const declared = { argv: sh('printf "%s|" "$@"; env -0', tricky, "", "-n"), environment: { A: tricky, EMPTY: "" } };
    await using bench = limited();
    await using bare = createIsolatedBench({ level: "group", user: USER });
    const [isolated, plain] = [await bench.output(declared), await bare.output(declared)];
    expect(isolated.stdout.text).toContain(tricky);
    expect(comparable(isolated.stdout.text, bench)).toEqual(comparable(plain.stdout.text, bare));
  });

  it("gives its variables to no program before it, for those run as the server's user", async () => {
    await using bench = createIsolatedBench({
      level: "limited",
      user: USER,
      environment: { values: {}, allow: ["LD_PRELOAD"] },
    });
    const { stderr } = await bench.output({ argv: ["true"], environment: { LD_PRELOAD: "/nowhere.so" } });
    expect(stderr.text?.match(/nowhere\.so/g)).toHaveLength(1);
  });

  it("gains no privileges by a program that would give them", async () => {
    await using bench = limited();
    const program = join(bench.directory, "as-root");
    copyFileSync("/usr/bin/id", program);
    chmodSync(program, 0o4755);
    expect((await bench.output({ argv: [program, "-u"] })).stdout.text).toBe("64101\n");
  });

  it("may open its own output by name, as a script does that writes to /dev/stderr", async () => {
    await using bench = limited();
    const output = await bench.output({ argv: sh("echo out > /dev/stdout; echo err > /dev/stderr") });
    expect(output).toMatchObject({ exit_code: 0, stdout: { text: "out\n" }, stderr: { text: "err\n" } });
  });

  it("is not started if its program cannot be, and that is no exit of the program", async () => {
    await using bench = limited();
    const script = join(bench.directory, "script");
    writeFileSync(script, "#!/no/such/interpreter\n", { mode: 0o755 });
    for (const argv of [["/no/such/program"], [script], ["/etc/passwd"]]) {
      const said = await bench.run({ argv });
      expect(said).toMatchObject({ success: false, output: null, errorClass: "permanent" });
      expect(said.error).toMatch(/^cannot start ".*" with isolation limited: .*(not found|denied)/);
    }
    const own = await bench.run({ argv: sh("exit 127") });
    expect(own).toMatchObject({ errorClass: "unknown", output: { exit_code: 127 } });
  });

  it("is killed by the limit on processor time, and that is said", async () => {
    await using bench = limited({ cpuSeconds: 1 });
    const said = await bench.run({ argv: sh("while :; do :; done") });
    expect(said.error).toBe("killed by SIGXCPU (it reached its limit cpu_seconds)");
  });

  it("is killed by the limit on the size of a file, whose shell says so as well", async () => {
    await using bench = limited({ fileBytes: MIB });
    const direct = await bench.run({ argv: ["dd", "if=/dev/zero", "of=big", "bs=64K", "count=100"] });
    expect(direct.error).toMatch(/^killed by SIGXFSZ \(it reached its limit file_bytes\)/);
    expect(statSync(join(bench.directory, "big")).size).toBe(MIB);
    const below = await bench.run({ argv: sh("head -c 9999999 /dev/zero > big; exit $?") });
    expect(below.error).toMatch(/^exited with code 153 \(as after SIGXFSZ: .* file_bytes\)/);
  });

  it("cannot have more memory or more files open than its limits say", async () => {
    await using bench = limited({ addressSpaceBytes: 64 * MIB, openFiles: 16 });
    const memory = await bench.run({ argv: ["dd", "if=/dev/zero", "of=/dev/null", "bs=256M", "count=1"] });
    expect(memory.error).toMatch(/^exited with code 1: .*dd: memory exhausted/);
    const names = Array.from({ length: 20 }, (_, index) => join(bench.directory, `f${index}`));
    for (const name of names) writeFileSync(name, "");
    const files = await bench.run({ argv: ["paste", ...names] });
    expect(files.error).toMatch(/Too many open files/);
  });

  it("is bounded when it forks without end, and nothing is left when it is stopped", async () => {
    await using bench = limited({ processes: 8 });
    const abort = new AbortController();
    const bomb = "bomb() { bomb & bomb & sleep 1; }; while :; do bomb 2>/dev/null; done";
    const running = bench.run({ argv: ["bash", "-c", bomb] }, abort.signal);
    const own = (): number => livingWith(`VERBATIM_IDEMPOTENCY_KEY=${bench.key}`).length;
    let most = 0;
    await until("it has forked as often as it can", () => {
      most = Math.max(most, own());
      return most >= 7;
    });
    for (let look = 0; look < 20; look += 1) most = Math.max(most, own());
    abort.abort();
    await running;
    expect(most).toBeLessThanOrEqual(8);
    await until("none of it is left", () => own() === 0);
  });

  it("is ended as a whole when it is stopped, also what ignores TERM in a session of its own", async () => {
    await using bench = limited();
    const abort = new AbortController();
    const script = `trap "" TERM; setsid sh -c 'trap "" TERM; while :; do sleep 100; done' & echo $! > pid; while :; do sleep 100; done`;
    const running = bench.run({ argv: sh(script) }, abort.signal);
    const own = (): number => livingWith(`VERBATIM_IDEMPOTENCY_KEY=${bench.key}`).length;
    await until("both of its shells sleep", () => own() >= 4);
    abort.abort();
    expect((await running).output).not.toHaveProperty("left_running");
    expect(own()).toBe(0);
  });
});
