// npm run demo:governance: a request without authority becomes, by machine verdicts and one human decision, an executed and
// audited change, or it does not. A real server, real calls. Every line with a ✓ was checked; one that does not hold makes the
// exit code 1.
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connectClient, readToken } from "#api";
import type { VerbatimClient } from "#api";
import { verifyFile } from "#evidence";
import { REPOSITORY, startServer } from "./demo/server.ts";
import type { DemoServer } from "./demo/server.ts";
import { Story } from "./demo/story.ts";

const ENABLED = 1;
const DEGRADED = 2;
const WATCH_MS = 50;

interface Contract {
  readonly contract_id: string;
  readonly state: string;
  readonly reason: string;
  readonly plan_hash: string;
  readonly rollback: string;
  readonly job_id: string;
  readonly eligibility: { readonly decision: string; readonly reason: string } | null;
  readonly validation: { readonly decision: string; readonly reason: string } | null;
  readonly audit: { readonly decision: string; readonly reason: string } | null;
}

const story = new Story(console.log);
const startMs = performance.now();
const state = await mkdtemp(join(tmpdir(), "verbatim-governance-"));
try {
  await using server = await startServer({ state, config: "examples/governance/verbatim.yaml" });
  using client = connectClient({ address: server.address, token: await readToken(state) });
  try {
    const enabled = await approvedChange(server, client);
    const refused = frozenCapability(server);
    const undone = await harmfulChange(server, client);
    await verified(server, [enabled, refused, undone]);
  } catch (error) {
    console.error(`The server's log:\n${server.log()}`);
    throw error;
  }
} finally {
  await rm(state, { recursive: true, force: true });
}
console.log(`\n${story.ending((performance.now() - startMs) / 1000)}`);
process.exitCode = story.kept ? 0 : 1;

/** A request that is approved by a second person, carried out and audited. */
async function approvedChange(server: DemoServer, client: VerbatimClient): Promise<Contract> {
  story.chapter("A request is judged, approved by a second person, carried out and audited");
  const without = await client.executor
    .executeJob({
      jobId: "by-hand",
      contractId: "none",
      steps: [{ stepIndex: 0, stepType: "capability_enable", target: "capability/billing" }],
    })
    .then(
      () => "admitted",
      (error: unknown) => String(error),
    );
  story.expect("without a contract nothing runs here", without.includes("there is no such contract"));
  const asked = said(server, "request", "examples/governance/enable-billing.yaml", "--actor", "ada");
  tellVerdicts(asked);
  story.expect("the machines let it through to a person: ELIGIBLE", asked.state === "ELIGIBLE");
  const own = verbatim(server, "contract", "approve", asked.contract_id, "--actor", "ada");
  story.expect(`whoever has asked may not approve (exit code ${own.status})`, own.status === 7);
  const other = verbatim(
    server,
    "contract",
    "approve",
    asked.contract_id,
    "--actor",
    "grace",
    "--plan",
    "another-plan",
  );
  story.expect(`an approval of another plan is refused (exit code ${other.status})`, other.status === 6);
  const approved = said(
    server,
    "contract",
    "approve",
    asked.contract_id,
    "--actor",
    "grace",
    "--plan",
    asked.plan_hash,
  );
  story.expect("grace approves the plan that she has looked at", approved.state === "APPROVED");
  story.expect("billing is still disabled", (await stateOf(client, "billing")) === "disabled");
  const done = said(server, "contract", "activate", asked.contract_id, "--actor", "grace");
  tellAudit(server, done);
  story.expect(
    "the audit passes and completes the contract",
    done.state === "COMPLETED" && done.audit?.decision === "PASS",
  );
  story.expect("billing is seen enabled", (await stateOf(client, "billing")) === "enabled");
  const again = verbatim(server, "contract", "activate", asked.contract_id, "--actor", "grace");
  story.expect(`a second activation is refused (exit code ${again.status})`, again.status === 6);
  return done;
}

/** A request that the machines refuse. */
function frozenCapability(server: DemoServer): Contract {
  story.chapter("A request that touches a frozen capability");
  const asked = said(server, "request", "examples/governance/touch-frozen.yaml", "--actor", "ada");
  tellVerdicts(asked);
  story.expect("it is refused by E-102", asked.state === "REJECTED" && asked.reason.startsWith("E-102"));
  const { stdout } = verbatim(server, "explain", asked.contract_id);
  for (const line of stdout.trim().split("\n")) story.say(`   ${line}`);
  story.expect(
    "explain names the rule, what it saw and what it wants",
    /E-102 +✗ fails .*legacy-export.*; wanted: /.test(stdout),
  );
  const replayed = verbatim(server, "replay-verdict", asked.contract_id);
  story.expect("its verdicts come out again from their recorded facts", replayed.status === 0);
  return asked;
}

