import { tmpdir } from "node:os";
import {
  createCheckCommand,
  createCheckFileExists,
  createCheckFileMatches,
  createCheckHttpOk,
  createCheckLogClean,
} from "#effects";
import { realClock } from "../effects/support/clock.ts";
import { describeStepType } from "./step-type.ts";

const files = { directories: [tmpdir()] };

describeStepType("check.file_exists", {
  create: () => createCheckFileExists(files),
  fine: [{ path: "file" }, { path: `${tmpdir()}/file`, kind: "any", min_bytes: 1 }],
  malformed: [{}, { path: "" }, { path: "file", kind: "pipe" }, { path: "file", other: 1 }],
});

describeStepType("check.file_matches", {
  create: () => createCheckFileMatches(files),
  fine: [
    { path: "file", pattern: "a|b" },
    { path: "file", pattern: "a", absent: true, max_bytes: 1 },
  ],
  malformed: [{}, { path: "file" }, { path: "file", pattern: "" }, { path: "file", pattern: "a", max_bytes: 0 }],
});

describeStepType("check.log_clean", {
  create: () => createCheckLogClean(files),
  fine: [
    { path: "file", presets: ["oracle"] },
    { path: "file", patterns: ["a"], ignore: ["b"], from_byte: 1 },
  ],
  malformed: [{ path: 1 }, { path: "file", presets: ["other"] }, { path: "file", patterns: "a" }],
});

describeStepType("check.http_ok", {
  create: () => createCheckHttpOk({ hosts: ["example.com:443"], clock: realClock }),
  fine: [{ url: "https://example.com/" }, { url: "https://example.com/", statuses: [200], method: "HEAD", timeout: 1 }],
  malformed: [
    {},
    { url: 1 },
    { url: "https://example.com/", statuses: [] },
    { url: "https://example.com/", method: "PUT" },
  ],
});

describeStepType("check.command", {
  create: () =>
    createCheckCommand({
      executables: ["*"],
      workingDirectories: [tmpdir()],
      environment: { values: {} },
      clock: realClock,
    }),
  fine: [{ argv: ["true"] }, { argv: ["true"], exit_codes: [1], output_contains: "a", output_matches: "^a" }],
  malformed: [{}, { argv: [] }, { argv: ["true"], exit_codes: [] }, { argv: ["true"], expected_exit_codes: [0] }],
});
