import { expect, test } from "vitest";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { stopOnce } from "./drained-plans.ts";

/** `npm run faults:drain` asks for 20. */
const STOPS = Number(process.env["VERBATIM_FAULT_STOPS"] ?? 3);
const SEED = Number(process.env["VERBATIM_FAULT_SEED"] ?? Date.now() % 1_000_000);
const MINUTES = 60_000;

test(
  `P2 P6 ${STOPS} of ${STOPS} stops by SIGTERM drop no accepted work and repeat no effect of a plan`,
  async () => {
    const reports = [];
    for (let stop = 0; stop < STOPS; stop += 1) {
      await using directory = await scratchDirectory();
      reports.push(await stopOnce(directory.path, SEED + stop));
    }
    const cut = reports.filter(({ left }) => left > 0).length;
    console.info(`SIGTERM: ${STOPS} stops from seed ${SEED}, ${cut} in the middle of a run`);
    expect(reports.flatMap(({ problems }) => problems)).toEqual([]);
    // What was not met was not tested; three stops may all be late.
    if (STOPS >= 20) expect(cut).toBeGreaterThan(STOPS / 4);
  },
  (2 + STOPS / 2) * MINUTES,
);
