import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import type { Denial, KeyPlace, PeerCertificate } from "#api";
import { EvidenceService } from "../../../src/api/gen/verbatim/evidence/v1/evidence_pb.ts";
import { Access } from "../../../src/api/grpc/access/access.ts";
import type { Principal } from "../../../src/api/identity/principal.ts";
import { AUTHORIZATION } from "../../../src/api/grpc/access/authorization-table.ts";
import { Denials } from "../../../src/api/grpc/access/denials.ts";
import { startHouse, systemClock } from "../support/house.ts";
import { PATHS, probeService, startProbe, until, verified } from "../support/probe.ts";
import { answerOf, framed, rawConnection } from "../support/raw-call.ts";
import { identityHouse, LOCAL_TOKEN, WIDE_BOUNDS } from "./identity-house.ts";
import type { IdentityHouse } from "./identity-house.ts";
import { AUDIENCE, ISSUER, makeIssuer } from "./issuer.ts";

const issuer = await makeIssuer();

test("a denied call of four megabytes is answered before anything of it is decoded", async () => {
  let looks = 0;
  const counting = <T extends object>(message: T): T =>
    new Proxy(message, {
      get(target, key) {
        looks += 1; // whoever decodes looks at the description of the message
        return Reflect.get(target, key) as unknown;
      },
    });
  const mounted = probeService({ verifyRun: () => Promise.resolve(verified(1)) });
  const methods = mounted.service.methods.map((method) => ({ ...method, input: counting(method.input) }));
  const service = { ...mounted, service: { ...mounted.service, methods } };
  let principal: Principal = { name: "rita", proven: { roles: new Set(), bounded: true } };
  await using probe = await startProbe({}, { authenticate: () => principal, services: [service] } as never);
  using connection = rawConnection(probe.address);
  looks = 0;

  const denied = connection.open(PATHS.verifyRun);
  const answer = answerOf(denied);
  denied.write(framed(Buffer.alloc(4 * 1024 * 1024, 10))); // never ended: who waits for the whole of it waits for ever
  const { status, message } = await answer;
  expect([status, message]).toEqual([7, `rita may not call ${PATHS.verifyRun}: none of his roles allows it.`]);
  expect(looks).toBe(0);

  principal = { name: "rita", proven: { roles: new Set(["reader"]), bounded: true } };
  const allowed = connection.open(PATHS.verifyRun);
  allowed.end(framed(new Uint8Array()));
  expect((await answerOf(allowed)).status).toBe(0);
  expect(looks).toBeGreaterThan(0);
});

test("a server does not start with a method that no row of the table names", () => {
  const paths = EvidenceService.methods.map(({ name }) => `/${EvidenceService.typeName}/${name}`);
  const table = new Map([...AUTHORIZATION].filter(([path]) => path !== PATHS.verifyRun));
  const access = new Access({ clock: systemClock, onDenied: () => undefined, table });
  expect(() => access.requireRows(paths)).toThrow(
    expect.objectContaining({
      code: "INVALID_CONFIGURATION",
      violations: [expect.objectContaining({ field: PATHS.verifyRun })],
    }),
  );
});

test("a transport with a method without a row does not listen", async () => {
  const table = new Map([...AUTHORIZATION].filter(([path]) => path !== PATHS.readLog));
  const access = new Access({ clock: systemClock, onDenied: () => undefined, table });
  await expect(startProbe({}, { access } as never)).rejects.toMatchObject({ code: "INVALID_CONFIGURATION" });
});

test("of denials the first is told at once, and the others by their number when the interval is over", () => {
  const told: Denial[] = [];
  let end: (() => void) | undefined;
  const clock = { ...systemClock, after: (_ms: number, callback: () => void) => ((end = callback), () => undefined) };
  const denials = new Denials({ clock, report: (denial) => told.push(denial), entries: 2 });
  const denial = { kind: "permission" as const, principal: "rita", method: "/a/B", detail: "has reader" };
  for (let n = 0; n < 5; n += 1) denials.note(denial);
  expect(told).toEqual([{ ...denial, count: 1 }]);
  for (const method of ["/a/C", "/a/D", "/a/E", "/a/F"]) denials.note({ ...denial, method });
  end?.();
  expect(told.slice(1)).toEqual([
    { ...denial, method: "/a/C", count: 1 },
    { ...denial, principal: "", method: "other", count: 1 },
    { ...denial, count: 4 },
    { ...denial, principal: "", method: "other", count: 2 },
  ]);
  expect(denials.totals).toEqual({ unauthenticated: 0, permission: 9, rate: 0, in_flight: 0 });
  denials.note(denial);
  expect(told.at(-1)).toEqual({ ...denial, count: 1 });
});

