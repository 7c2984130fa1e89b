import { fromJson, toBinary } from "@bufbuild/protobuf";
import type { JsonValue } from "@bufbuild/protobuf";
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { authorizationRows, ROLES } from "#api";
import { makeCertificate } from "../../../../src/api/grpc/certificates/certificate.ts";
import { Authority } from "../../support/certificates.ts";
import type { Pair } from "../../support/certificates.ts";
import { until } from "../../support/probe.ts";
import { makeIssuer } from "../issuer.ts";
import type { Issuer } from "../issuer.ts";
import { expectedCell, isWrong, TAKEN, TOKEN_KINDS, UNBROKEN_KINDS } from "./expected-cell.ts";
import type { Situation, Taken, TokenKind } from "./expected-cell.ts";
import { Lane } from "./lane.ts";
import { authority, certificateOf, matrixHouse, UNKNOWN_CLIENT } from "./matrix-house.ts";
import type { Caller, MatrixHouse } from "./matrix-house.ts";
import { servedMethods } from "./served-methods.ts";
import type { ServedMethod } from "./served-methods.ts";
import { WRITTEN } from "./written-table.ts";
import type { WrittenRow } from "./written-table.ts";

const METHODS = await servedMethods();
const TENANTS = ["acme", "globex"] as const;
/** Everybody who has one role, somebody who has none, and somebody who has all, of each tenant. */
const CALLERS: readonly Caller[] = TENANTS.flatMap((tenant) => [
  ...ROLES.map((role) => ({ name: `${tenant}-${role}`, roles: [role], tenant })),
  { name: `${tenant}-nobody`, roles: [], tenant },
  { name: `${tenant}-everything`, roles: ROLES, tenant },
]);

let issuer: Issuer;
let mutual: MatrixHouse;
let tokensAlone: MatrixHouse;
let undivided: MatrixHouse;
let cells = 0;
/** The logs of acme's things, before anybody called. */
let untouched: readonly string[];

beforeAll(async () => {
  issuer = await makeIssuer();
  const options = { issuer, callers: CALLERS };
  [mutual, tokensAlone, undivided] = await Promise.all([
    matrixHouse({ ...options, clientCertificates: "required" }),
    matrixHouse({ ...options, clientCertificates: "none" }),
    matrixHouse({ ...options, clientCertificates: "none", tenants: [] }),
  ]);
  untouched = await mutual.logs();
});

afterAll(async () => {
  console.info(`${cells} cells of the authorization matrix were called`);
  await Promise.all([mutual, tokensAlone, undivided].map((house) => house[Symbol.asyncDispose]()));
});

function rowOf({ name }: ServedMethod): WrittenRow {
  const row = WRITTEN[name];
  if (row === undefined) throw new Error(`${name} is served, and nobody has written down who may call it`);
  return row;
}

/** The request of a row, made anew for each caller: what he makes has a name of its own. */
function messageOf({ desc, name }: ServedMethod, caller: Caller, digest: string): Uint8Array {
  const made = `acme.${name.split("/")[1] ?? ""}-${caller.name}`;
  const text = JSON.stringify(rowOf({ desc, name }).request)
    .replace('"ID"', JSON.stringify(made))
    .replace('"DIGEST"', JSON.stringify(digest));
  return toBinary(desc.input, fromJson(desc.input, JSON.parse(text) as JsonValue));
}

async function tokenOf(caller: Caller, kind: TokenKind): Promise<string | undefined> {
  const claims = { sub: caller.name, roles: caller.roles, tenant: caller.tenant };
  if (kind === "none") return undefined;
  if (kind === "good") return await issuer.token(claims);
  if (kind === "of no tenant") return await issuer.token({ ...claims, tenant: undefined });
  return (await issuer.broken(claims))[kind];
}

/** Calls every method in one situation, and tells of the cells that are not as the table says. */
async function column(lane: Lane, house: MatrixHouse, situation: Situation): Promise<readonly string[]> {
  const { caller, token: kind } = situation;
  const token = await tokenOf(caller, kind);
  const calls = METHODS.map((method) => ({
    method: method.name,
    message: messageOf(method, caller, house.digest),
    token,
    endless: rowOf(method).endless,
  }));
  const answers = await lane.callAll(calls);
  cells += answers.length;
  return METHODS.flatMap((method, at) => {
    const answer = answers[at];
    const should = expectedCell(method.name, rowOf(method), situation);
    if (answer === undefined) return [`${method.name} was not answered`];
    const leaks = caller.tenant !== "acme" && situation.tenants && answer.body.includes("acme.");
    if (!isWrong(answer, should) && !leaks) return [];
    const where = `${situation.certificate} certificate, ${kind} token, ${caller.name}`;
    return [`${method.name} (${where}): ${answer.status} ${answer.message}; expected ${JSON.stringify(should)}`];
  });
}

