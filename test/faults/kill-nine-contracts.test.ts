import { expect, it } from "vitest";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { killContracts } from "./kill-nine-contracts.ts";

it(
  "probe of the moments of both kinds of contract",
  async () => {
    for (const kind of ["double"] as const) {
      await using directory = await scratchDirectory();
      const begin = performance.now();
      const lives = await killContracts({ directory: directory.path, kind, stride: 1, first: 1 });
      console.info(performance.now() - begin, lives.map((l) => JSON.stringify(l)).join("\n"));
    }
    expect(1).toBe(1);
  },
  600_000,
);
