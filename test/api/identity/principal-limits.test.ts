import { afterAll, beforeAll, expect, test } from "vitest";
import type { PeerCertificate, VerbatimClient } from "#api";
import { Fault } from "#model";
import { PrincipalLimits } from "../../../src/api/grpc/access/principal-limits.ts";
import { request, systemClock } from "../support/house.ts";
import { identityHouse, LOCAL_TOKEN, WIDE_BOUNDS } from "./identity-house.ts";
import type { IdentityHouse } from "./identity-house.ts";
import { makeIssuer } from "./issuer.ts";
import type { Issuer } from "./issuer.ts";

/** So slow that within a test a principal has his burst and no more. */
const BURST = 20;
const RATE = { ...WIDE_BOUNDS, callsPerSecond: 0.01, burst: BURST };
const CERTIFICATE: PeerCertificate = {
  subject: "CN=carol",
  commonName: "carol",
  uriSans: [],
  dnsSans: [],
  fingerprint: "f",
};

let issuer: Issuer;
let shown: PeerCertificate | undefined;
let rated: IdentityHouse;

beforeAll(async () => {
  issuer = await makeIssuer();
  const certificates = [{ commonName: "carol", principal: "carol", roles: ["reader" as const], tenant: "acme" }];
  const server = { httpAddress: "127.0.0.1:0", certificateOf: () => shown };
  rated = await identityHouse(issuer, { identity: { bounds: RATE, certificates }, server });
});

afterAll(async () => await rated[Symbol.asyncDispose]());

/** A client on a connection of its own. */
async function clientOf(opened: IdentityHouse, claims: Readonly<Record<string, unknown>>): Promise<VerbatimClient> {
  return opened.client(await issuer.token(claims));
}

/** What a call came to: undefined if it was let in. */
async function refusal(call: Promise<unknown>): Promise<Fault | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

/** Calls so many times at once on each of the clients; tells the refusals. */
async function flood(clients: readonly VerbatimClient[], each: number): Promise<readonly Fault[]> {
  const calls = clients.flatMap((client) => Array.from({ length: each }, () => refusal(client.health.check({}))));
  return (await Promise.all(calls)).filter((told) => told !== undefined);
}

test("a flood over eight connections is one principal's, and another one is let in all the while", async () => {
  const alices = await Promise.all(Array.from({ length: 8 }, () => clientOf(rated, { sub: "alice" })));
  const bob = await clientOf(rated, { sub: "bob" });
  const flooding = flood(alices, 20);
  for (let n = 0; n < BURST; n += 1) expect(await refusal(bob.health.check({}))).toBeUndefined();
  const refused = await flooding;
  expect(refused).toHaveLength(8 * 20 - BURST);
  for (const fault of refused) {
    expect(fault.code).toBe("RATE_LIMITED");
    expect(fault.retryAfterMs).toBeGreaterThan(90_000);
    expect(fault.retryAfterMs).toBeLessThanOrEqual(100_000);
  }
  const again = await clientOf(rated, { sub: "alice" });
  expect((await refusal(again.health.check({})))?.code).toBe("RATE_LIMITED");
});

test("two of the same name in two tenants are two principals", async () => {
  const acme = await clientOf(rated, { sub: "same", tenant: "acme" });
  const globex = await clientOf(rated, { sub: "same", tenant: "globex" });
  expect(await flood([acme], 2 * BURST)).toHaveLength(BURST);
  expect(await flood([globex], BURST)).toEqual([]);
});

test("a certificate, a token and the side port lead to one account of one principal", async () => {
  const byToken = await clientOf(rated, { sub: "carol" });
  expect(await flood([byToken], BURST - 1)).toEqual([]);
  shown = CERTIFICATE;
  const byCertificate = rated.client();
  expect(await refusal(byCertificate.health.check({}))).toBeUndefined();
  expect((await refusal(byCertificate.health.check({})))?.code).toBe("RATE_LIMITED");
  shown = undefined;
  const url = `http://${rated.house.server.httpAddress}/grpc.health.v1.Health/Check`;
  const headers = {
    authorization: `Bearer ${await issuer.token({ sub: "carol" })}`,
    "content-type": "application/json",
  };
  const answer = await fetch(url, { method: "POST", headers, body: "{}" });
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([429, "resource_exhausted"]);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(90);
});

test("calls under way over many connections are one principal's, and leave a place to everybody else", async () => {
  await using opened = await identityHouse(issuer, { identity: { bounds: { ...WIDE_BOUNDS, callsInFlight: 5 } } });
  const clients = await Promise.all(Array.from({ length: 4 }, () => clientOf(opened, { sub: "alice" })));
  const watches = clients.flatMap((client) => [client.health.watch({}), client.health.watch({})]);
  const firsts = await Promise.all(watches.map((watch) => refusal(watch.next())));
  const refused = firsts.filter((told) => told !== undefined);
  expect(refused.map(({ code, retryAfterMs }) => [code, retryAfterMs])).toEqual(
    Array.from({ length: 3 }, () => ["RATE_LIMITED", 1000]),
  );
  const bob = await clientOf(opened, { sub: "bob" });
  for (let n = 0; n < 50; n += 1) expect(await refusal(bob.health.check({}))).toBeUndefined();
  expect(await refusal(opened.client(LOCAL_TOKEN).health.check({}))).toBeUndefined();
  expect(opened.house.server.denied.in_flight).toBe(3);
  await Promise.all(watches.map((watch) => watch.return()));
});

test("somebody with forty reads of a whole log in line keeps another one waiting for few of them", async () => {
  await using opened = await identityHouse(issuer);
  const [alice, bob] = [await clientOf(opened, { sub: "alice" }), await clientOf(opened, { sub: "bob" })];
  const job = request(
    "acme.long",
    Array.from({ length: 150 }, () => "test.echo"),
  );
  await alice.executor.executeJob({ ...job, executedBy: "" });
  const ended: string[] = [];
  const read = async (client: VerbatimClient, name: string): Promise<void> => {
    const { ok } = await client.evidence.verifyRun({ runId: "acme.long" });
    ended.push(ok ? name : `${name}: broken`);
  };
  const reads = Array.from({ length: 40 }, () => read(alice, "alice"));
  await Promise.race(reads);
  await read(bob, "bob");
  const before = ended.indexOf("bob");
  await Promise.all(reads);
  expect(before).toBeLessThan(20);
  expect(ended.filter((name) => name === "alice")).toHaveLength(40);
});

test("whoever came longest ago is forgotten for a new one, unless he has a call under way", () => {
  let nowMs = 0;
  const clock = { ...systemClock, monotonicMs: () => nowMs };
  const limits = new PrincipalLimits({ callsPerSecond: 1, burst: 1, callsInFlight: 9 }, clock);
  const isLetIn = (name: string): boolean => "leave" in limits.enter({ name });
  const leaveAtOnce = (name: string): void => {
    const entered = limits.enter({ name });
    if ("leave" in entered) entered.leave();
  };
  expect(isLetIn("under way")).toBe(true);
  leaveAtOnce("first");
  for (let n = 0; n < 4094; n += 1) leaveAtOnce(`principal ${n}`);
  expect(isLetIn("first")).toBe(false); // he is remembered, and came just now
  leaveAtOnce("one more");
  leaveAtOnce("two more");
  expect(isLetIn("under way")).toBe(false);
  expect(isLetIn("first")).toBe(false);
  expect(isLetIn("principal 0")).toBe(true);
  nowMs += 1000;
  expect(isLetIn("first")).toBe(true);
});
