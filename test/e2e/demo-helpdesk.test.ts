import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

test("the demo of hooks shows each thing that it promises, and ends with exit code 0", () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--require", join(ROOT, "tools/node-version.cjs"), join(ROOT, "examples/demo-helpdesk.ts")],
    { cwd: ROOT, encoding: "utf8", timeout: 170_000, killSignal: "SIGKILL" },
  );
  const output = stdout + stderr;
  expect(output).not.toContain("NOT SO");
  expect(output).toMatch(/All 14 expectations held/);
  expect(output.match(/^ {3}✓ /gm)).toHaveLength(14);
  expect(output).toMatch(/CAPABILITY {4}ENQUEUED/);
  expect(status).toBe(0);
}, 180_000);
