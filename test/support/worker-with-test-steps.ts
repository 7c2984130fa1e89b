// A worker as `verbatim worker` runs it, with step types that no configuration offers:
// `worker-with-test-steps.ts CONFIGURATION NAME CAPABILITIES CONCURRENCY`.
import { composeWorker } from "../../src/main/worker/compose-worker.ts";
import { loadConfiguration } from "../../src/main/load-configuration.ts";
import { createEventLog } from "../../src/main/log-events.ts";
import { TEST_STEPS } from "./test-steps.ts";

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopped.abort(signal));

const [config = "", name = "", capabilities = "", concurrency = "10"] = process.argv.slice(2);
const configuration = await loadConfiguration({ flags: { config }, environment: {}, workingDirectory: process.cwd() });
const log = createEventLog(configuration.log_level);
const worker = await composeWorker(configuration, {
  log,
  name,
  capabilities: capabilities === "" ? undefined : capabilities.split(","),
  concurrency: Number(concurrency),
  stepTypes: TEST_STEPS,
});
log("worker.started", { worker: name, pid: process.pid });
if (!stopped.signal.aborted)
  await new Promise((resolve) => stopped.signal.addEventListener("abort", resolve, { once: true }));
log("worker.draining", {});
await worker.stop();
log("worker.stopped", {});
