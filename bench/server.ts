// The server under measure: the real one, with a no-op step type that no configuration offers. Its parent stops it.
import { compose } from "../src/main/compose.ts";
import { keepHeapSmall } from "../src/main/heap.ts";
import { loadConfiguration } from "../src/main/load-configuration.ts";
import { NoOpHandler } from "#executor";
import type { StepType } from "#effects";

const [state = "", store = "sqlite"] = process.argv.slice(2);
const noOp: StepType = { name: "no_op", handler: new NoOpHandler(), checkParameters: () => [], parametersSchema: {} };
const ANY_COMMAND = {
  executables: ["*"],
  working_directories: ["."],
  environment: {},
  allow_variables: [],
  output_bytes: 1024,
  kill_grace_ms: 1000,
  isolation: "group" as const,
};
const configuration = await loadConfiguration({ flags: { state }, environment: {}, workingDirectory: state });
const app = await compose(
  { ...configuration, store: store === "memory" ? "memory" : "sqlite", steps: { "command.run": ANY_COMMAND } },
  { log: () => undefined, stepTypes: [noOp] },
);
keepHeapSmall(); // as the served one
process.on("disconnect", () => void app.stop().then(() => process.exit(0)));
process.on("message", (ask) => {
  if (ask === "usage") process.send?.({ cpu: process.cpuUsage(), rssBytes: process.memoryUsage.rss() });
});
process.send?.({ address: app.address });
