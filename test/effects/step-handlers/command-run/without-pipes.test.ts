import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createOutputCapture } from "../../../../src/effects/step-handlers/command-run/output-capture.ts";
import { LivingTrees } from "../../../../src/effects/step-handlers/command-run/living-trees.ts";
import { createPipePool } from "../../../../src/effects/step-handlers/command-run/pipes.ts";
import { createProcessTable } from "../../../../src/effects/step-handlers/command-run/process-table.ts";
import { ResourceMeter } from "../../../../src/effects/step-handlers/command-run/resource-meter.ts";
import { runCommand } from "../../../../src/effects/step-handlers/command-run/run-command.ts";
import type { RunSurroundings } from "../../../../src/effects/step-handlers/command-run/run-command.ts";
import { realClock } from "../../support/clock.ts";
import { sh } from "../../support/bench-of-commands.ts";

/** A marker of its own: an empty one would take the commands of other tests for this one's. */
const ENVIRONMENT = { VERBATIM_STEP: `without-pipes/${process.pid}` };

function surroundings(): RunSurroundings {
  return {
    capture: createOutputCapture(1000),
    pipes: createPipePool("/no/such/mkfifo"),
    trees: new LivingTrees(),
    meter: new ResourceMeter({ table: createProcessTable(), clock: realClock }),
    supervised: { started: () => undefined },
    clock: realClock,
    killGraceMs: 100,
    signal: new AbortController().signal,
  };
}

describe("a command where no pipe can be made", () => {
  it("runs all the same and its output is captured whole", async () => {
    const directory = mkdtempSync(join(tmpdir(), "verbatim-sockets-"));
    const around = surroundings();
    const command = {
      file: "/bin/sh",
      argv: sh("echo out; echo err >&2; exit 3"),
      directory,
      environment: ENVIRONMENT,
    };
    expect(await runCommand(command, around)).toEqual({
      kind: "ended",
      exitCode: 3,
      signal: undefined,
      stopped: false,
      outputIncomplete: false,
      leftRunning: { ended: 0, survivors: 0 },
      resources: expect.anything() as unknown,
      isolation: { level: "group" },
    });
    expect(around.capture.stdout.finish()).toMatchObject({ text: "out\n" });
    expect(around.capture.stderr.finish()).toMatchObject({ text: "err\n" });
    rmSync(directory, { recursive: true });
  });

  it("tells why it could not be started", async () => {
    const command = { file: "/no/such/program", argv: ["x"], directory: "/", environment: ENVIRONMENT };
    expect(await runCommand(command, surroundings())).toMatchObject({ kind: "not_started", cause: { code: "ENOENT" } });
  });
});
