import fc from "fast-check";
import { expect, test } from "vitest";
import { verifyLines } from "#evidence";
import type { EvidenceStore, RecordDraft } from "#evidence";
import { completed, created, notes } from "../evidence/support/drafts.ts";
import { linesOf, upTo, wholeLog } from "../evidence/support/logs.ts";
import { openStore } from "./evidence-store-subject.ts";
import type { StoreSubject } from "./evidence-store-subject.ts";

interface Ask {
  readonly run: number;
  readonly count: number;
  /** 0 = the right place. */
  readonly skew: number;
  readonly end: boolean;
}

interface Burst {
  readonly asks: readonly Ask[];
  /** Whether the answers are waited for before the next burst. */
  readonly waited: boolean;
}

const ask: fc.Arbitrary<Ask> = fc.record({
  run: fc.nat({ max: 3 }),
  count: fc.integer({ min: 1, max: 5 }),
  skew: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(-1, 1, 5) }),
  end: fc.oneof({ weight: 8, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});
const bursts: fc.Arbitrary<readonly Burst[]> = fc.array(
  fc.record({ asks: fc.array(ask, { minLength: 1, maxLength: 8 }), waited: fc.boolean() }),
  { minLength: 1, maxLength: 6 },
);

/** What a store must answer: a run is a number of records and whether it has ended. */
class Model {
  readonly runs = new Map<string, { size: number; ended: boolean }>();
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  take({ run, count, skew, end }: Ask): {
    readonly runId: string;
    readonly at: number;
    readonly drafts: readonly RecordDraft[];
    readonly accepted: boolean;
  } {
    const runId = `${this.#name}-run-${run}`;
    const known = this.runs.get(runId) ?? { size: 0, ended: false };
    const at = known.size + skew;
    const body = at === 0 ? [created(runId), ...notes(1, count - 1)] : notes(at, count);
    const drafts = end ? [...body, completed()] : body;
    const accepted = skew === 0 && !known.ended;
    if (accepted) this.runs.set(runId, { size: at + drafts.length, ended: end });
    return { runId, at, drafts, accepted };
  }
}

async function play(store: EvidenceStore, model: Model, plan: readonly Burst[]): Promise<void> {
  const answers: Promise<void>[] = [];
  for (const { asks, waited } of plan) {
    for (const one of asks) {
      const { runId, at, drafts, accepted } = model.take(one);
      const answer = store.append(runId, at, drafts);
      answers.push(
        accepted
          ? answer.then((stored) => expect(stored.map(({ record }) => record.seq)).toEqual(upTo(drafts.length, at)))
          : expect(answer).rejects.toMatchObject({ code: "SEQUENCE_CONFLICT" }),
      );
    }
    if (waited) await Promise.all(answers);
  }
  await Promise.all(answers);
}

async function compare(store: EvidenceStore, model: Model): Promise<void> {
  for (const [runId, { size, ended }] of model.runs) {
    const log = await wholeLog(store, runId);
    expect(log.map(({ record }) => record.seq)).toEqual(upTo(size));
    expect(await verifyLines(await linesOf(store, runId), { laws: false })).toMatchObject({
      ok: true,
      complete: ended,
    });
    expect(await store.head(runId)).toEqual({ runId, size, hash: log.at(-1)?.record.hash, completed: ended });
  }
}

/** Many appends to many runs, waited for or not, against a model of a few lines. */
export function modelLaws(subject: StoreSubject): void {
  test("appends of many runs at once are answered as if they had come one by one", async () => {
    await using opened = openStore(subject);
    const models: Model[] = [];
    await fc.assert(
      fc.asyncProperty(bursts, async (plan) => {
        const model = new Model(`model-${models.length}`);
        models.push(model);
        await play(opened.store, model, plan);
        await compare(opened.store, model);
      }),
      { numRuns: 60 },
    );
    const store = subject.outlivesProcess ? await opened.reopen() : opened.store;
    for (const model of models) await compare(store, model);
    const open = models.flatMap(({ runs }) => [...runs].filter(([, { ended }]) => !ended).map(([runId]) => runId));
    expect((await store.openRuns()).map(({ runId }) => runId).toSorted()).toEqual(open.toSorted());
  });
}
