import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyFile } from "#evidence";
import type { ScratchDirectory } from "../support/scratch-directory.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { lacks } from "../support/needs.ts";
import { startServer } from "../support/server-process.ts";
import { python, ROOT } from "./support/python.ts";

const CALLER = "examples/python/execute_job.py";
const VERIFIER = "examples/python/verify_log.py";
/** Twenty lines. */
const SHORT_VERIFIER = "examples/python/verify_chain.py";
const LOG_LINES = 10;

const steps = { "command.run": { executables: ["ls", "sha256sum", "tar"], working_directories: [ROOT] } };

let scratch: ScratchDirectory;
let server: ServerProcess;

beforeAll(async () => {
  scratch = await scratchDirectory();
  const state = join(scratch.path, "state");
  server = await startServer({ state, entry: "serve", configuration: { steps }, flags: ["--listen", "127.0.0.1:0"] });
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await scratch?.[Symbol.asyncDispose]();
});

function callServer(...args: readonly string[]): ReturnType<typeof python> {
  return python(CALLER, "--address", server.address, "--token-file", join(server.state, "token"), ...args);
}

const EVENT = /^seq +(?<seq>\d+) {2}hash (?<hash>[\w-]{43}) {2}(?<status>[A-Z]+) +(?<words>.*)$/gm;

function eventsIn(stdout: string): readonly Record<string, string>[] {
  return [...stdout.matchAll(EVENT)].map(({ groups }) => ({ ...groups }));
}

const noPython = lacks("Python's gRPC");

describe.skipIf(noPython)("a caller in Python", () => {
  test("executes a job over TCP with the token and prints the evidence of each step", async () => {
    const file = join(scratch.path, "python.jsonl");
    const { status, stdout, stderr } = await callServer("--job-id", "python-tcp", "--save-log", file);
    expect(stderr).toBe("");
    const events = eventsIn(stdout);
    expect(events.map((event) => `${event["seq"]} ${event["status"]}`)).toEqual([
      "2 STARTED",
      "3 COMPLETED",
      "4 STARTED",
      "5 COMPLETED",
      "6 STARTED",
      "7 COMPLETED",
      "9 COMPLETED",
    ]);
    expect(events.at(-1)?.["words"]).toBe("job: All steps completed successfully (3 of 3 steps)");
    expect(stdout).toContain("log: 10 lines, chain whole, end complete");
    expect(stdout).toContain("the 7 streamed hashes stand in the log");
    expect(status).toBe(0);
    const report = await verifyFile(file);
    expect(report).toMatchObject({ ok: true, complete: true, runId: "python-tcp", records: LOG_LINES });
    expect(report.head).toBe(events.at(-1)?.["hash"]);
  });

  test("that asks for the same job again is shown the recorded execution with the same hashes", async () => {
    const first = await callServer("--job-id", "python-twice");
    const second = await callServer("--job-id", "python-twice");
    expect(second.stdout).toBe(first.stdout);
    expect([first.status, second.status]).toEqual([0, 0]);
  });

  test("that brings no token is told so and gets the exit code of a failed call", async () => {
    const { status, stderr } = await python(CALLER, "--address", server.address);
    expect(stderr).toMatch(/^execute_job: UNAUTHENTICATED: The call brings no token/);
    expect(status).toBe(8);
  });

  test("needs no token on the unix socket, and is told of a step that fails", async () => {
    await using place = await scratchDirectory();
    const state = join(place.path, "state");
    const configuration = { steps: { "command.run": { ...steps["command.run"], executables: ["ls", "sha256sum"] } } };
    await using local = await startServer({ state, entry: "serve", configuration });
    const refused = await python(CALLER, "--address", `unix:${join(state, "verbatim.sock")}`);
    expect(refused.stderr).toMatch(/^execute_job: INVALID_ARGUMENT: .*steps\[2\]\.parameters\.argv\[0\]/);
    expect(refused.status).toBe(8);
    expect(local.address).toMatch(/^unix:/);
  });
});

