import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PresentedCertificate, ToldServer } from "#api";
import { createMemoryStore } from "#evidence";
import type { EvidenceStore } from "#evidence";
import type { CertificatesOfCall, Finding } from "../../src/cli/index.ts";
import { serverFindings } from "../../src/cli/server-findings.ts";
import { callerSeen, certificateSeen, clockSeen, storeSeen, versionSeen } from "../../src/cli/server-judgements.ts";
import { identityHouse, LOCAL_TOKEN } from "../api/identity/identity-house.ts";
import type { IdentityHouse } from "../api/identity/identity-house.ts";
import { makeIssuer } from "../api/identity/issuer.ts";
import type { Issuer } from "../api/identity/issuer.ts";
import { startHouse, systemClock } from "../api/support/house.ts";

const ABOUT = { version: "1.2.3", store: "sqlite", governance: "open" };
const DAY_MS = 86_400_000;

let issuer: Issuer;
let opened: IdentityHouse;

beforeAll(async () => {
  issuer = await makeIssuer();
  opened = await identityHouse(issuer, { server: { about: ABOUT } });
});
afterAll(() => opened[Symbol.asyncDispose]());

type Looked = Readonly<Record<string, Finding>>;

async function look(
  client: IdentityHouse["house"]["client"],
  certificates?: () => Promise<CertificatesOfCall>,
): Promise<Looked> {
  const connection = { client, where: "here", ...(certificates && { certificates }), ...DISPOSED };
  const findings = await serverFindings({ connection, clock: systemClock, version: "1.2.3" });
  return Object.fromEntries(findings.map((finding) => [finding.name, finding]));
}

const DISPOSED = { [Symbol.asyncDispose]: () => Promise.resolve() };

describe("a running server is asked what it is, and for whom it takes the caller", () => {
  test("all that is well is said, for whoever holds the machine", async () => {
    const seen = await look(opened.client(LOCAL_TOKEN));
    expect(Object.values(seen).filter(({ status }) => status !== "ok")).toEqual([]);
    expect(seen["server"]?.detail).toMatch(/^Verbatim 1\.2\.3 at here, since 20/);
    expect(seen["store"]?.detail).toBe("sqlite, takes records");
    expect(seen["step types"]?.detail).toBe("3: test.echo, test.fail, test.wait");
    expect(seen["key"]?.detail).toMatch(/^signs with ed25519, key id [\w-]{43}:/);
  });

  test("a caller without a role is told so, and looking leaves no denial behind", async () => {
    const before = opened.house.server.denied;
    const seen = await look(opened.client(await issuer.token({ sub: "nobody", roles: [], tenant: "acme" })));
    expect(seen["caller"]).toMatchObject({
      status: "warning",
      detail: expect.stringMatching(/^nobody, tenant acme has no role and may call \d+ methods: give one/),
    });
    expect(opened.house.server.denied).toEqual(before);
    expect(opened.denials).toEqual([]);
  });

  test("a caller with roles is told which, and how much he may call with them", async () => {
    const client = opened.client(await issuer.token({ sub: "ann", roles: ["submitter", "approver"], tenant: "acme" }));
    const { caller } = await client.server.getServer({});
    expect(caller).toMatchObject({ name: "ann", roles: ["approver", "submitter"], tenant: "acme" });
    expect(caller?.methods).toContain("/verbatim.orchestration.v1.RunService/CreateRun");
    expect(caller?.methods).not.toContain("/verbatim.orchestration.v1.RunService/ResumeRun");
    expect(caller?.methods).not.toContain("/verbatim.queue.v1.QueueService/Enqueue"); // closed where there are tenants
    const { length } = caller?.methods ?? [];
    expect((await look(client))["caller"]?.detail).toBe(
      `ann, tenant acme, approver, submitter: may call ${length} methods`,
    );
  });

  test("a caller whose token is not believed finds no more than that", async () => {
    const seen = await look(opened.client("no token"));
    expect(Object.keys(seen)).toEqual(["server"]);
    expect(seen["server"]).toMatchObject({ status: "failed", detail: expect.stringMatching(/^UNAUTHENTICATED: /) });
  });

  test("a server that is away is a failed finding, and nothing else is looked at", async () => {
    const house = await startHouse();
    await house.server.drain({ graceMs: 0 });
    const seen = await look(house.client);
    await house[Symbol.asyncDispose]();
    expect(Object.keys(seen)).toEqual(["server"]);
    expect(seen["server"]?.detail).toMatch(/^SERVER_UNREACHABLE: /);
  });
});

