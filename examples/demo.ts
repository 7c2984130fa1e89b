// npm run demo: a real server, real jobs, a real client. Every line with a ✓ was checked; one that does not hold makes the
// exit code 1. Nothing leaves this machine: the server listens on a loopback port, and its state is thrown away.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectClient, readToken } from "#api";
import { attachAgain } from "./demo/chapter-attach.ts";
import { failInTheMiddle } from "./demo/chapter-fail.ts";
import { packDocumentation } from "./demo/chapter-pack.ts";
import { stopServer } from "./demo/chapter-stop.ts";
import { runPlan } from "./demo/chapter-plan.ts";
import { verifyOffline } from "./demo/chapter-verify.ts";
import { startServer } from "./demo/server.ts";
import type { Stage } from "./demo/stage.ts";
import { Story } from "./demo/story.ts";

const story = new Story(console.log);
const startMs = performance.now();
const suffix = randomUUID().slice(0, 8);
const [packed, failed, long] = [`pack-${suffix}`, `fail-${suffix}`, `long-${suffix}`] as const;

const state = await mkdtemp(join(tmpdir(), "verbatim-demo-"));
try {
  await using server = await startServer({ state });
  try {
    using client = connectClient({ address: server.address, token: await readToken(state) });
    const stage: Stage = { story, server, client, state };
    story.chapter("A server");
    story.say(`verbatim serve --config examples/verbatim.yaml: process ${server.pid} listens on ${server.address}.`);
    const { stepTypes } = await client.executor.listStepTypes({});
    const offered = stepTypes.map(({ name }) => name).join(", ");
    story.expect(`it performs what its configuration allows, and nothing else: ${offered}`, offered === "command.run");

    const testimony = await packDocumentation(stage, packed);
    await failInTheMiddle(stage, failed);
    await attachAgain(stage, packed, testimony);
    await verifyOffline(stage, { packed, failed, testimony });
    await stopServer(stage, [packed, failed, long]);
    await runPlan(stage, `release-${suffix}`);
  } catch (error) {
    console.error(`The server's log:\n${server.log()}`);
    throw error;
  }
} finally {
  await rm(state, { recursive: true, force: true });
}

console.log(`\n${story.ending((performance.now() - startMs) / 1000)}`);
console.log("The archive is in examples/out. Next: the README's first job.");
process.exitCode = story.kept ? 0 : 1;