test("a denied call is told to the log with who and what, and counted", async () => {
  await using opened = await identityHouse(issuer);
  const client = opened.client(await issuer.token({ sub: "rita", roles: ["reader"] }));
  for (let n = 0; n < 3; n += 1)
    await expect(client.queue.enqueue({})).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  await expect(opened.client(issuer.bad["expired"] ?? "").health.check({})).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
  });
  expect(opened.denials).toEqual([
    {
      kind: "permission",
      principal: "rita",
      method: "/verbatim.queue.v1.QueueService/Enqueue",
      detail: "has reader",
      count: 1,
    },
    {
      kind: "unauthenticated",
      principal: "",
      method: "/grpc.health.v1.Health/Check",
      detail: expect.stringContaining("exp"),
      peer: "127.0.0.1",
      count: 1,
    },
  ]);
  expect(opened.house.server.denied).toEqual({ unauthenticated: 1, permission: 3, rate: 0, in_flight: 0 });
});

test("who calls too often is told when to try again, and others are served", async () => {
  const bounds = { ...WIDE_BOUNDS, callsPerSecond: 0.01, burst: 3 };
  await using opened = await identityHouse(issuer, { identity: { bounds } });
  const client = opened.client(await issuer.token());
  for (let n = 0; n < 3; n += 1) await client.health.check({});
  const refused = await client.health.check({}).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: "RATE_LIMITED",
    message: expect.stringMatching(/^alice makes more than 0\.01 calls a second/),
  });
  expect((refused as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(90_000);
  await opened.client(await issuer.token({ sub: "bob" })).health.check({});
  for (let n = 0; n < 9; n += 1) await opened.client(LOCAL_TOKEN).health.check({});
});

test("who has as many calls under way as he may have starts another when one has ended", async () => {
  await using opened = await identityHouse(issuer, { identity: { bounds: { ...WIDE_BOUNDS, callsInFlight: 2 } } });
  const client = opened.client(await issuer.token());
  const [one, two] = [client.health.watch({}), client.health.watch({})];
  await Promise.all([one.next(), two.next()]);
  await expect(client.health.check({})).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 1000 });
  await one.return();
  let served = false;
  const asked = async (): Promise<void> =>
    void (await client.health.check({}).then(
      () => (served = true),
      () => asked(),
    ));
  await asked();
  await until(() => served, "the place of the call that has ended");
  await two.return();
});

const CI: PeerCertificate = {
  subject: "CN=ci",
  commonName: "ci",
  uriSans: ["spiffe://example.com/ci"],
  dnsSans: ["ci.example.com"],
  fingerprint: "f",
};

test.each([
  ["its URI", { uri: "spiffe://example.com/ci" }],
  ["its DNS name", { dns: "ci.example.com" }],
  ["its common name", { commonName: "ci" }],
])("a certificate stands for a principal by %s", async (_what, named) => {
  const certificates = [{ ...named, principal: "robot", roles: ["submitter" as const], tenant: "acme" }];
  let certificate: PeerCertificate | undefined = CI;
  await using opened = await identityHouse(issuer, {
    identity: { certificates },
    server: { certificateOf: () => certificate },
  });
  const client = opened.client();
  await expect(client.executor.executeJob({ jobId: "acme.by-certificate", contractId: "c" })).resolves.toMatchObject({
    result: { executedBy: "robot" },
  });
  await expect(client.executor.getJob({ jobId: "globex.job" })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  await expect(client.reviews.reviewContract({})).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  await expect(opened.client(await issuer.token()).health.check({})).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
    message: expect.stringContaining("two principals"),
  });
  await expect(opened.client(issuer.bad["of the wrong key"] ?? "").health.check({})).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
  });
  for (const other of [
    { ...CI, commonName: "CI", uriSans: ["spiffe://example.com/ci/"], dnsSans: ["a.ci.example.com"] },
    undefined,
  ]) {
    certificate = other;
    await expect(opened.client().health.check({})).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  }
});

