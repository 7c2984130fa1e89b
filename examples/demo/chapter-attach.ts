import type { Stage } from "./stage.ts";
import { witness } from "./witness.ts";
import type { Testimony } from "./witness.ts";

/** Coming back to a job's stream from a sequence number on, as after a lost connection. */
export async function attachAgain({ story, client }: Stage, jobId: string, before: Testimony): Promise<void> {
  story.chapter("Coming back to the first job's stream");
  const middle = Math.floor(before.seen.length / 2);
  const { seq: afterSeq } = story.need("event in the middle of the first stream", before.seen[middle]);
  story.say(`As a client would that lost its connection after seq ${afterSeq}:`);
  story.say("");
  const { seen } = await witness(client.executor.watchJob({ jobId, afterSeq: BigInt(afterSeq) }), { story });
  story.say("");

  story.expect(
    `the stream goes on with seq ${afterSeq + 1}: nothing is missing, nothing comes twice`,
    seen[0]?.seq === afterSeq + 1,
  );
  story.expect(
    `the ${seen.length} events carry the hashes that were noted the first time`,
    JSON.stringify(seen) === JSON.stringify(before.seen.slice(middle + 1)),
  );
}
