// How mutants are made and judged; what is mutated, and by which tests, stands in test/mutants/stryker.ts.
export default {
  testRunner: "vitest",
  vitest: { configFile: "stryker.vitest.config.ts", related: false },
  coverageAnalysis: "perTest",
  concurrency: 2,
  // On top of one and a half times what the tests of a mutant take without it: for an endless loop, nothing else hangs this long.
  timeoutMS: 10_000,
  reporters: ["clear-text", "json"],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportMutants: true },
  warnings: { slow: false },
  thresholds: { high: 95, low: 90, break: null },
  tempDirName: ".stryker-tmp",
  ignorePatterns: ["/dist", "/reports", "/coverage", ".verbatim", "/docs", "/bench", "/examples", "/proto", "/tools"],
};
