import { spawnSync } from "node:child_process";
import type { Measure, Sample } from "./measures.ts";

/** Milliseconds until `verbatim --help` has ended, beside Node that does nothing. */
export function commandStart({ rounds }: { readonly rounds: number }): Measure {
  async function* samples(): AsyncGenerator<Sample> {
    for (let round = 0; round < rounds; round += 1) {
      const floor = milliseconds(["-e", "0"]);
      yield await Promise.resolve({ ours: milliseconds(["src/main/bin.ts", "--help"]), floor });
    }
  }
  return { name: "verbatim --help", unit: "ms", floor: "node -e 0", aim: "<= 1.5", samples: samples() };
}

function milliseconds(args: readonly string[]): number {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args);
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}`);
  return performance.now() - start;
}
