// Mutation testing of the two layers that the promises rest on. Nightly: `npm run mutants:stryker`; one file:
// `npm run mutants:stryker -- --mutate src/executor/stop.ts`. The hand-written mutants (`npm run mutants`) run always.
export default {
  testRunner: "vitest",
  vitest: { configFile: "stryker.vitest.config.ts", related: false },
  // What runs in a thread of its own is out of the runner's sight: it can neither see it covered nor switch mutants there.
  mutate: ["src/executor/**/*.ts", "src/evidence/**/*.ts", "!src/**/index.ts", "!src/**/*-thread.ts"],
  coverageAnalysis: "perTest",
  concurrency: 2,
  timeoutMS: 20_000,
  reporters: ["clear-text", "progress", "html", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: "reports/stryker/index.html" },
  jsonReporter: { fileName: "reports/stryker/report.json" },
  thresholds: { high: 95, low: 90, break: 90 },
  tempDirName: ".stryker-tmp",
  ignorePatterns: ["/dist", "/reports", "/coverage", ".verbatim", "/docs", "/bench", "/examples", "/proto"],
};
