import { expect, test } from "vitest";
import { createMemoryStore } from "#evidence";
import type { EvidenceStore, RecordDraft } from "#evidence";
import { atRest, createRunBench, declaredJob, submitted } from "./support/run-bench.ts";

const ASKED = { actor: "ada", reason: "a test" };

/** A store that holds back the first append with a record of this kind until it is let go. */
function holdingStore(kind: RecordDraft["event_type"]) {
  let ids = 0;
  const inner = createMemoryStore({ newEventId: () => `event-${(ids += 1)}` });
  const held = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const append: EvidenceStore["append"] = async (runId, seq, drafts) => {
    if (drafts.some(({ event_type: type }) => type === kind)) {
      held.resolve();
      await open.promise;
    }
    return await inner.append(runId, seq, drafts);
  };
  const store = new Proxy(inner, {
    get(target, name) {
      if (name === "append") return append;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return { store, held: held.promise, letGo: () => open.resolve() };
}

/** Long enough for everything that is only waiting for a turn of the event loop. */
async function manyTurns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("P1 a run is told to have been accepted when that is durable, and nothing of it is done before", async () => {
  const { store, held, letGo } = holdingStore("run.created");
  await using bench = createRunBench(() => "ok", { store });
  let told = false;
  const creating = bench.runner.create(submitted([declaredJob("one")]), ASKED).then(() => (told = true));
  await held;
  await manyTurns();
  expect({ told, effects: bench.effects }).toEqual({ told: false, effects: [] });
  letGo();
  await creating;
  expect(await atRest(bench.runner, "run-1")).toMatchObject({ status: "succeeded" });
  expect(bench.effects).toEqual(["run-1/one/0/0"]);
});

test("P1 no step of a plan's job takes effect before the record of its start is durable", async () => {
  const { store, held, letGo } = holdingStore("step.succeeded"); // and with it the start of the next step
  await using bench = createRunBench(() => "ok", { store });
  const steps = [{ stepType: "test.act" }, { stepType: "test.act" }];
  await bench.runner.create(submitted([declaredJob("one", { steps })]), ASKED);
  await held;
  await manyTurns();
  expect(bench.effects).toEqual(["run-1/one/0/0"]);
  letGo();
  await atRest(bench.runner, "run-1");
  expect(bench.effects).toEqual(["run-1/one/0/0", "run-1/one/0/1"]);
}, 10_000);

test("P1 the word of somebody at a gate is answered when it is durable, and nothing follows from it before", async () => {
  const { store, held, letGo } = holdingStore("gate.approved");
  await using bench = createRunBench(() => "ok", { store });
  await bench.runner.create(submitted([declaredJob("one", { gate: "manual" })]), ASKED);
  await atRest(bench.runner, "run-1");
  let told = false;
  const word = { runId: "run-1", jobKey: "one", actor: "bo", reason: "fine" };
  const saying = bench.runner.approve(word).then(() => (told = true));
  await held;
  await manyTurns();
  expect({ told, effects: bench.effects }).toEqual({ told: false, effects: [] });
  letGo();
  await saying;
  expect(await atRest(bench.runner, "run-1")).toMatchObject({ status: "succeeded" });
});
