import { defineConfig } from "vitest/config";

/** For mutation testing: a mutant that makes a test wait for ever is noticed after seconds, and costs no new process. */
export default defineConfig({
  test: {
    include: ["test/{laws,executor,evidence,conformance}/**/*.test.ts"],
    testTimeout: 12_000,
    hookTimeout: 12_000,
    // One worker for all files of a mutant: most of the time would go into loading the same modules anew.
    isolate: false,
  },
});
