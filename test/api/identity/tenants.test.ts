import { afterAll, beforeAll, expect, test } from "vitest";
import { authorizationRows } from "#api";
import type { VerbatimClient } from "#api";
import { Fault } from "#model";
import { collect, request, stepType, STEP_TYPES } from "../support/house.ts";
import { identityHouse, LOCAL_TOKEN } from "./identity-house.ts";
import type { IdentityHouse } from "./identity-house.ts";
import { makeIssuer } from "./issuer.ts";
import type { Issuer } from "./issuer.ts";

const PLAN = `name: waits
jobs:
  one:
    gate: manual
    steps: [{ step_type: test.echo, target: here }]
`;

let issuer: Issuer;
let opened: IdentityHouse;
let acme: VerbatimClient;
let globex: VerbatimClient;
let local: VerbatimClient;

beforeAll(async () => {
  issuer = await makeIssuer();
  const large = stepType("test.large", () => ({ success: true, output: "x".repeat(10_000) }));
  opened = await identityHouse(issuer, { server: { stepTypes: [...STEP_TYPES, large] } });
  acme = opened.client(await issuer.token());
  globex = opened.client(await issuer.token({ sub: "gil", tenant: "globex" }));
  local = opened.client(LOCAL_TOKEN);
  await acme.executor.executeJob(job("acme.job"));
  await acme.runs.createRun({ plan: plan(), runId: "acme.run" });
  await globex.executor.executeJob(job("globex.job"));
});

afterAll(async () => await opened[Symbol.asyncDispose]());

function job(jobId: string, types: readonly string[] = ["test.echo"]) {
  return { ...request(jobId, types), executedBy: "" };
}

function plan() {
  return { text: PLAN, name: "plan.yaml" };
}

/** What a call failed with. */
async function refusal(act: () => Promise<unknown>): Promise<Pick<Fault, "code" | "message" | "violations">> {
  try {
    await act();
  } catch (error) {
    if (error instanceof Fault) return { code: error.code, message: error.message, violations: error.violations };
    throw error;
  }
  throw new Error("the call went through");
}

type NamedCall = (client: VerbatimClient, id: string) => Promise<unknown>;

/** Every method that names a thing of somebody's, with a request that is right but for the thing. */
const NAMED: Readonly<Record<string, NamedCall>> = {
  WatchJob: ({ executor }, jobId) => collect(executor.watchJob({ jobId })),
  GetJob: ({ executor }, jobId) => executor.getJob({ jobId }),
  CancelJob: ({ executor }, jobId) => executor.cancelJob({ jobId, reason: "why" }),
  GetRun: ({ runs }, runId) => runs.getRun({ runId }),
  GetHistory: ({ runs }, runId) => runs.getHistory({ runId }),
  WatchRun: ({ runs }, runId) => collect(runs.watchRun({ runId })),
  ResumeRun: ({ runs }, runId) => runs.resumeRun({ runId, reason: "why" }),
  CancelRun: ({ runs }, runId) => runs.cancelRun({ runId, reason: "why" }),
  RollbackRun: ({ runs }, runId) => runs.rollbackRun({ runId, reason: "why" }),
  MarkJobSucceeded: ({ runs }, runId) => runs.markJobSucceeded({ word: { runId, jobKey: "one", reason: "why" } }),
  ApproveGate: ({ runs }, runId) => runs.approveGate({ word: { runId, jobKey: "one", reason: "why" } }),
  RejectGate: ({ runs }, runId) => runs.rejectGate({ word: { runId, jobKey: "one", reason: "why" } }),
  OverrideGate: ({ runs }, runId) => runs.overrideGate({ word: { runId, jobKey: "one", reason: "why" } }),
  ReadLog: ({ evidence }, runId) => collect(evidence.readLog({ runId })),
  VerifyRun: ({ evidence }, runId) => evidence.verifyRun({ runId }),
  ReadBlob: ({ evidence }, runId) => collect(evidence.readBlob({ runId, digest: "a".repeat(43) })),
  GetSeal: ({ evidence }, runId) => collect(evidence.getSeal({ runId })),
};

test("every method that names somebody's thing is looked at below", () => {
  const named = authorizationRows().filter(({ tenants }) => tenants.startsWith("own "));
  expect(new Set(named.map(({ method }) => method.split("/")[2]))).toEqual(new Set(Object.keys(NAMED)));
});