describe.skipIf(noPython)("the independent verifier", () => {
  let good: string;

  beforeAll(async () => {
    good = join(scratch.path, "good.jsonl");
    const { status } = await callServer("--job-id", "python-verified", "--save-log", good);
    expect(status).toBe(0);
  });

  test("finds a real log whole and complete, with the head that the server tells", async () => {
    const { head } = await verifyFile(good);
    const { status, stdout } = await python(VERIFIER, good, "--head", head ?? "");
    expect(stdout).toBe(`run python-verified: 10 lines, head ${head}\nchain: whole\nend: complete\n`);
    expect(status).toBe(0);
  });

  test("is twenty lines in its shortest form, which find a real log whole and a broken one broken", async () => {
    const { head } = await verifyFile(good);
    expect(await python(SHORT_VERIFIER, good)).toMatchObject({ status: 0, stdout: `whole, head ${head} complete\n` });
    const broken = join(scratch.path, "short.jsonl");
    const lines = (await readFile(good, "utf8")).split("\n");
    await writeFile(broken, lines.with(4, (lines[4] ?? "").replace('"attempt":0', '"attempt":1')).join("\n"));
    const found = await python(SHORT_VERIFIER, broken);
    expect(found).toMatchObject({ status: 1, stderr: "line 5 does not hold\n" });
  });

  test("names the line of a flipped bit first, wherever it is, and agrees with Verbatim's own verifier", async () => {
    const bytes = await readFile(good);
    const file = join(scratch.path, "flipped.jsonl");
    const places = Array.from({ length: 24 }, (_, part) => Math.floor(((part + 0.5) / 24) * bytes.length));
    for (const place of places.filter((at) => bytes[at] !== 0x0a)) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(place) ^ 4, place);
      await writeFile(file, flipped);
      const { status, stdout } = await python(VERIFIER, file);
      const line = bytes.subarray(0, place).filter((byte) => byte === 0x0a).length + 1;
      expect(stdout, `byte ${place}`).toMatch(new RegExp(`^line ${line}: `));
      expect(status).toBe(5);
      const report = await verifyFile(file);
      expect(report.problems[0]?.line, `byte ${place}`).toBe(line);
    }
  });

  test.each([
    ["a line was dropped", (lines: string[]) => lines.toSpliced(3, 1), "line 4: "],
    ["two lines were swapped", (lines: string[]) => lines.with(3, lines[4] ?? "").with(4, lines[3] ?? ""), "line 4: "],
    ["a line was inserted", (lines: string[]) => lines.toSpliced(3, 0, lines[3] ?? ""), "line 5: "],
    ["the first line is missing", (lines: string[]) => lines.slice(1), "line 1: "],
    ["a line follows the end", (lines: string[]) => [...lines.slice(0, -1), lines.at(-2) ?? "", ""], "line 11: "],
    [
      "the last line is cut",
      (lines: string[]) => [...lines.slice(0, -2), (lines.at(-2) ?? "").slice(0, 40)],
      "line 10: ",
    ],
    ["the log is empty", () => [""], "line 1: the log is empty"],
  ])("finds a log broken of which %s", async (_case, change, named) => {
    const file = join(scratch.path, "broken.jsonl");
    const lines = (await readFile(good, "utf8")).split("\n");
    await writeFile(file, change(lines).join("\n"));
    const { status, stdout } = await python(VERIFIER, file);
    expect(stdout.startsWith(named), stdout).toBe(true);
    expect(stdout).toContain("chain: BROKEN");
    expect(status).toBe(5);
    expect((await verifyFile(file)).ok).toBe(false);
  });

  test("calls the end of a cut log unproven, and refuses it where the noted head is given", async () => {
    const { head } = await verifyFile(good);
    const file = join(scratch.path, "cut.jsonl");
    await writeFile(file, (await readFile(good, "utf8")).split("\n").slice(0, 5).join("\n").concat("\n"));
    const cut = await python(VERIFIER, file);
    expect(cut.stdout).toContain("end: UNPROVEN, lines may be missing at the end");
    expect(cut.status).toBe(0);
    const noted = await python(VERIFIER, file, "--head", head ?? "");
    expect(noted.stdout).toContain(`the head is not ${head}`);
    expect(noted.status).toBe(5);
  });

  test("gives exit code 2 for a file that cannot be read", async () => {
    const { status, stderr } = await python(VERIFIER, join(scratch.path, "nowhere.jsonl"));
    expect(stderr).toMatch(/^verify_log: .*No such file/);
    expect(status).toBe(2);
  });
});