/** A change that does harm: somebody who watches says so, the audit fails, and it is put back. */
async function harmfulChange(server: DemoServer, client: VerbatimClient): Promise<Contract> {
  story.chapter("A change that does harm is put back");
  const asked = said(server, "request", "examples/governance/enable-search.yaml", "--actor", "ada");
  said(server, "contract", "approve", asked.contract_id, "--actor", "grace");
  await client.contracts.activateContract({ contractId: asked.contract_id, actor: "grace" });
  while ((await stateOf(client, "search")) !== "enabled") await pause(WATCH_MS);
  story.say("search is enabled. A watcher sees errors, and reports search as DEGRADED.");
  await client.platformHealth.reportSignal({
    source: "watcher",
    scope: "search",
    status: DEGRADED,
    reason: "errors rise",
  });
  const ended = await untilEnded(server, asked.contract_id);
  tellAudit(server, ended);
  story.expect("the audit fails: A-002 and A-006", /A-002.*A-006/s.test(ended.audit?.reason ?? ""));
  story.expect(
    "the contract has FAILED and was rolled back",
    ended.state === "FAILED" && ended.rollback === "SUCCEEDED",
  );
  story.expect("search is disabled again", (await stateOf(client, "search")) === "disabled");
  return ended;
}

/** Every log, of contracts and of their jobs, is verified offline; one flipped byte is found. */
async function verified(server: DemoServer, contracts: readonly Contract[]): Promise<void> {
  story.chapter("Every log verifies, offline");
  for (const { contract_id: id, state: end } of contracts) {
    const file = join(state, `${id}.jsonl`);
    await writeFile(file, verbatim(server, "contract", "log", id).stdout);
    const { ok, records } = await verifyFile(file);
    story.expect(`the log of the contract that is ${end} verifies: ${records} records`, ok);
  }
  for (const { job_id: job } of contracts.filter(({ job_id: id }) => id !== "")) {
    const { status } = verbatim(server, "verify", job);
    story.expect(`the log of ${job} verifies`, status === 0);
  }
  const [first] = contracts;
  const file = join(state, `${first?.contract_id ?? ""}.jsonl`);
  const bytes = await readFile(file);
  const at = bytes.indexOf("grace");
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(file, bytes);
  const { ok, problems } = await verifyFile(file);
  story.expect(`one flipped byte is found: ${problems[0]?.code} at seq ${problems[0]?.seq}`, !ok);
}

function tellVerdicts({ validation, eligibility }: Contract): void {
  story.say(`validator: ${validation?.decision} - ${validation?.reason}`);
  story.say(`eligibility: ${eligibility?.decision} - ${eligibility?.reason}`);
}

function tellAudit(server: DemoServer, { contract_id: id }: Contract): void {
  for (const line of verbatim(server, "contract", "audit", id).stdout.trim().split("\n")) story.say(`   ${line}`);
}

async function untilEnded(server: DemoServer, id: string): Promise<Contract> {
  for (;;) {
    const contract = said(server, "contract", "show", id);
    if (contract.state !== "ACTIVE") return contract;
    await pause(WATCH_MS);
  }
}

async function stateOf(client: VerbatimClient, name: string): Promise<string> {
  const { capabilities } = await client.platform.listCapabilities({});
  const found = capabilities.find((capability) => capability.name === name);
  return found?.state === ENABLED ? "enabled" : "disabled";
}

function said(server: DemoServer, ...words: readonly string[]): Contract {
  const { stdout, stderr } = verbatim(server, ...words, "--json");
  if (stdout === "") throw new Error(`verbatim ${words.join(" ")} said nothing:\n${stderr}`);
  return JSON.parse(stdout) as Contract; // the form is that of `contract show --json`
}

function verbatim({ address }: DemoServer, ...words: readonly string[]) {
  const program = ["--require", "./tools/node-version.cjs", "src/main/bin.ts"];
  const args = [...program, ...words, "--state", state, "--server", address];
  return spawnSync(process.execPath, args, { cwd: REPOSITORY, encoding: "utf8" });
}
