import type { CertificateRule, Role, ServerTls } from "#api";
import { Authority, clientTls, mutualMaterial } from "../../support/certificates.ts";
import type { Pair } from "../../support/certificates.ts";
import { collect, request, stepType, STEP_TYPES } from "../../support/house.ts";
import { identityHouse } from "../identity-house.ts";
import type { IdentityHouse } from "../identity-house.ts";
import type { Issuer } from "../issuer.ts";

/** Who makes the calls of a part of the matrix. */
export interface Caller {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly tenant: string;
}

/** The server's CA, which is that of its clients too. */
export const authority = new Authority();

/** A certificate that is good, and is of nobody that the server knows. */
export const UNKNOWN_CLIENT = authority.client("unknown");

/** A certificate that stands for a caller. */
export function certificateOf({ name }: Caller): Pair {
  return authority.client(name, { uris: [uriOf(name)] });
}

function uriOf(name: string): string {
  return `spiffe://example.com/${name}`;
}

/** What a server of the matrix is opened with. */
export interface MatrixHouseOptions {
  readonly issuer: Issuer;
  readonly callers: readonly Caller[];
  readonly clientCertificates: "required" | "none";
  /** Default acme and globex. */
  readonly tenants?: readonly string[];
}

/** A server of the matrix. */
export interface MatrixHouse extends AsyncDisposable {
  readonly opened: IdentityHouse;
  readonly address: string;
  /** Digest of a payload in the log of `acme.large`. */
  readonly digest: string;
  /** The whole logs of the things that acme has. */
  logs(): Promise<readonly string[]>;
  /** Handshakes that were refused. */
  readonly refusedHandshakes: () => number;
  /** Calls that have come to an end in any way. */
  readonly calls: () => number;
}

/** Opens a server over TLS on a port of loopback, in which acme has a job, a run and a payload. */
export async function matrixHouse(options: MatrixHouseOptions): Promise<MatrixHouse> {
  const { issuer, callers, clientCertificates, tenants = ["acme", "globex"] } = options;
  let refusedHandshakes = 0;
  let calls = 0;
  const tls: ServerTls = {
    material: clientCertificates === "required" ? mutualMaterial(authority) : authority.pair(),
    clientCertificates,
    onRefused: () => (refusedHandshakes += 1),
  };
  const certificates = clientCertificates === "required" ? callers.map(ruleOf) : [];
  const large = stepType("test.large", () => ({ success: true, output: "x".repeat(10_000) }));
  const opened = await identityHouse(issuer, {
    identity: { certificates, tenants },
    server: { tls, stepTypes: [...STEP_TYPES, large], onCall: () => (calls += 1) },
  });
  return {
    opened,
    address: opened.address,
    digest: await makeThings(opened, issuer),
    logs: () => Promise.all(["acme.job", "acme.large", "acme.run"].map((runId) => logOf(opened, runId))),
    refusedHandshakes: () => refusedHandshakes,
    calls: () => calls,
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

function ruleOf({ name, roles, tenant }: Caller): CertificateRule {
  return { uri: uriOf(name), principal: name, roles, tenant };
}

const ALL_RECORDS = 1000;

async function logOf({ house }: IdentityHouse, runId: string): Promise<string> {
  return JSON.stringify(await house.store.read(runId, -1, ALL_RECORDS));
}

const PLAN = "name: p\njobs:\n  one:\n    steps: [{ step_type: test.echo, target: here }]\n";

async function makeThings(opened: IdentityHouse, issuer: Issuer): Promise<string> {
  const client = opened.client(await issuer.token(), clientTls(authority, UNKNOWN_CLIENT));
  await client.executor.executeJob({ ...request("acme.job", ["test.echo"]), executedBy: "" });
  await client.executor.executeJob({ ...request("acme.large", ["test.large"]), executedBy: "" });
  await client.runs.createRun({ runId: "acme.run", plan: { text: PLAN, name: "plan.yaml" } });
  await collect(client.runs.watchRun({ runId: "acme.run" }));
  const pages = await collect(client.evidence.readLog({ runId: "acme.large" }));
  const log = pages.flatMap(({ lines }) => lines.map(({ line }) => Buffer.from(line).toString())).join("");
  const digest = /"\$blob":"([\w-]{43})"/.exec(log)?.[1];
  if (digest === undefined) throw new Error("the log of acme.large refers to no payload");
  return digest;
}
