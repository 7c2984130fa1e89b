import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { WorkState } from "../../src/api/gen/verbatim/queue/v1/queue_pb.ts";
import { created, HookBench, whenDone } from "../e2e/support/hook-server.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";

/** `npm run faults:work` asks for more. */
const KILLS = Number(process.env["VERBATIM_FAULT_WORK_KILLS"] ?? 5);
const CHANGES_A_LIFE = 30;
const WAIT_MS = 15;
/** A life is at most so long, in milliseconds, from the first change on. */
const LIFE_MS = 400;

test(`P1 P2 after ${KILLS} kills no work that was accepted is lost, and no effect took place twice`, async () => {
  await using directory = await scratchDirectory();
  const bench = new HookBench(directory.path);
  await bench.prepare();
  const jobs = { concurrency: 4, lease_seconds: 5 };
  const accepted = new Set<string>();
  for (let life = 0; life < KILLS; life++) {
    await using server = await bench.start({ jobs });
    using client = await server.client();
    const dies = pause((LIFE_MS * (life + 1)) / KILLS).then(() => server.end("SIGKILL"));
    for (let n = 0; n < CHANGES_A_LIFE; n++) {
      const told = await created(client, `life-${life}-${n}`, { id: n, title: "t", org_id: 7, wait: WAIT_MS }).catch(
        () => undefined,
      );
      if (told === undefined) break;
      for (const id of told.workIds) accepted.add(id);
    }
    await dies;
  }
  await using server = await bench.start({ jobs });
  using client = await server.client();
  await whenDone(client);
  const happened = await bench.happened();
  expect(happened.length).toBe(new Set(happened).size);
  expect(accepted.size).toBeGreaterThan(KILLS);
  let doubtful = 0;
  for (const id of accepted) {
    const { work } = await client.queue.getWork({ workId: id });
    const effects = happened.filter((key) => key.startsWith(`${id}/`)).length;
    if (work?.state === WorkState.COMPLETED) expect([id, effects]).toEqual([id, 1]);
    else {
      doubtful += 1;
      expect([id, work?.state, work?.errors.at(-1)?.errorClass]).toEqual([id, WorkState.DEAD, "in_doubt"]);
      expect(effects).toBeLessThanOrEqual(1);
    }
  }
  console.info(`accepted ${accepted.size}, effects ${happened.length}, in doubt ${doubtful}`);
}, 180_000);
