import { describe, expect, it } from "vitest";
import { TreeCopy } from "../mutants/tree-copy.ts";
import { lacks } from "../support/needs.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { powerCuts } from "./power-cuts.ts";

/** `npm run faults:power` asks for 50. */
const CUTS = Number(process.env["VERBATIM_FAULT_CUTS"] ?? 3);
const SEED = Number(process.env["VERBATIM_FAULT_SEED"] ?? Date.now() % 1_000_000);
/** Cuts of a server that does not sync, and how many of them must show it. */
const [UNSYNCED_CUTS, UNSYNCED_LOSSES] = CUTS >= 50 ? [10, 9] : [2, 1];
const MINUTES = 60_000;

const STORES = [
  {
    store: "sqlite",
    unsynced: {
      file: "src/evidence/evidence-stores/sqlite/database.ts",
      search: "PRAGMA synchronous = FULL;",
      replace: "PRAGMA synchronous = OFF;",
    },
  },
  {
    store: "jsonl",
    unsynced: { file: "src/evidence/evidence-stores/jsonl.ts", search: "fdatasyncSync(run.file);", replace: "" },
  },
] as const;

describe.skipIf(lacks("a disk whose power can be cut"))("P1 P2 P5 a power cut", () => {
  it.each(STORES)(
    `of a server's machine, ${CUTS} times, takes nothing that was told before it ($store)`,
    async ({ store }) => {
      await using directory = await scratchDirectory();
      const { problems, ...figures } = await powerCuts({ directory: directory.path, store, cuts: CUTS, seed: SEED });
      console.info("power cuts:", JSON.stringify({ store, ...figures }));
      expect(problems.slice(0, 50)).toEqual([]);
      // What was not met was not tested.
      expect(figures.eventsTold).toBeGreaterThan(CUTS * 8);
    },
    (2 + CUTS / 2) * MINUTES,
  );

  it.each(STORES)(
    `shows that a server that does not sync loses what it told, in ${UNSYNCED_LOSSES} of ${UNSYNCED_CUTS} cuts at least ($store)`,
    async ({ store, unsynced }) => {
      await using directory = await scratchDirectory();
      using tree = new TreeCopy();
      tree.apply([unsynced]);
      const cut = { directory: directory.path, store, cuts: UNSYNCED_CUTS, seed: SEED, tree: tree.path, afresh: true };
      const { problems: _lost, ...figures } = await powerCuts(cut);
      console.info("power cuts without syncs:", JSON.stringify({ store, ...figures }));
      expect(figures.cutsWithLoss).toBeGreaterThanOrEqual(UNSYNCED_LOSSES);
    },
    (2 + UNSYNCED_CUTS) * MINUTES,
  );
});
