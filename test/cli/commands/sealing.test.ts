import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { digest, judgeEnvelope, readEnvelope, readPublicKey, verifyFile } from "#evidence";
import { request, startHouse, STEP_TYPES, stepType } from "../../api/support/house.ts";
import type { House } from "../../api/support/house.ts";
import { runCommand } from "../support/house-host.ts";

let house: House;
beforeEach(async () => {
  const large = stepType("test.large", () => ({ success: true, output: { text: "é".repeat(20_000) } }));
  house = await startHouse({ stepTypes: [...STEP_TYPES, large] });
});
afterEach(() => house[Symbol.asyncDispose]());

async function keyOfHouse() {
  return readPublicKey((await house.client.evidence.getPublicKey({})).pem);
}

test("keys prints the public key, which `--json` names by id and algorithm", async () => {
  const { keyId, algorithm, pem } = await keyOfHouse();
  expect(await runCommand(house, ["keys"])).toMatchObject({ code: 0, out: `# ed25519, key id ${keyId}\n${pem}` });
  const { out } = await runCommand(house, ["keys", "--json"]);
  expect(JSON.parse(out)).toEqual({ key_id: keyId, algorithm, public_key: pem });
});

test("seal prints the envelope on standard output, and what it is about beside it", async () => {
  await house.client.executor.executeJob(request("job", ["test.echo", "test.fail"]));
  const { code, out, err } = await runCommand(house, ["seal", "job"]);
  const key = await keyOfHouse();
  expect(code).toBe(0);
  expect(judgeEnvelope(readEnvelope(out), [key])).toEqual({ verdict: "valid", key: expect.anything() as unknown });
  expect(err).toMatch(/^run job: failed, \d+ records, head [\w-]{43}, signed by [\w-]{43}; not verified here\n$/);
});

test("seal says of a run that there is not that it is not found", async () => {
  expect(await runCommand(house, ["seal", "nobody"])).toMatchObject({ code: 4, out: "" });
});

test("export writes one folder with log, seal, bundle, key, plan and payloads", async () => {
  await house.client.executor.executeJob(request("job", ["test.echo", "test.large"]));
  const out = join(house.directory, "out");
  const { code, out: said } = await runCommand(house, ["export", "job", "--out", out, "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(said)).toMatchObject({ run_id: "job", folder: out, blobs: 1 });
  expect(readdirSync(out).toSorted()).toEqual([
    "blobs",
    "events.jsonl",
    "key.pem",
    "plan.json",
    "seal.dsse.json",
    "seal.sigstore.json",
  ]);
  const log = await verifyFile(join(out, "events.jsonl"));
  expect(log).toMatchObject({ ok: true, complete: true, runId: "job" });
  const [created = ""] = readFileSync(join(out, "events.jsonl"), "utf8").split("\n");
  const { plan_hash: planHash } = JSON.parse(created) as { readonly plan_hash: string };
  expect(digest(readFileSync(join(out, "plan.json")))).toBe(planHash);
  const [blob = ""] = readdirSync(join(out, "blobs"));
  expect(digest(readFileSync(join(out, "blobs", blob)))).toBe(blob);
  const key = readPublicKey(readFileSync(join(out, "key.pem"), "utf8"));
  const envelope = readEnvelope(readFileSync(join(out, "seal.dsse.json"), "utf8"));
  expect(judgeEnvelope(envelope, [key]).verdict).toBe("valid");
});

test("export of a job with a large plan has that plan, too", async () => {
  const types = Array.from({ length: 300 }, () => "test.echo");
  await house.client.executor.executeJob(request("many", types));
  const out = join(house.directory, "out");
  expect((await runCommand(house, ["export", "many", "--out", out])).code).toBe(0);
  const plan = JSON.parse(readFileSync(join(out, "plan.json"), "utf8")) as { readonly steps: unknown[] };
  expect(plan.steps).toHaveLength(300);
});

test("export leaves a folder alone in which there is something", async () => {
  await house.client.executor.executeJob(request("job", ["test.echo"]));
  const out = join(house.directory, "out");
  mkdirSync(out);
  writeFileSync(join(out, "mine"), "");
  expect(await runCommand(house, ["export", "job", "--out", out])).toMatchObject({ code: 2 });
  expect(readdirSync(out)).toEqual(["mine"]);
  expect(existsSync(join(out, "events.jsonl"))).toBe(false);
});