test("a certificate that stands for two principals stands for nobody", async () => {
  const entry = { roles: ["reader" as const], tenant: "acme" };
  const certificates = [
    { ...entry, commonName: "ci", principal: "one" },
    { ...entry, dns: "ci.example.com", principal: "two" },
  ];
  await using opened = await identityHouse(issuer, { identity: { certificates }, server: { certificateOf: () => CI } });
  await expect(opened.client().health.check({})).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("keys in a file are read again when it changes, and a file that is not good leaves nobody", async () => {
  let forwardMs = 0;
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + forwardMs };
  const { openKeySet } = await import("../../../src/api/identity/key-set.ts");
  await using opened = await identityHouse(issuer);
  const problems: string[] = [];
  const keys = await openKeySet({ file: opened.keyFile }, { clock, onProblem: (problem) => problems.push(problem) });
  const asked = () => keys({ alg: "ES256", kid: "one" }, { payload: "", signature: "" });
  await expect(asked()).resolves.toBeDefined();
  const other = await makeIssuer();
  const [first] = other.keys.keys;
  await writeFile(opened.keyFile, JSON.stringify({ keys: [{ ...first, kid: "two" }] }));
  await expect(asked()).resolves.toBeDefined(); // it was looked at a moment ago
  forwardMs += 1001;
  await expect(asked()).rejects.toThrow();
  for (const bad of [
    "{",
    '{"keys":[]}',
    '{"keys":[{"kty":"oct","k":"AAAA"}]}',
    `{"keys":[{"kty":"EC","d":"x"}]}`,
    "x".repeat(300_000),
  ]) {
    await writeFile(opened.keyFile, bad);
    forwardMs += 1001;
    await expect(asked()).rejects.toThrow("no keys can be read");
  }
  expect(problems).toHaveLength(1);
  await writeFile(opened.keyFile, JSON.stringify(issuer.keys));
  forwardMs += 1001;
  await expect(asked()).resolves.toBeDefined();
  await rm(opened.keyFile);
  forwardMs += 1001;
  await expect(asked()).rejects.toThrow("no keys can be read");
  await expect(openKeySet({ file: opened.keyFile }, { clock, onProblem: () => undefined })).rejects.toMatchObject({
    code: "INVALID_CONFIGURATION",
  });
});

test("keys of a URL are asked for once, not for every unknown one, and a server that is down is left alone for a while", async () => {
  let requests = 0;
  let body: string | undefined = JSON.stringify(issuer.keys);
  const server = createServer((_request, response) => {
    requests += 1;
    if (body === undefined) response.writeHead(500).end();
    else response.writeHead(200, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const keys: KeyPlace = { url: `http://127.0.0.1:${port}/keys`, coolDownMs: 60_000, timeoutMs: 2000 };
  const tokens = {
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ["ES256" as const],
    keys,
    clockToleranceSeconds: 30,
    tokenBytes: 4096,
    rolesClaim: "a.b",
    roleNames: { boss: "operator" as const },
    tenantClaim: "tenant",
  };
  try {
    await using opened = await identityHouse(issuer, { identity: { tokens } });
    const client = opened.client(await issuer.token({ a: { b: "boss reader" } }));
    for (let n = 0; n < 5; n += 1) await client.health.check({});
    await expect(client.evidence.listRuns({})).resolves.toBeDefined();
    await expect(client.queue.enqueue({})).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    for (let n = 0; n < 5; n += 1)
      await expect(
        opened.client(issuer.bad["of a key that is not known"] ?? "").health.check({}),
      ).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(requests).toBe(1);

    for (const [answer, expected] of [
      [undefined, 2],
      ["x".repeat(300_000), 3],
    ] as const) {
      body = answer;
      await using down = await identityHouse(issuer, { identity: { tokens } });
      const token = await issuer.token();
      for (let n = 0; n < 5; n += 1)
        await expect(down.client(token).health.check({})).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
      expect(requests).toBe(expected);
    }
  } finally {
    server.close();
  }
});

test("without identities nothing is asked for but what was asked for before, and names are those of the request", async () => {
  await using house = await startHouse();
  await expect(
    house.client.executor.executeJob({ jobId: "any", contractId: "c", executedBy: "whoever" }),
  ).resolves.toMatchObject({ result: { executedBy: "whoever" } });
  for (let n = 0; n < 300; n += 1) await house.client.health.check({});
  expect(house.server.denied).toEqual({ unauthenticated: 0, permission: 0, rate: 0, in_flight: 0 });
});

test("the same identities are asked for on the HTTP side port, before anything of the request is read", async () => {
  await using opened = await identityHouse(issuer, { server: { httpAddress: "127.0.0.1:0" } });
  const url = `http://${opened.house.server.httpAddress}/verbatim.orchestration.v1.RunService/CreateRun`;
  const ask = async (token: string) => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: "no json",
    });
    return [answer.status, ((await answer.json()) as { code: string }).code];
  };
  expect(await ask(await issuer.token({ roles: ["reader"] }))).toEqual([403, "permission_denied"]);
  expect(await ask(issuer.bad["with alg none"] ?? "")).toEqual([401, "unauthenticated"]);
  expect(await ask(await issuer.token({ roles: ["submitter"] }))).toEqual([400, "invalid_argument"]);
});

const metricsPage = async () => ({ contentType: "text/plain", text: "numbers" });

test("a page of the side port is told to those whose roles allow it, and to nobody of a tenant", async () => {
  const server = { httpAddress: "127.0.0.1:0", metricsPage };
  await using undivided = await identityHouse(issuer, { server, identity: { tenants: [] } });
  await using divided = await identityHouse(issuer, { server });
  const ask = async ({ house }: IdentityHouse, roles: readonly string[]) => {
    const headers = { authorization: `Bearer ${await issuer.token({ roles })}` };
    return (await fetch(`http://${house.server.httpAddress}/metrics`, { headers })).status;
  };
  expect(await ask(undivided, ["reader"])).toBe(200);
  expect(await ask(undivided, ["submitter", "approver"])).toBe(403);
  expect(await ask(divided, ["operator"])).toBe(403);
});
