import { expect, test } from "vitest";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { killNine } from "./kill-nine.ts";

/** `npm run faults:kill` asks for 200. */
const KILLS = Number(process.env["VERBATIM_FAULT_KILLS"] ?? 10);
const SEED = Number(process.env["VERBATIM_FAULT_SEED"] ?? Date.now() % 1_000_000);
const MINUTES = 60_000;

test(
  `P1 P2 after ${KILLS} kills at random moments nothing told is lost and no effect happened twice`,
  async () => {
    await using directory = await scratchDirectory();
    const { problems, ...figures } = await killNine({ directory: directory.path, kills: KILLS, seed: SEED });
    console.info("kill -9:", JSON.stringify(figures));
    expect(problems.slice(0, 50)).toEqual([]);
    // What was not met was not tested.
    expect(figures.eventsTold).toBeGreaterThan(KILLS * 50);
    expect(figures.inDoubt.withEffect).toBeGreaterThan(0);
    expect(figures.inDoubt.withoutEffect).toBeGreaterThan(0);
    expect(figures.attached).toBe(figures.inDoubt.withEffect + figures.inDoubt.withoutEffect);
  },
  (1 + KILLS / 10) * MINUTES,
);
