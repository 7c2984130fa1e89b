// A server as `serve` runs it, with step types that no configuration offers: `server-with-test-steps.ts CONFIGURATION`.
import { compose } from "../../src/main/compose.ts";
import { keepHeapSmall } from "../../src/main/heap.ts";
import { loadConfiguration } from "../../src/main/load-configuration.ts";
import { createEventLog } from "../../src/main/log-events.ts";
import { TEST_STEPS } from "./test-steps.ts";

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopped.abort(signal));

const config = process.argv[2] ?? "";
const configuration = await loadConfiguration({ flags: { config }, environment: {}, workingDirectory: process.cwd() });
const log = createEventLog(configuration.log_level);
const app = await compose(configuration, { log, stepTypes: TEST_STEPS });
keepHeapSmall();
log("server.started", {
  address: app.address,
  http_address: app.httpAddress,
  state: configuration.state,
  pid: process.pid,
});
if (!stopped.signal.aborted) {
  await new Promise((resolve) => stopped.signal.addEventListener("abort", resolve, { once: true }));
}
await app.stop();
log("server.stopped", {});
