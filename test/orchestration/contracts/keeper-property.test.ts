import fc from "fast-check";
import { expect, test } from "vitest";
import { anyPlay } from "./keeper/any-play.ts";
import { allLogs, brokenPromises } from "./keeper/contract-story.ts";
import type { Told } from "./keeper/contract-story.ts";
import { Player } from "./keeper/player.ts";

/** As many as take some 40 s on a machine that has other things to do. */
const RUNS = Number(process.env["VERBATIM_KEEPER_RUNS"] ?? 250);
const SEED = process.env["VERBATIM_KEEPER_SEED"];
const OFTEN_MET = [
  "contract.transitioned COMPLETED",
  "contract.transitioned REJECTED",
  "contract.transitioned EXPIRED",
  "contract.transitioned FAILED",
  "contract.rollback SUCCEEDED rollback",
];
const MINUTES = 60_000;

test(
  "P2 P5 whatever happens to a keeper, nothing is completed that was not allowed, approved, executed once and audited",
  async () => {
    const met = new Map<string, number>();
    const begin = performance.now();
    await fc.assert(
      fc.asyncProperty(anyPlay, async (play) => {
        using player = new Player(play);
        await player.play(play);
        const contracts = await allLogs(player.world.store);
        expect(brokenPromises(contracts, await allLogs(player.world.runStore))).toEqual([]);
        expect([...player.calls].filter(([, calls]) => calls > 1)).toEqual([]);
        expect(player.problems).toEqual([]);
        for (const word of contracts.flatMap(wordsOf)) met.set(word, (met.get(word) ?? 0) + 1);
      }),
      {
        numRuns: RUNS,
        endOnFailure: process.env["VERBATIM_KEEPER_SHRINK"] === undefined,
        ...(SEED !== undefined && { seed: Number(SEED) }),
      },
    );
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    console.info(`${RUNS} runs in ${seconds} s:`, JSON.stringify(Object.fromEntries(met)));
    // What was not met was not tested.
    if (RUNS >= 200) expect(OFTEN_MET.filter((word) => !met.has(word))).toEqual([]);
  },
  10 * MINUTES,
);

function wordsOf({ lines }: Told): readonly string[] {
  return lines.map(
    ({ event_type: type, status, job_id: job = "" }) =>
      `${type} ${status}${type === "contract.rollback" ? job.replace(/^.*?\./, " ") : ""}`,
  );
}
