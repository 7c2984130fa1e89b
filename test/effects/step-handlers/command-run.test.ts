import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LIMITS } from "#model";
import { createBench, sh } from "../support/bench-of-commands.ts";
import type { Bench } from "../support/bench-of-commands.ts";

let bench: Bench;
beforeEach(() => {
  bench = createBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const openDescriptors = (): number => readdirSync("/proc/self/fd").length;

/** `argv` that writes the letter x `count` times. */
const letters = (count: number): string[] => sh(`head -c ${count} /dev/zero | tr '\\0' x`);

describe("what a command is given", () => {
  it("gives every word of argv to the program as it is", async () => {
    const words = ["a b", "$HOME", "*", "`id`", "; rm -rf /", "", "-n", "\n", "ü€😀", "'\"\\"];
    const { stdout } = await bench.output({ argv: ["printf", "[%s]", ...words] });
    expect(stdout.text).toBe(words.map((word) => `[${word}]`).join(""));
  });

  it("starts the program under the name that argv says, not under the path it was found at", async () => {
    expect((await bench.output({ argv: ["sh", "-c", 'echo "$0"'] })).stdout.text).toBe("sh\n");
  });

  it("gives the command a session and a process group of its own", async () => {
    const script = "read -r pid name state parent group session rest < /proc/self/stat; echo $pid $group $session";
    const [pid, group, session] = (await bench.output({ argv: sh(script) })).stdout.text?.trim().split(" ") ?? [];
    expect([group, session]).toEqual([pid, pid]);
  });

  it("gives a closed stdin, which ends at once when it is read", async () => {
    expect(await bench.output({ argv: sh("cat; echo read to the end") })).toMatchObject({
      exit_code: 0,
      stdout: { text: "read to the end\n" },
    });
  });

  it("gives no variable of this process to the child, only the permitted and its own", async () => {
    process.env["VERBATIM_TEST_SECRET"] = "do-not-tell";
    try {
      const { stdout } = await bench.output({ argv: ["env"], environment: { GREETING: "a=b,c", EMPTY: "" } });
      const lines = (stdout.text ?? "").trim().split("\n").sort();
      expect(lines).toEqual([
        "EMPTY=",
        "GREETING=a=b,c",
        "PATH=/usr/bin:/bin",
        `VERBATIM_IDEMPOTENCY_KEY=${bench.key}`,
        `VERBATIM_JOB_ID=${bench.key.split("/")[0]}`,
        expect.stringMatching(new RegExp(`^VERBATIM_STEP=${bench.key}/[0-9a-f-]{36}$`)),
        "VERBATIM_STEP_INDEX=0",
      ]);
    } finally {
      delete process.env["VERBATIM_TEST_SECRET"];
    }
  });

  it("lets a step replace a value that every command gets", async () => {
    await using other = createBench({ environment: { values: { LANG: "C", HOME: "/nowhere" } } });
    const { stdout } = await other.output({ argv: sh('echo "$LANG $HOME"'), environment: { LANG: "de_DE.UTF-8" } });
    expect(stdout.text).toBe("de_DE.UTF-8 /nowhere\n");
  });

  it("leaves no open file of this process open in the child", async () => {
    const descriptor = openSync(join(bench.directory, "opened-by-the-test"), "w");
    try {
      const { stdout } = await bench.output({ argv: sh("ls -l /proc/self/fd") });
      expect(stdout.text).not.toContain("opened-by-the-test");
    } finally {
      closeSync(descriptor);
    }
  });

  it("runs in the first permitted directory, or in the one that the step names", async () => {
    mkdirSync(join(bench.directory, "inner"));
    expect((await bench.output({ argv: ["pwd", "-P"] })).stdout.text).toBe(`${bench.directory}\n`);
    const named = await bench.output({ argv: ["pwd", "-P"], working_directory: "inner" });
    expect(named.stdout.text).toBe(`${bench.directory}/inner\n`);
  });

  it("lets a script write to the names /dev/stdout and /dev/stderr", async () => {
    const seen = await bench.output({ argv: sh("echo out > /dev/stdout; echo err > /dev/stderr") });
    expect(seen).toMatchObject({ exit_code: 0, stdout: { text: "out\n" }, stderr: { text: "err\n" } });
  });
});

/** A figure, or null where nobody looked. */
const isFigure = (value: unknown): boolean => value === null || (typeof value === "number" && value >= 0);

describe("what a command's end means", () => {
  it("succeeds with exit code 0 and reports both streams apart", async () => {
    const result = await bench.run({ argv: sh("echo one; echo two >&2") });
    expect(result).toEqual({
      success: true,
      output: {
        exit_code: 0,
        stdout: { text: "one\n", bytes: 4, sha256: sha256("one\n"), truncated: false },
        stderr: { text: "two\n", bytes: 4, sha256: sha256("two\n"), truncated: false },
        resources: { peak_rss_bytes: expect.toSatisfy(isFigure), cpu_seconds: expect.toSatisfy(isFigure) },
        isolation: { level: "group" },
      },
    });
  });

  it("fails with another exit code, and quotes the last line of stderr", async () => {
    const result = await bench.run({ argv: sh("echo first >&2; echo the cause >&2; echo >&2; exit 3") });
    expect(result).toMatchObject({ success: false, errorClass: "unknown", error: "exited with code 3: the cause" });
    expect(result.output).toMatchObject({ exit_code: 3, stderr: { text: "first\nthe cause\n\n" } });
  });

  it("fails without a quote when stderr is empty", async () => {
    expect(await bench.run({ argv: ["false"] })).toMatchObject({ success: false, error: "exited with code 1" });
  });

  it("caps the quoted line, however long the program makes it", async () => {
    const { error } = await bench.run({ argv: sh("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1") });
    expect(error).toBe(`exited with code 1: ${"x".repeat(1000)}`);
    expect((error ?? "").length).toBeLessThanOrEqual(LIMITS.errorCharacters);
  });

  it("quotes the last line of stderr even when the cap dropped it", async () => {
    await using small = createBench({ outputBytes: 10 });
    const result = await small.run({ argv: sh("head -c 5000 /dev/zero; echo the last word >&2; exit 2") });
    expect(result).toMatchObject({
      error: "exited with code 2: the last word",
      output: { stderr: { truncated: true } },
    });
  });

  it.each([
    [[3], 3, true],
    [[0, 1], 1, true],
    [[3], 0, false],
    [[255], 255, true],
  ])("with the expected codes %j the code %i means success: %j", async (expected, code, success) => {
    const result = await bench.run({ argv: sh(`exit ${code}`), expected_exit_codes: expected });
    expect(result.success).toBe(success);
  });

  it("tells the signal when one ended the command, and never calls that a success", async () => {
    const result = await bench.run({ argv: sh("echo before; kill -KILL $$"), expected_exit_codes: [0, 9, 137] });
    expect(result).toMatchObject({ success: false, error: "killed by SIGKILL", output: { signal: "SIGKILL" } });
    expect(result.output).not.toHaveProperty("exit_code");
  });
});

describe("commands that cannot be started", () => {
  it.each([
    ["a path where nothing is", "/no/such/program", "ENOENT"],
    ["a directory", "/usr", "EACCES"],
  ])("fails with a clear error for %s", async (_, program, code) => {
    const result = await bench.run({ argv: [program] });
    expect(result).toMatchObject({ success: false, output: null, errorClass: "permanent" });
    expect(result.error).toMatch(`cannot start "${program}"`);
    expect(result.error).toMatch(code);
  });

  it("fails clearly for a bare name that is nowhere on the search path", async () => {
    expect(await bench.run({ argv: ["no-such-program-anywhere"] })).toMatchObject({
      success: false,
      error: 'cannot start "no-such-program-anywhere": it is not on the server\'s search path',
      errorClass: "permanent",
    });
  });

  it("fails clearly for a file without the execute bit and for a missing interpreter", async () => {
    const file = join(bench.directory, "script");
    writeFileSync(file, "#!/no/such/interpreter\n", { mode: 0o644 });
    expect((await bench.run({ argv: [file] })).error).toMatch("not an executable file");
    chmodSync(file, 0o755);
    expect((await bench.run({ argv: [file] })).error).toMatch("interpreter");
  });

  it("fails clearly for more arguments than the system takes together", async () => {
    const words = Array.from({ length: 900 }, () => "x".repeat(100_000));
    const result = await bench.run({ argv: ["true", ...words] });
    expect(result).toMatchObject({ success: false, errorClass: "permanent" });
    expect(result.error).toMatch("E2BIG");
  });

  it("leaves no descriptor open after many failed starts", async () => {
    await bench.run({ argv: ["/no/such/program"] });
    const before = openDescriptors();
    for (let index = 0; index < 200; index += 1) await bench.run({ argv: ["/no/such/program"] });
    // Between two batches of pipes a few dozen are ready; two hundred failures would have left eight hundred.
    expect(openDescriptors() - before).toBeLessThan(64);
  });
});

describe("what is refused before anything runs", () => {
  it.each([
    ["a program that is not listed", { argv: ["touch", "MARK"] }, "sandbox_violation"],
    ["a guarded variable", { argv: ["sh", "-c", "touch MARK"], environment: { LD_PRELOAD: "x" } }, "sandbox_violation"],
    ["a directory outside", { argv: ["sh", "-c", "touch MARK"], working_directory: "/" }, "sandbox_violation"],
    ["an unknown parameter", { argv: ["sh", "-c", "touch MARK"], shell: true }, "validation_failed"],
  ])("performs nothing at all for %s", async (_, parameters, errorClass) => {
    await using strict = createBench({ executables: ["sh"] });
    const mark = join(strict.directory, "mark");
    const argv = parameters.argv.map((word) => word.replace("MARK", mark));
    expect(await strict.run({ ...parameters, argv })).toMatchObject({ success: false, output: null, errorClass });
    expect(existsSync(mark)).toBe(false);
  });

  it("refuses a directory that became a way out after the parameters were checked", async () => {
    const parameters = { argv: sh('touch "$PWD/mark"'), working_directory: "place" };
    mkdirSync(join(bench.directory, "elsewhere"));
    await using strict = createBench({ workingDirectories: [join(bench.directory, "root")] });
    mkdirSync(join(bench.directory, "root", "place"), { recursive: true });
    expect(strict.commandRun.checkParameters(parameters)).toEqual([]);
    expect(await strict.run(parameters)).toMatchObject({ success: true });

    rmSync(join(bench.directory, "root", "place"), { recursive: true });
    symlinkSync(join(bench.directory, "elsewhere"), join(bench.directory, "root", "place"));
    expect(await strict.run(parameters)).toMatchObject({ success: false, errorClass: "sandbox_violation" });
    expect(existsSync(join(bench.directory, "elsewhere", "mark"))).toBe(false);
  });

  it("fails, and does not run elsewhere, when the directory is not there", async () => {
    const parameters = { argv: ["pwd"], working_directory: "made-by-an-earlier-step" };
    expect(bench.commandRun.checkParameters(parameters)).toEqual([]);
    expect(await bench.run(parameters)).toMatchObject({ success: false, output: null, errorClass: "permanent" });
    mkdirSync(join(bench.directory, "made-by-an-earlier-step"));
    expect(await bench.run(parameters)).toMatchObject({ success: true });
  });

  it("starts nothing when the step was stopped before", async () => {
    const mark = join(bench.directory, "mark");
    const result = await bench.run({ argv: ["touch", mark] }, AbortSignal.abort());
    expect(result).toMatchObject({ success: false, output: null });
    expect(existsSync(mark)).toBe(false);
  });
});

describe("what is kept of the output", () => {
  it("keeps exactly 1 MiB whole, and of one byte more the first 1 MiB", async () => {
    const edge = LIMITS.outputBytesPerStep;
    const whole = (await bench.output({ argv: letters(edge) })).stdout;
    expect([whole.text?.length, whole.bytes, whole.truncated]).toEqual([edge, edge, false]);

    const past = (await bench.output({ argv: letters(edge + 1) })).stdout;
    expect([past.text?.length, past.bytes, past.truncated]).toEqual([edge, edge + 1, true]);
    expect(past.sha256).toBe(sha256("x".repeat(edge + 1)));
  });

  it("lets both streams share the cap", async () => {
    await using small = createBench({ outputBytes: 8 });
    expect(await small.output({ argv: sh("printf 1234; printf 5678 >&2") })).toMatchObject({
      stdout: { text: "1234", truncated: false },
      stderr: { text: "5678", truncated: false },
    });
    const { stdout, stderr } = await small.output({ argv: sh("printf 12345; printf 6789 >&2") });
    expect((stdout.text ?? "").length + (stderr.text ?? "").length).toBe(8);
    expect([stdout.bytes, stderr.bytes]).toEqual([5, 4]);
    expect([stdout.truncated, stderr.truncated].filter(Boolean)).toHaveLength(1);
  });

  it("keeps a last line without a line feed, and tells it from one with it", async () => {
    expect((await bench.output({ argv: ["printf", "a\nb"] })).stdout).toMatchObject({ text: "a\nb", bytes: 3 });
    expect((await bench.output({ argv: ["printf", "a\nb\n"] })).stdout).toMatchObject({ text: "a\nb\n", bytes: 4 });
  });

  it("brings any bytes through a real pipe unchanged", async () => {
    const file = join(bench.directory, "bytes");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100_000, size: "max" }), async (bytes) => {
        writeFileSync(file, bytes);
        const { stdout } = await bench.output({ argv: ["cat", file] });
        const kept = stdout.text === undefined ? Buffer.from(stdout.base64 ?? "", "base64") : Buffer.from(stdout.text);
        expect(kept.equals(bytes)).toBe(true);
        expect(stdout).toMatchObject({ bytes: bytes.length, sha256: sha256(bytes), truncated: false });
      }),
      { numRuns: 20 },
    );
  });

  it("counts and hashes a flood of output in bounded memory", async () => {
    const bytes = 512 * 1024 * 1024;
    const before = process.memoryUsage().rss;
    const { stdout } = await bench.output({ argv: sh(`head -c ${bytes} /dev/zero`) });
    expect(stdout).toMatchObject({ bytes, truncated: true });
    expect(stdout.text).toHaveLength(LIMITS.outputBytesPerStep);
    // What `head -c 512M /dev/zero | sha256sum` says.
    expect(stdout.sha256).toBe("9acca8e8c22201155389f65abbf6bc9723edc7384ead80503839f49dcc56d767");
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);
  });
});
