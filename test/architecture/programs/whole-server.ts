// Starts the whole server with the mirror of its logs, and stops it: with it every thread that there is. The supervisor is a process
// of its own, and a program of its own in the test.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCheckFileMatches } from "#effects";
import { compose } from "../../../src/main/compose.ts";
import { loadConfiguration } from "../../../src/main/load-configuration.ts";

const directory = mkdtempSync(join(tmpdir(), "verbatim-loaded-"));
try {
  const configuration = await loadConfiguration({ flags: {}, environment: {}, workingDirectory: directory });
  await using app = await compose({ ...configuration, mirror: true }, { log: () => {} });
  await app.stop();
  writeFileSync(join(directory, "file"), "text\n");
  const step = { stepIndex: 0, stepType: "check.file_matches", target: "", timeoutSeconds: 10 };
  const context = { ...step, jobId: "a", contractId: "c", executedBy: "e", startedAt: "", idempotencyKey: "a/0" };
  await createCheckFileMatches({ directories: [directory] }).handler.execute(
    { ...step, parameters: { path: "file", pattern: "text" } },
    context,
    { signal: new AbortController().signal },
  );
} finally {
  rmSync(directory, { recursive: true });
}
