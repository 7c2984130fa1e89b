// A worker under measure: the real one, with steps that wait, which no configuration offers. Its parent stops it.
import { loadConfiguration } from "../src/main/load-configuration.ts";
import { composeWorker } from "../src/main/worker/compose-worker.ts";
import { POSTGRES_WITH_WORKERS } from "./postgres-configuration.ts";
import { waitingSteps } from "./waiting-steps.ts";

const [state = "", name = "", concurrency = "1", serves = ""] = process.argv.slice(2);
let steps = 0;
const configuration = await loadConfiguration({ flags: { state }, environment: {}, workingDirectory: state });
const worker = await composeWorker(
  { ...configuration, store: "postgres", ...POSTGRES_WITH_WORKERS },
  {
    log: () => undefined,
    name,
    capabilities: serves.split(","),
    concurrency: Number(concurrency),
    stepTypes: waitingSteps(() => (steps += 1)),
  },
);
process.on("disconnect", () => void worker.stop().then(() => process.exit(0)));
process.on("message", (ask) => {
  if (ask === "usage") process.send?.({ cpu: process.cpuUsage(), rssBytes: process.memoryUsage.rss(), steps });
});
process.send?.({ address: "" });
