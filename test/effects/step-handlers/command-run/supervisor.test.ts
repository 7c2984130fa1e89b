import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCommandHost } from "#effects";
import { CommandSupervisor } from "../../../../src/effects/step-handlers/command-run/supervisor.ts";
import { createBench, sh } from "../../support/bench-of-commands.ts";
import { realClock } from "../../support/clock.ts";
import { lives, livingChildrenWith, pidsIn } from "../../support/processes.ts";
import { until } from "../../support/until.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "verbatim-supervisor-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A script that plays the supervisor. */
function script(text: string): string {
  const file = join(directory, "other.mjs");
  writeFileSync(file, text);
  return file;
}

const READER = 'process.stdin.resume(); process.stdin.on("end", () => process.exit()); console.log("ready");';

describe("no supervisor, no commands", () => {
  it.each([
    ["cannot be found", ""],
    ["ends before it is ready", "process.exit(7);"],
    ["says something else", 'console.log("hello"); setInterval(() => 0, 1000);'],
  ])("nothing is started where the supervisor %s", async (_case, text) => {
    const file = text === "" ? join(directory, "missing.mjs") : script(text);
    await using host = createCommandHost({ clock: realClock, script: file });
    await using bench = createBench({ host });
    const said = await bench.run({ argv: sh("touch started") });
    expect(said).toMatchObject({ success: false, output: null, errorClass: "transient_io" });
    expect(said.error).toMatch(/^nothing is started: the supervisor of commands could not be started/);
    expect(readdirSync(bench.directory)).toEqual([]);
  });

  it("stops what runs where the supervisor ends and is not to be had again", async () => {
    const pidFile = join(directory, "pids");
    const file = script(
      `${READER} import { appendFileSync } from "node:fs"; appendFileSync(${JSON.stringify(join(directory, "supervisor"))}, process.pid + "\\n");`,
    );
    await using host = createCommandHost({ clock: realClock, script: file });
    await using bench = createBench({ host });
    const running = bench.run({ argv: sh("echo $$ >> $1; while :; do sleep 1000; done", pidFile) });
    await until("the command runs", () => pidsIn(pidFile).length === 1);
    writeFileSync(file, "process.exit(7);");
    for (const pid of pidsIn(join(directory, "supervisor"))) process.kill(pid, "SIGKILL");
    const said = await running;
    expect(said).toMatchObject({ success: false, errorClass: "transient_io" });
    expect(said.error).toContain("nobody was left to end it");
    expect(pidsIn(pidFile).filter(lives)).toEqual([]);
  });
});

const onLost = (): void => undefined;

describe("the supervisor", () => {
  it("is started with the first command and ends with its host", async () => {
    const host = createCommandHost({ clock: realClock });
    const before = livingChildrenWith("supervisor-process").length;
    const bench = createBench({ host });
    await bench.run({ argv: ["true"] });
    await bench.run({ argv: ["true"] });
    expect(livingChildrenWith("supervisor-process").length).toBe(before + 1);
    await bench[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
    expect(livingChildrenWith("supervisor-process").length).toBe(before);
  });

  it("ends nothing that was closed before, and all that is open by its marker, when its pipe ends", async () => {
    const marker = (name: string): string => `VERBATIM_STEP=${directory}/${name}`;
    const supervisor = new CommandSupervisor({ clock: realClock });
    await using bench = createBench();
    const stop = new AbortController();
    const pidFile = join(directory, "pids");
    const runs = ["closed", "open"].map((name) =>
      bench.run(
        {
          argv: sh(
            "TO=$1; env VERBATIM_STEP=$2 sh -c 'echo $$ >> $1; exec sleep 1000' sh $TO",
            `${pidFile}-${name}`,
            `${directory}/${name}`,
          ),
        },
        stop.signal,
      ),
    );
    const both = (): number[] => ["closed", "open"].flatMap((name) => pidsIn(`${pidFile}-${name}`));
    await until("both run", () => both().length === 2);
    const closed = await supervisor.open({ marker: marker("closed"), graceMs: 100, onLost });
    await supervisor.open({ marker: marker("open"), graceMs: 100, onLost });
    if ("close" in closed) closed.close();
    await supervisor[Symbol.asyncDispose]();
    expect(pidsIn(`${pidFile}-open`).filter(lives)).toEqual([]);
    expect(pidsIn(`${pidFile}-closed`).filter(lives)).toHaveLength(1);
    stop.abort();
    await Promise.all(runs);
  });
});