test.each(Object.entries(NAMED))("%s tells of another tenant's things what it tells of none", async (_name, act) => {
  const none = await refusal(() => act(globex, "globex.none"));
  expect(none.code).toBe("RUN_NOT_FOUND");
  for (const foreign of ["acme.job", "acme.run", "acme.none", "job", "globex", "globexx.job"]) {
    const told = await refusal(() => act(globex, foreign));
    expect(told).toEqual({ ...none, message: none.message.replace("globex.none", foreign) });
  }
});

test("a tenant's own things, and everybody's to whoever holds the machine, are told of", async () => {
  await expect(acme.executor.getJob({ jobId: "acme.job" })).resolves.toMatchObject({ jobId: "acme.job" });
  await expect(acme.runs.getRun({ runId: "acme.run" })).resolves.toBeDefined();
  await expect(local.executor.getJob({ jobId: "globex.job" })).resolves.toMatchObject({ jobId: "globex.job" });
  await expect(local.executor.getJob({ jobId: "acme.job" })).resolves.toMatchObject({ jobId: "acme.job" });
});

test("what a tenant makes begins with its name, whatever it asks for", async () => {
  for (const id of ["acme.job", "mine", "globex", "GLOBEX.x", "globexx.y"]) {
    const told = await refusal(() => globex.executor.executeJob(job(id)));
    expect(told.code).toBe("INVALID_REQUEST");
    expect(await refusal(() => globex.runs.createRun({ plan: plan(), runId: id }))).toEqual(told);
    expect(await refusal(() => collect(globex.executor.executeJobStream({ job: job(id) })))).toEqual(told);
  }
  const { runId } = await globex.runs.createRun({ plan: plan() });
  expect(runId).toMatch(/^globex\.[0-9a-f-]{36}$/);
});

