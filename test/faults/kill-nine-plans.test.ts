import { expect, test } from "vitest";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { killPlans } from "./kill-nine-plans.ts";

/** `npm run faults:plans` asks for 500. */
const KILLS = Number(process.env["VERBATIM_FAULT_PLAN_KILLS"] ?? 5);
const SEED = Number(process.env["VERBATIM_FAULT_SEED"] ?? Date.now() % 1_000_000);
const STORE = process.env["VERBATIM_FAULT_STORE"] === "jsonl" ? "jsonl" : "sqlite";
/** The long form ends by itself after so many minutes, however many kills it has made by then. */
const MOST_MINUTES = Number(process.env["VERBATIM_FAULT_MINUTES"] ?? 60);
const MINUTES = 60_000;
/**
 * From the start of a process, with Node and everything, until every run is driven: a second or two, and 5 s are promised. A machine
 * on which much else runs is given more; the figures are printed beside those of a start with nothing to go on with.
 */
const RESUMED_MS = 30_000;

test(
  `P1 P2 after ${KILLS} kills at random moments every run of a plan goes on by itself to its right end`,
  async () => {
    await using directory = await scratchDirectory();
    const { problems, ...figures } = await killPlans({
      directory: directory.path,
      kills: KILLS,
      seed: SEED,
      store: STORE,
      mostMs: MOST_MINUTES * MINUTES,
    });
    console.info("kill -9 of plans:", JSON.stringify(figures));
    expect(problems.slice(0, 50)).toEqual([]);
    // What was not met was not tested.
    expect(figures.kills).toBeGreaterThan(0);
    expect(figures.inDoubt).toBeGreaterThan(0);
    expect(figures.eventsTold).toBeGreaterThan(figures.kills * 20);
    expect(figures.resumedMs.most).toBeLessThan(RESUMED_MS);
  },
  (MOST_MINUTES + 5) * MINUTES,
);