function halting(): EvidenceStore {
  return createMemoryStore({ newEventId: () => "event-1" });
}

function told(members: Partial<ToldServer>): ToldServer {
  return {
    ...ABOUT,
    now: "2026-03-01T12:00:00.000Z",
    started_at: "2026-03-01T00:00:00.000Z",
    store_halted: false,
    store_halted_reason: "",
    identities: true,
    caller: { name: "ann", roles: [], tenant: "", methods: [] },
    ...members,
  };
}

describe("a store that has halted is told of", () => {
  test("with why, and the server with it, to whoever may see the runs of everybody", async () => {
    await using house = await startHouse({ store: halting(), about: ABOUT });
    await house.store.close();
    const seen = await look(house.client);
    const { halted } = house.store;
    expect(halted).toBeDefined();
    expect(seen["store"]).toMatchObject({
      status: "failed",
      detail: expect.stringContaining(`no records: ${halted}.`),
    });
    expect(seen["serving"]).toMatchObject({ status: "failed", detail: expect.stringContaining("store has halted") });
  });

  test("without why to a tenant's principal and to one without a role", async () => {
    await using own = await identityHouse(issuer, { server: { store: halting(), about: ABOUT } });
    await own.house.store.close();
    const toldOf = async (claims: Parameters<Issuer["token"]>[0]): Promise<[boolean, string]> => {
      const answer = await own.client(await issuer.token(claims)).server.getServer({});
      return [answer.storeHalted, answer.storeHaltedReason];
    };
    expect(await toldOf({ sub: "ann", roles: ["operator"], tenant: "acme" })).toEqual([true, ""]);
    expect(await toldOf({ sub: "bob", roles: [], tenant: "acme" })).toEqual([true, ""]);
    expect((await own.client(LOCAL_TOKEN).server.getServer({})).storeHaltedReason).toBe(own.house.store.halted);
  });
});

describe("what was seen is judged by what follows from it", () => {
  const noon = Date.parse("2026-03-01T12:00:00.000Z");

  test.each([
    [0, 20, "ok"],
    [-2000, 20, "ok"], // within what the two ways may have taken
    [-2100, 20, "warning"],
    [2100, 20, "warning"],
    [2100, 4000, "ok"], // an answer that took so long says no more
    [-29_000, 20, "warning"],
    [31_000, 20, "failed"],
    [-31_000, 20, "failed"],
  ] as const)("a clock that is %d ms off in an answer of %d ms: %s", (offMs, tookMs, status) => {
    expect(clockSeen(told({}), { askedAt: noon - tookMs / 2 - offMs, tookMs }).status).toBe(status);
  });

  test.each([
    [15, "ok"],
    [14, "ok"],
    [13.9, "warning"],
    [0.5, "warning"],
    [0, "failed"],
    [-3, "failed"],
  ] as const)("a certificate that holds for %d days: %s", (days, status) => {
    const shown: PresentedCertificate = { subject: "CN=server", endsMs: noon + days * DAY_MS };
    expect(certificateSeen("the server's certificate", shown, noon).status).toBe(status);
  });

  test("a certificate that nobody could look at, a lost store, another version and no roles", () => {
    expect(certificateSeen("it", undefined, noon).status).toBe("warning");
    expect(storeSeen(told({ store: "memory" })).status).toBe("warning");
    expect(versionSeen(told({}), { where: "here", version: "1.3.0" })).toMatchObject({
      status: "warning",
      detail: expect.stringContaining("this command is 1.3.0"),
    });
    expect(callerSeen(told({ identities: false })).status).toBe("ok");
    expect(clockSeen(told({ now: "" }), { askedAt: noon, tookMs: 1 }).status).toBe("warning");
  });

  test("both certificates of a call are looked at, where TLS is spoken", async () => {
    const soon = { subject: "CN=c", endsMs: Date.now() + 3 * DAY_MS };
    const seen = await look(opened.client(LOCAL_TOKEN), () => Promise.resolve({ server: undefined, client: soon }));
    expect([seen["tls"]?.status, seen["tls client"]?.status]).toEqual(["warning", "warning"]);
  });
});