/** All the columns of one caller on one connection. */
async function columnsOf(house: MatrixHouse, caller: Caller, certificate: Taken): Promise<readonly string[]> {
  // A broken token is broken whatever certificate another one shows.
  const whole = caller.roles.length === 1 && certificate !== "of another" && house !== undivided;
  const kinds = whole ? TOKEN_KINDS : UNBROKEN_KINDS;
  const other = CALLERS.find(({ tenant, name }) => tenant === caller.tenant && name !== caller.name) ?? caller;
  const shown = {
    "of nobody": UNKNOWN_CLIENT,
    "of the caller": certificateOf(caller),
    "of another": certificateOf(other),
    "not asked for": undefined,
  };
  const proves = certificate === "of nobody" || certificate === "not asked for";
  using lane = new Lane({
    address: house.address,
    ca: authority.certificate,
    pair: shown[certificate],
    provingToken: proves ? await tokenOf(caller, "good") : undefined,
  });
  const problems: string[] = [];
  const who = (kind: TokenKind): Caller => (certificate === "of another" && kind === "none" ? other : caller);
  for (const token of kinds)
    problems.push(
      ...(await column(lane, house, { caller: who(token), token, certificate, tenants: house !== undivided })),
    );
  return problems;
}

async function inLanes(work: readonly (() => Promise<readonly string[]>)[]): Promise<readonly string[]> {
  const queue = [...work];
  const problems: string[] = [];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) problems.push(...(await next()));
  };
  await Promise.all(Array.from({ length: 6 }, lane));
  return problems;
}

test("every method of the generated services stands in the written table, and nothing else does", () => {
  const served = METHODS.map(({ name }) => name).toSorted();
  expect(Object.keys(WRITTEN).toSorted()).toEqual(served);
  const rows = authorizationRows().filter(({ method }) => method.includes("."));
  expect(rows.map(({ method }) => method.slice(1)).toSorted()).toEqual(served);
});

test.each(TAKEN)(
  "with tokens of every kind and a certificate %s, every cell is as the table says",
  async (certificate) => {
    const problems = await inLanes(CALLERS.map((caller) => () => columnsOf(mutual, caller, certificate)));
    expect(problems).toEqual([]);
  },
);

test("where no certificate is asked for, tokens of every kind are let in as the table says", async () => {
  const problems = await inLanes(CALLERS.map((caller) => () => columnsOf(tokensAlone, caller, "not asked for")));
  expect(problems).toEqual([]);
});

test("where there are no tenants, every role is let in to what is closed to tenants as the table says", async () => {
  const callers = CALLERS.filter(({ tenant }) => tenant === "acme");
  const problems = await inLanes(callers.map((caller) => () => columnsOf(undivided, caller, "not asked for")));
  expect(problems).toEqual([]);
});

/** Certificates with which no handshake comes to an end. */
function refusedPairs(caller: Caller): Readonly<Record<string, Pair | undefined>> {
  const uris = [`spiffe://example.com/${caller.name}`];
  const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const [notBefore, notAfter] = [new Date(Date.now() - 1e8), new Date(Date.now() + 1e8)];
  return {
    none: undefined,
    rogue: new Authority().client(caller.name, { uris }),
    expired: authority.client(caller.name, { uris, fromDays: -9, toDays: -1 }),
    "not yet valid": authority.client(caller.name, { uris, fromDays: 1 }),
    "of a server": authority.pair({ uris, hosts: ["127.0.0.1"] }),
    "signed by itself": {
      certificate: makeCertificate({ commonName: caller.name, key, uris, use: "client", notBefore, notAfter }),
      key: key.export({ type: "pkcs8", format: "pem" }),
    },
  };
}

test("what acme had is as it was, after everybody has tried everything on it", async () => {
  expect(await mutual.logs()).toEqual(untouched);
  expect(untouched.join("")).toContain("run.completed");
});

test("with a certificate that does not hold no method is reached, whatever role, tenant and token", async () => {
  const before = { calls: mutual.calls(), handshakes: mutual.refusedHandshakes() };
  let connections = 0;
  const one = async (caller: Caller, what: string, pair: Pair | undefined): Promise<readonly string[]> => {
    using lane = new Lane({ address: mutual.address, ca: authority.certificate, pair });
    connections += 1;
    const tokens = await Promise.all(TOKEN_KINDS.map((kind) => tokenOf(caller, kind)));
    const calls = tokens.flatMap((token) =>
      METHODS.map(({ name }) => ({ method: name, message: new Uint8Array(), token })),
    );
    const answers = await Promise.all(calls.map((call) => lane.call(call)));
    cells += answers.length;
    return answers.flatMap(({ status, body }, at) => {
      if (status === undefined && body.length === 0) return [];
      return [`${calls[at]?.method} (${what} certificate, ${caller.name}) was answered ${status}`];
    });
  };
  const problems = await inLanes(
    CALLERS.filter(({ roles }) => roles.length === 1).flatMap((caller) =>
      Object.entries(refusedPairs(caller)).map(
        ([what, pair]) =>
          () =>
            one(caller, what, pair),
      ),
    ),
  );
  expect(problems).toEqual([]);
  await until(() => mutual.refusedHandshakes() - before.handshakes === connections, "every handshake to be refused");
  expect(mutual.calls()).toBe(before.calls);
});
