import { defineConfig } from "vitest/config";

/** The tests that hold executor and evidence, and can run on a changed copy: no servers, no checks of the whole tree. */
export default defineConfig({
  test: {
    include: ["test/{laws,executor,model,evidence,conformance}/**/*.test.ts"],
    exclude: ["test/laws/exec-005-*.test.ts", "test/conformance/step-type-*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
