import { existsSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createReserveFile } from "../../src/evidence/evidence-stores/reserve-file.ts";
import { stateDirectory } from "./support/state-directory.ts";

const BYTES = 2 * 1024 * 1024 + 5;

test("a reserve has all of its bytes on the disk, for its owner alone, and gives them back", () => {
  using state = stateDirectory();
  const reserve = createReserveFile(state.path, BYTES);
  reserve.holdReserve();
  const { size, blocks, mode } = statSync(join(state.path, "reserve"));
  expect(size).toBe(BYTES);
  expect(blocks * 512).toBeGreaterThanOrEqual(BYTES);
  expect(mode & 0o777).toBe(0o600);
  reserve.releaseReserve();
  reserve.releaseReserve();
  expect(existsSync(join(state.path, "reserve"))).toBe(false);
});

test("a reserve that is whole is kept, and one with a hole or of another size is made anew", () => {
  using state = stateDirectory();
  const path = join(state.path, "reserve");
  const reserve = createReserveFile(state.path, BYTES);
  reserve.holdReserve();
  const { mtimeMs } = statSync(path);
  reserve.holdReserve();
  expect(statSync(path).mtimeMs).toBe(mtimeMs);
  for (const spoil of [() => writeFileSync(path, "short"), () => [truncateSync(path), truncateSync(path, BYTES)]]) {
    spoil();
    reserve.holdReserve();
    expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(BYTES);
    expect(statSync(path).size).toBe(BYTES);
  }
});

test("free bytes are those of the disk, and none where the system does not say", () => {
  using state = stateDirectory();
  expect(createReserveFile(state.path, BYTES).freeBytes()).toBeGreaterThan(BYTES);
  expect(createReserveFile(join(state.path, "not there"), BYTES).freeBytes()).toBe(0);
});
