import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { project } from "./support/fixture.ts";

const BIN = join(import.meta.dirname, "../src/bin.ts");
const MAX_WAIT_MS = 50_000;

/** `check --watch` as a process of its own. */
function watching(root: string) {
  const child = spawn(process.execPath, [BIN, "check", "--watch", "--root", root], {
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  return {
    /** Everything said until `word` is said; what was said is then forgotten. */
    async until(word: string): Promise<string> {
      while (!text.includes(word)) await once(child.stdout, "data", { signal: AbortSignal.timeout(MAX_WAIT_MS) });
      const said = text;
      text = "";
      return said;
    },
    async interrupted(): Promise<number | null> {
      const ended = once(child, "exit");
      child.kill("SIGINT");
      await ended;
      return child.exitCode;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

describe("a check that watches", () => {
  it("prints what became different, and ends when it is interrupted, as its last check did", async () => {
    using fixture = project();
    await using watch = watching(fixture.root);
    expect(await watch.until("Ctrl-C ends")).toContain("clean: 12 laws kept");
    writeFileSync(join(fixture.root, "src/model/x.ts"), 'export type { Rule } from "#policy";\n');
    expect(await watch.until("1 violation")).toContain("+ new MATRIX allow-matrix  src/model/x.ts:1:1");
    writeFileSync(join(fixture.root, "src/model/x.ts"), "export {};\n");
    expect(await watch.until("clean")).toContain("- mended src/model/x.ts:1:1 MATRIX");
    mkdirSync(join(fixture.root, "src/hands/deep/er"), { recursive: true });
    writeFileSync(join(fixture.root, "src/hands/deep/er/x.ts"), 'export type { Rule } from "#policy";\n');
    expect(await watch.until("1 violation")).toContain("src/hands/deep/er/x.ts:1:1");
    expect(await watch.interrupted()).toBe(1);
  });

  it("looks again when the configuration changes, also when it could not be read at first", async () => {
    using fixture = project({ "tsconfig.json": null });
    await using watch = watching(fixture.root);
    await watch.until("Ctrl-C ends");
    writeFileSync(
      join(fixture.root, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: { module: "nodenext", target: "esnext", allowImportingTsExtensions: true, noEmit: true },
      }),
    );
    expect(await watch.until("clean")).toContain("- mended");
    expect(await watch.interrupted()).toBe(0);
  });
});
