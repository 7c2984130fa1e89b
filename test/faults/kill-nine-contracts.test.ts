import { expect, it } from "vitest";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { killContracts } from "./kill-nine-contracts.ts";
import type { KilledContract } from "./kill-nine-contracts.ts";

/** `npm run faults:contracts` meets each moment; else one of so many is met, in their turn by the hour. */
const STRIDE = process.env["VERBATIM_FAULT_CONTRACTS"] === "each" ? 1 : 8;
const FIRST = 1 + (Math.floor(Date.now() / 3_600_000) % STRIDE);
const MINUTES = 60_000;
const MOST_MINUTES = 15;

async function killed(kind: "single" | "double"): Promise<readonly KilledContract[]> {
  await using directory = await scratchDirectory();
  const lives = await killContracts({ directory: directory.path, kind, stride: STRIDE, first: FIRST });
  console.info(
    lives.map(({ capability, moment = "no kill", state }) => `${capability}: ${state}, ${moment}`).join("\n"),
  );
  return lives;
}

/** Whether the process died when the step's start was told, and its end was not: nobody can say what became of it. */
function leavesDoubt(moment = ""): boolean {
  return /^after run\.created|a change of the platform|^before step\.succeeded/.test(moment);
}

it(
  `P1 P2 a contract whose server is killed at any moment is completed, or put back where its step is in doubt (1 of ${STRIDE} moments)`,
  async () => {
    const lives = await killed("single");
    expect(lives.flatMap(({ problems }) => problems)).toEqual([]);
    for (const { capability, moment, state, audit, rollback, stands } of lives) {
      const end = leavesDoubt(moment)
        ? { state: "FAILED", audit: "FAIL", rollback: "SUCCEEDED", stands: [] }
        : { state: "COMPLETED", audit: "PASS", rollback: "", stands: [`capability/${capability} "enabled"`] };
      expect({ moment, state, audit, rollback, stands }).toEqual({ moment, ...end });
    }
    expect(lives.at(-1)?.moment).toBeUndefined();
    expect(lives.length).toBeGreaterThan(14 / STRIDE);
  },
  MOST_MINUTES * MINUTES,
);

it(
  `P1 P2 a contract whose second step fails is put back whole, at whichever moment its server is killed (1 of ${STRIDE} moments)`,
  async () => {
    const lives = await killed("double");
    expect(lives.flatMap(({ problems }) => problems)).toEqual([]);
    const end = { state: "FAILED", audit: "FAIL", rollback: "SUCCEEDED", stands: [] };
    for (const { moment, state, audit, rollback, stands } of lives)
      expect({ moment, state, audit, rollback, stands }).toEqual({ moment, ...end });
    expect(lives.at(-1)?.moment).toBeUndefined();
    expect(lives.length).toBeGreaterThan(30 / STRIDE);
  },
  MOST_MINUTES * MINUTES,
);
