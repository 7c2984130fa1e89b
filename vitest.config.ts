import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "tools/layer-lint/test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // The programs that tests start compile their files once, not each time.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/compiled") },
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["src/api/gen/**"],
    },
  },
});
