import { describe, expect, it } from "vitest";
import type { Clock } from "#model";
import { endTree } from "../../../../src/effects/step-handlers/command-run/end-tree.ts";
import type { ProcessTree } from "../../../../src/effects/step-handlers/command-run/process-tree.ts";

/** A clock on which waiting takes no real time. */
function createRushingClock(): Clock {
  let nowMs = 0;
  return {
    now: () => "2026-11-21T00:00:00.000Z",
    monotonicMs: () => nowMs,
    after(milliseconds, callback) {
      nowMs += milliseconds;
      queueMicrotask(callback);
      return () => undefined;
    },
  };
}

interface Actor {
  readonly pid: number;
  /** What it does when it is signalled: `forks` is a pid that is born then. */
  on(signal: string): { readonly dies: boolean; readonly forks?: Actor };
}

/** A tree of actors, and what was sent to them. */
function createStage(...actors: Actor[]): { readonly tree: ProcessTree; readonly sent: string[] } {
  let living = actors;
  const sent: string[] = [];
  const tree: ProcessTree = {
    scan: () => living.map(({ pid }) => ({ pid, key: String(pid) })),
    signal(members, name) {
      for (const { pid } of members) {
        sent.push(`${name} ${pid}`);
        const reaction = living.find((actor) => actor.pid === pid)?.on(name);
        if (reaction?.forks !== undefined) living = [...living, reaction.forks];
        if (reaction?.dies === true) living = living.filter((actor) => actor.pid !== pid);
      }
    },
  };
  return { tree, sent };
}

const obedient = (pid: number): Actor => ({ pid, on: () => ({ dies: true }) });
const stubborn = (pid: number): Actor => ({ pid, on: (signal) => ({ dies: signal === "SIGKILL" }) });
const immortal = (pid: number): Actor => ({ pid, on: () => ({ dies: false }) });
/** Leaves a child behind when it is killed, `generations` deep. */
const hydra = (pid: number, generations: number): Actor => ({
  pid,
  on: (signal) => ({
    dies: signal === "SIGKILL",
    ...(signal === "SIGKILL" && generations > 0 ? { forks: hydra(pid + 1, generations - 1) } : {}),
  }),
});

describe("the end of a tree", () => {
  it("sends nothing where nobody lives", async () => {
    const { tree, sent } = createStage();
    expect(await endTree(tree, { graceMs: 1000, clock: createRushingClock() })).toEqual({ ended: 0, survivors: 0 });
    expect(sent).toEqual([]);
  });

  it("is over as soon as TERM was enough, long before the grace is", async () => {
    const clock = createRushingClock();
    const { tree, sent } = createStage(obedient(1), obedient(2));
    expect(await endTree(tree, { graceMs: 60_000, clock })).toEqual({ ended: 2, survivors: 0 });
    expect(sent).toEqual(["SIGTERM 1", "SIGTERM 2"]);
    expect(clock.monotonicMs()).toBeLessThan(100);
  });

  it("sends TERM once to each and KILL only after the whole grace", async () => {
    const clock = createRushingClock();
    const { tree, sent } = createStage(stubborn(1), obedient(2));
    expect(await endTree(tree, { graceMs: 2000, clock })).toEqual({ ended: 2, survivors: 0 });
    expect(sent).toEqual(["SIGTERM 1", "SIGTERM 2", "SIGKILL 1"]);
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(2000);
    expect(clock.monotonicMs()).toBeLessThan(2100);
  });

  it("sends KILL at once when there is no grace", async () => {
    const { tree, sent } = createStage(stubborn(1));
    await endTree(tree, { graceMs: 0, clock: createRushingClock() });
    expect(sent).toEqual(["SIGKILL 1"]);
  });

  it("goes on killing what is born while it kills", async () => {
    const { tree, sent } = createStage(hydra(1, 20));
    expect(await endTree(tree, { graceMs: 0, clock: createRushingClock() })).toEqual({ ended: 21, survivors: 0 });
    expect(sent).toHaveLength(21);
  });

  it("tells also the last that it met to end, although it waits for it no longer", async () => {
    const { tree, sent } = createStage(hydra(1, Infinity));
    const { ended, survivors } = await endTree(tree, { graceMs: 0, clock: createRushingClock() });
    expect(survivors).toBe(1);
    expect(sent).toEqual(Array.from({ length: ended + 1 }, (_, index) => `SIGKILL ${index + 1}`));
  });

  it("sends TERM also to what is born within the grace", async () => {
    const parent: Actor = { pid: 1, on: () => ({ dies: true, forks: obedient(2) }) };
    const { tree, sent } = createStage(parent);
    expect(await endTree(tree, { graceMs: 1000, clock: createRushingClock() })).toEqual({ ended: 2, survivors: 0 });
    expect(sent).toEqual(["SIGTERM 1", "SIGTERM 2"]);
  });

  it("gives up within a second after the grace on what cannot be killed, and counts it", async () => {
    const clock = createRushingClock();
    const { tree } = createStage(immortal(1), obedient(2));
    expect(await endTree(tree, { graceMs: 500, clock })).toEqual({ ended: 1, survivors: 1 });
    expect(clock.monotonicMs()).toBeLessThan(1500);
  });
});
