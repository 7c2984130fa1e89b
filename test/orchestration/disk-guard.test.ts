import { expect, test } from "vitest";
import type { EvidenceDisk } from "#evidence";
import { DiskGuard } from "#orchestration";
import { ManualClock } from "../support/clock.ts";
import { createBench, job } from "./support/bench.ts";

const RESERVE_BYTES = 1000;

/** A disk of numbers. */
class FakeDisk implements EvidenceDisk {
  free: number;
  held = false;
  looks = 0;

  constructor(free: number) {
    this.free = free;
  }

  freeBytes(): number {
    this.looks += 1;
    return this.free;
  }

  holdReserve(): void {
    if (this.held) return;
    if (this.free < RESERVE_BYTES) throw new Error("no space left");
    this.held = true;
    this.free -= RESERVE_BYTES;
  }

  releaseReserve(): void {
    if (this.held) this.free += RESERVE_BYTES;
    this.held = false;
  }
}

function guarded(free: number) {
  const disk = new FakeDisk(free);
  const clock = new ManualClock();
  const told: string[] = [];
  const guard = new DiskGuard({
    disk,
    clock,
    reserveBytes: RESERVE_BYTES,
    onFull: (bytes) => told.push(`full ${bytes}`),
    onRoom: (bytes) => told.push(`room ${bytes}`),
  });
  guard.start();
  return { disk, clock, told, guard };
}

const FULL = { code: "LIMIT_EXCEEDED", message: expect.stringMatching(/disk is full.*Make room/) };

test("a guard holds the reserve from the start, and arms no timer while no job runs", () => {
  const { disk, clock, told, guard } = guarded(10_000);
  guard.requireRoom();
  expect([disk.held, disk.free, guard.full, clock.armed, told]).toEqual([true, 9000, false, 0, []]);
});

test.each([
  [RESERVE_BYTES, false],
  [RESERVE_BYTES - 1, true],
])("with %i bytes free beside a reserve of 1000 it is %s that the disk counts as full", (free, full) => {
  const { disk, guard, told } = guarded(10_000);
  disk.free = free;
  if (full) expect(() => guard.requireRoom()).toThrow(expect.objectContaining(FULL));
  else guard.requireRoom();
  expect([guard.full, disk.held, told]).toEqual([full, !full, full ? [`full ${free}`] : []]);
});

test.each([
  [3 * RESERVE_BYTES - 1, true],
  [3 * RESERVE_BYTES, false],
])("with %i bytes free after a full disk it is %s that it still counts as full", (free, full) => {
  const { disk, clock, guard, told } = guarded(10_000);
  disk.free = 0;
  guard.look();
  disk.free = free;
  clock.advance(1000);
  expect([guard.full, disk.held]).toEqual([full, !full]);
  expect(told).toEqual(full ? ["full 0"] : ["full 0", `room ${free}`]);
  expect(clock.armed).toBe(full ? 1 : 0);
});

test("a disk that is full at the start gives the reserve to the start, and is told of once", () => {
  const { disk, clock, guard, told } = guarded(500);
  expect([guard.full, disk.held, told]).toEqual([true, false, ["full 500"]]);
  clock.advance(10_000);
  expect(told).toHaveLength(1);
  disk.free = 50_000;
  guard.requireRoom();
  expect([guard.full, disk.held]).toEqual([false, true]);
});

test("the disk is looked at once a second while a job runs and not afterwards", async () => {
  const { disk, clock, guard } = guarded(10_000);
  await using bench = createBench({ disk: guard });
  const { result } = await bench.runner.submit(job("job-1", ["test.gate"]));
  await bench.entered("job-1/0");
  const before = disk.looks;
  clock.advance(5000);
  expect(disk.looks - before).toBe(5);
  bench.open("job-1/0");
  await result;
  clock.advance(5000);
  expect(clock.armed).toBe(0);
  expect(disk.looks - before).toBeLessThanOrEqual(6);
});

test("a disk that fills up stops the jobs that run, with a record that says why, and lets the others be refused", async () => {
  const { disk, clock, guard, told } = guarded(10_000);
  await using bench = createBench({ disk: guard });
  const ended = await bench.runner.submit(job("ended", ["test.effect"]));
  await ended.result;
  const { result } = await bench.runner.submit(job("running", ["test.gate", "test.effect"]));
  await bench.entered("running/0");
  disk.free = 10;
  clock.advance(1000);
  expect(await result).toMatchObject({
    finalStatus: "CANCELLED",
    finalReason: expect.stringContaining("cancelled by server: the disk is full"),
  });
  expect(await bench.store.head("running")).toMatchObject({ completed: true });
  expect(told).toEqual(["full 10"]);
  await expect(bench.runner.submit(job("new", ["test.effect"]))).rejects.toMatchObject(FULL);
  expect(await bench.store.head("new")).toBeUndefined();
  expect((await bench.runner.submit(job("ended", ["test.effect"]))).attached).toBe(true);
  disk.free = 20_000;
  clock.advance(1000);
  const taken = await bench.runner.submit(job("new", ["test.effect"]));
  expect(await taken.result).toMatchObject({ finalStatus: "COMPLETED" });
  expect(bench.effects()).toEqual(["ended/0", "running/0", "new/0"]);
});

test("a disk on which the reserve finds no room counts as full", () => {
  const { disk, guard, told } = guarded(RESERVE_BYTES);
  expect([disk.held, guard.full, told]).toEqual([true, false, []]);
  disk.holdReserve = () => {
    throw new Error("no space left");
  };
  guard.start();
  expect([disk.held, guard.full, told]).toEqual([false, true, ["full 1000"]]);
});

test("a guard that was closed looks no more and tells nothing", () => {
  const { disk, clock, guard, told } = guarded(10_000);
  disk.free = 0;
  guard.look();
  guard.close();
  disk.free = 50_000;
  clock.advance(10_000);
  expect([clock.armed, told]).toEqual([0, ["full 0"]]);
});
