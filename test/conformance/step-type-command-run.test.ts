import { tmpdir } from "node:os";
import { createCommandRun } from "#effects";
import { realClock } from "../effects/support/clock.ts";
import { describeStepType } from "./step-type.ts";

describeStepType("command.run", {
  create: () =>
    createCommandRun({
      executables: ["*"],
      workingDirectories: [tmpdir()],
      environment: { values: {} },
      clock: realClock,
    }),
  fine: [
    { argv: ["make"] },
    { argv: ["make", "-j", "2"], working_directory: ".", environment: { CC: "gcc" }, expected_exit_codes: [0, 1] },
  ],
  malformed: [
    {},
    { argv: [] },
    { argv: "make" },
    { argv: ["make"], shell: true },
    { argv: ["make"], environment: { A: 1 } },
  ],
});
