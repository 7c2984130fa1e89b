// The server under measure: the real one, with a no-op step type that no configuration offers. Its parent stops it.
import { compose } from "../src/main/compose.ts";
import { keepHeapSmall } from "../src/main/heap.ts";
import { loadConfiguration } from "../src/main/load-configuration.ts";
import { POSTGRES } from "./postgres-configuration.ts";
import { countedNoOp } from "./rivals/verbatim-postgres.ts";

const [state = "", kind = "sqlite"] = process.argv.slice(2);
let steps = 0;
const noOp = countedNoOp(() => (steps += 1));
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
const store = kind === "memory" || kind === "sqlite" ? kind : "postgres";
const app = await compose(
  {
    ...configuration,
    store,
    postgres: store === "postgres" ? POSTGRES : undefined,
    steps: { "command.run": ANY_COMMAND },
  },
  { log: () => undefined, stepTypes: [noOp] },
);
keepHeapSmall(); // as the served one
process.on("disconnect", () => void app.stop().then(() => process.exit(0)));
process.on("message", (ask) => {
  if (ask === "usage") process.send?.({ cpu: process.cpuUsage(), rssBytes: process.memoryUsage.rss(), steps });
});
process.send?.({ address: app.address });
