import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerOf, framed, rawConnection } from "../../support/raw-call.ts";
import { identityHouse, LOCAL_TOKEN } from "../identity-house.ts";
import type { IdentityHouse } from "../identity-house.ts";
import { makeIssuer } from "../issuer.ts";
import type { Issuer } from "../issuer.ts";
import { servedMethods } from "./served-methods.ts";
import { WRITTEN } from "./written-table.ts";

const METHODS = (await servedMethods()).map(({ name }) => name);
const RESTRICTED = METHODS.filter((name) => WRITTEN[name]?.may !== "*");
const CLOSED = METHODS.filter((name) => WRITTEN[name]?.tenancy === "closed");
const [INVALID_ARGUMENT, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAUTHENTICATED] = [3, 7, 8, 16];

/** Field 31 of wire type 7, which there is not: no message begins so, and whoever decodes it says so. */
const NO_MESSAGE = 0xff;
const LARGE_BYTES = 4 * 1024 * 1024;
/** What a client can send of each request: what is thrown away, the window behind it, and the frames around. */
const SENT_BYTES = 320 * 1024;
/** After sixteen refusals in a row a connection is closed. */
const REFUSALS_IN_A_ROW = 12;

let issuer: Issuer;
let opened: IdentityHouse;

beforeAll(async () => {
  issuer = await makeIssuer();
  opened = await identityHouse(issuer, { server: { httpAddress: "127.0.0.1:0" } });
});

afterAll(async () => await opened[Symbol.asyncDispose]());

interface Denied {
  readonly name: string;
  readonly status: number | undefined;
}

/** Calls methods at once on one connection, each with so many bytes that are no message, and counts what the connection took. */
async function callAtOnce(names: readonly string[], token: string | undefined, bytes: number) {
  using connection = rawConnection(opened.address);
  const body = framed(Buffer.alloc(bytes, NO_MESSAGE));
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answers = names.map(async (name): Promise<Denied> => {
    const stream = connection.open(`/${name}`, headers);
    const answer = answerOf(stream);
    stream.write(body); // never ended: who waits for the whole of it waits for ever
    return { name, status: (await answer).status };
  });
  const denied = await Promise.all(answers);
  return { denied, sentBytes: connection.session.socket.bytesWritten };
}

async function callEach(names: readonly string[], token: string | undefined, bytes: number) {
  const parts = Array.from({ length: Math.ceil(names.length / REFUSALS_IN_A_ROW) }, (_none, at) =>
    names.slice(at * REFUSALS_IN_A_ROW, (at + 1) * REFUSALS_IN_A_ROW),
  );
  const told = [];
  for (const part of parts) told.push(await callAtOnce(part, token, bytes));
  return { denied: told.flatMap(({ denied }) => denied), sentBytes: told.map(({ sentBytes }) => sentBytes) };
}

function all(names: readonly string[], status: number): readonly Denied[] {
  return names.map((name) => ({ name, status }));
}

describe("of a denied call of four megabytes nothing is decoded, and little of it read", () => {
  test.each([
    ["nobody knows", METHODS, undefined],
    ["has a token that does not hold", METHODS.slice(0, REFUSALS_IN_A_ROW), "of the wrong key"],
  ] as const)("methods, called by somebody who %s", async (_who, names, bad) => {
    const { denied, sentBytes } = await callEach(names, bad && issuer.bad[bad], LARGE_BYTES);
    expect(denied).toEqual(all(names, UNAUTHENTICATED));
    for (const bytes of sentBytes) expect(bytes).toBeLessThan(REFUSALS_IN_A_ROW * SENT_BYTES);
  });

  test.each([
    ["has no role", RESTRICTED, []],
    [
      "has every role, of what is closed to his tenant",
      CLOSED,
      ["submitter", "approver", "reader", "operator", "auditor"],
    ],
  ] as const)("every method, called by somebody who %s", async (_who, names, roles) => {
    const { denied, sentBytes } = await callEach(names, await issuer.token({ roles }), LARGE_BYTES);
    expect(denied).toEqual(all(names, PERMISSION_DENIED));
    for (const bytes of sentBytes) expect(bytes).toBeLessThan(REFUSALS_IN_A_ROW * SENT_BYTES);
  });

  test("the same bytes are decoded, and found to be no message, once their caller is let in", async () => {
    using connection = rawConnection(opened.address);
    for (const name of METHODS) {
      const stream = connection.open(`/${name}`, { authorization: `Bearer ${LOCAL_TOKEN}` });
      const answer = answerOf(stream);
      stream.end(framed(Buffer.alloc(1000, NO_MESSAGE)));
      expect([name, (await answer).status]).toEqual([name, INVALID_ARGUMENT]);
    }
  });
});

test("a connection on which fifty large calls were denied at once takes a large one that is not", async () => {
  using connection = rawConnection(opened.address);
  const headers = { authorization: `Bearer ${await issuer.token({ roles: ["reader"] })}` };
  const called = async (path: string, bytes: number): Promise<number | undefined> => {
    const stream = connection.open(path, headers);
    const answer = answerOf(stream);
    stream.end(framed(Buffer.alloc(bytes, NO_MESSAGE)));
    return (await answer).status;
  };
  const denied = Array.from({ length: 50 }, () => called("/verbatim.queue.v1.QueueService/Enqueue", 512 * 1024));
  expect(new Set(await Promise.all(denied))).toEqual(new Set([PERMISSION_DENIED]));
  expect(await called("/verbatim.orchestration.v1.RunService/GetRun", 500_000)).toBe(RESOURCE_EXHAUSTED);
});

/** The first line of the answer to headers that announce a body, of which no byte is ever sent. */
function answerToHeaders(path: string, token: string | undefined): Promise<string> {
  const { httpAddress = "" } = opened.house.server;
  const socket = connect({ host: "127.0.0.1", port: Number(httpAddress.split(":")[1]) });
  const lines = [
    `POST ${path} HTTP/1.1`,
    `host: ${httpAddress}`,
    "content-type: application/json",
    `content-length: ${LARGE_BYTES}`,
  ];
  if (token !== undefined) lines.push(`authorization: Bearer ${token}`);
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    socket.on("error", reject);
    socket.on("close", () => resolve(text.split("\r\n")[0] ?? ""));
  });
}

async function asked(names: readonly string[], token: string | undefined): Promise<ReadonlySet<string>> {
  return new Set(await Promise.all(names.map((name) => answerToHeaders(`/${name}`, token))));
}

test("on the side port a call is denied by its headers alone, whatever the method", async () => {
  const nobody = await issuer.token({ roles: [] });
  const everything = await issuer.token();
  expect(await asked(METHODS, undefined)).toEqual(new Set(["HTTP/1.1 401 Unauthorized"]));
  expect(await asked(RESTRICTED, nobody)).toEqual(new Set(["HTTP/1.1 403 Forbidden"]));
  expect(await asked(CLOSED, everything)).toEqual(new Set(["HTTP/1.1 403 Forbidden"]));
});