test("lists show a tenant's own alone, page by page, and say nothing of the places of others", async () => {
  for (let n = 0; n < 5; n += 1) {
    await globex.executor.executeJob(job(`globex.list-${n}`));
    await acme.executor.executeJob(job(`acme.list-${n}`));
  }
  const ids: string[] = [];
  for (let pageToken = "", pages = 0; pages < 50; pages += 1) {
    const page = await globex.evidence.listRuns({ pageSize: 2, pageToken });
    ids.push(...page.runs.map(({ runId }) => runId));
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  expect(ids.every((id) => id.startsWith("globex."))).toBe(true);
  expect(ids).toEqual(expect.arrayContaining(["globex.job", "globex.list-0", "globex.list-4"]));
  expect(new Set(ids).size).toBe(ids.length);
  const everything = (await local.evidence.listRuns({ pageSize: 1000 })).runs.map(({ runId }) => runId);
  expect(everything).toEqual(expect.arrayContaining(["acme.list-0", "globex.list-0"]));

  const behind = (id: string) => globex.evidence.listRuns({ pageToken: Buffer.from(id).toString("base64url") });
  expect((await behind("acme.list-4")).runs).toEqual([]);
  expect((await behind("acme.none")).runs).toEqual([]);

  const plans = await globex.runs.listRuns({});
  expect(plans.runs.length).toBeGreaterThan(0);
  expect(plans.runs.filter(({ runId }) => !runId.startsWith("globex."))).toEqual([]);
  expect((await acme.runs.listRuns({})).runs.map(({ runId }) => runId)).toEqual(["acme.run"]);
});

test("the page token of another tenant's list shows a tenant its own alone, whatever it was made for", async () => {
  for (let n = 0; n < 3; n += 1) {
    await acme.runs.createRun({ plan: plan(), runId: `acme.paged-${n}` });
    await globex.runs.createRun({ plan: plan(), runId: `globex.paged-${n}` });
  }
  const ofAcme = await acme.runs.listRuns({ pageSize: 1 });
  const ofAll = await local.runs.listRuns({ pageSize: 1 });
  const evidenceOfAcme = await acme.evidence.listRuns({ pageSize: 1 });
  const tokens = [ofAcme.nextPageToken, ofAll.nextPageToken];
  expect(tokens).not.toContain("");
  for (const pageToken of tokens) {
    const told = await globex.runs.listRuns({ pageSize: 100, pageToken }).catch((error: unknown) => {
      expect(error).toMatchObject({ code: "INVALID_REQUEST", message: expect.not.stringContaining("acme.") });
      return undefined;
    });
    expect(told?.runs.filter(({ runId }) => !runId.startsWith("globex.")) ?? []).toEqual([]);
  }
  const behind = await globex.evidence.listRuns({ pageSize: 100, pageToken: evidenceOfAcme.nextPageToken });
  expect(behind.runs.filter(({ runId }) => !runId.startsWith("globex."))).toEqual([]);
});

test("asking again for what another tenant has, word for word, is answered as for what nobody has", async () => {
  const again = await refusal(() => globex.executor.executeJob(job("acme.job")));
  const none = await refusal(() => globex.executor.executeJob(job("acme.none")));
  expect(again).toEqual(none);
  const run = await refusal(() => globex.runs.createRun({ plan: plan(), runId: "acme.run" }));
  expect(run).toEqual(await refusal(() => globex.runs.createRun({ plan: plan(), runId: "acme.none" })));
  expect(run.code).toBe("INVALID_REQUEST");
});

test("a payload is told of by the log that it belongs to, and by no other", async () => {
  await acme.executor.executeJob(job("acme.large", ["test.large"]));
  const lines = (await collect(acme.evidence.readLog({ runId: "acme.large" }))).flatMap((page) => page.lines);
  const digest =
    /"\$blob":"([\w-]{43})"/.exec(lines.map(({ line }) => Buffer.from(line).toString()).join(""))?.[1] ?? "";
  expect(await collect(acme.evidence.readBlob({ runId: "acme.large", digest }))).not.toEqual([]);
  const named = {
    ...job("globex.echo"),
    steps: [{ stepIndex: 0, stepType: "test.echo", target: "t", parameters: { $: { $blob: digest } } }],
  };
  await globex.executor.executeJob(named);
  for (const runId of ["globex.job", "globex.echo"])
    expect(await refusal(() => collect(globex.evidence.readBlob({ runId, digest })))).toMatchObject({
      code: "BLOB_NOT_FOUND",
    });
});

test("the name in every record is that of the credential", async () => {
  const { result } = await acme.executor.executeJob(job("acme.named"));
  expect(result?.executedBy).toBe("alice");
  await expect(acme.executor.executeJob({ ...job("acme.same"), executedBy: "alice" })).resolves.toBeDefined();
  for (const executedBy of ["bob", "Alice", "alice ", "local"])
    expect((await refusal(() => acme.executor.executeJob({ ...job("acme.other"), executedBy }))).code).toBe(
      "PERMISSION_DENIED",
    );
  expect((await refusal(() => acme.runs.cancelRun({ runId: "acme.run", actor: "bob", reason: "why" }))).code).toBe(
    "PERMISSION_DENIED",
  );
  expect((await refusal(() => local.runs.cancelRun({ runId: "acme.run", actor: "alice", reason: "why" }))).code).toBe(
    "PERMISSION_DENIED",
  );
});

test("whoever has started a run does not approve it, whatever roles he has; another one of his tenant does", async () => {
  await acme.runs.createRun({ plan: plan(), runId: "acme.gated" });
  await collect(acme.runs.watchRun({ runId: "acme.gated", untilBlocked: true }));
  const word = { runId: "acme.gated", jobKey: "one", reason: "looked at" };
  expect((await refusal(() => acme.runs.approveGate({ word }))).code).toBe("APPROVER_IS_SUBMITTER");
  expect((await refusal(() => globex.runs.approveGate({ word }))).code).toBe("RUN_NOT_FOUND");
  const bob = opened.client(await issuer.token({ sub: "bob", roles: ["approver"] }));
  await bob.runs.approveGate({ word });
  const lines = (await collect(acme.evidence.readLog({ runId: "acme.gated", follow: true }))).flatMap(
    (page) => page.lines,
  );
  const approved = lines.map(
    ({ line }) => JSON.parse(Buffer.from(line).toString()) as { event_type: string; actor: string },
  );
  expect(approved.find(({ event_type: type }) => type === "gate.approved")?.actor).toBe("bob");
});
