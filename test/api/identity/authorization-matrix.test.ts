import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authorizationRows, ROLES } from "#api";
import type { Role } from "#api";
import { answerOf, framed, rawConnection } from "../support/raw-call.ts";
import type { RawAnswer, RawConnection } from "../support/raw-call.ts";
import { identityHouse, LOCAL_TOKEN } from "./identity-house.ts";
import type { IdentityHouse } from "./identity-house.ts";
import { makeIssuer } from "./issuer.ts";
import type { Issuer } from "./issuer.ts";

const [OK, UNAUTHENTICATED, PERMISSION_DENIED, UNIMPLEMENTED] = [0, 16, 7, 12];
/** Pages of the side port are no methods: they are asked for in access.test.ts. */
const ROWS = authorizationRows().filter(({ method }) => method.includes("."));
const COVERED = ROWS.filter(({ tenants }) => tenants !== "closed");

let issuer: Issuer;
let opened: IdentityHouse;
let shared: RawConnection;

beforeAll(async () => {
  issuer = await makeIssuer();
  opened = await identityHouse(issuer);
  shared = rawConnection(opened.address);
});

afterAll(async () => {
  shared[Symbol.dispose]();
  await opened[Symbol.asyncDispose]();
});

/** One call with an empty message; a stream that waits for something is left once it has begun to answer. */
async function call(method: string, token: string | undefined, connection = shared): Promise<Told> {
  const stream = connection.open(method, token === undefined ? {} : { authorization: `Bearer ${token}` });
  const answer = answerOf(stream);
  stream.on("data", () => stream.close());
  stream.end(framed(new Uint8Array()));
  const { status, body, message } = await answer;
  const told = status ?? (body.length > 0 ? OK : undefined);
  if (told === undefined) throw new Error(`${method} was answered neither with a message nor with a status`);
  return { status: told, message };
}

type Told = Pick<RawAnswer, "message"> & { readonly status: number };

function may(roles: readonly string[] | undefined, has: readonly Role[]): boolean {
  return roles === undefined || has.some((role) => roles.includes(role));
}

describe("every method is called by every role, and let in as the table says", () => {
  test.each(ROLES.map((role) => [role]))("somebody who is %s and nothing else", async (role) => {
    const token = await issuer.token({ sub: `only-${role}`, roles: [role] });
    for (const { method, roles, tenants } of ROWS) {
      const { status, message } = await call(method, token);
      if (!may(roles, [role]))
        expect([method, status, message], method).toEqual([
          method,
          PERMISSION_DENIED,
          `only-${role} may not call ${method}: none of his roles allows it.`,
        ]);
      else if (tenants === "closed")
        expect([method, status, message]).toEqual([
          method,
          PERMISSION_DENIED,
          "This method is closed where there are tenants.",
        ]);
      else expect([method, status === PERMISSION_DENIED || status === UNAUTHENTICATED]).toEqual([method, false]);
    }
  });

  test("somebody without a role is let in where it is enough to be known", async () => {
    const token = await issuer.token({ sub: "nobody", roles: ["root", "ADMIN", 7, "submitter "] });
    for (const { method, roles } of ROWS) {
      const { status } = await call(method, token);
      expect([method, status === PERMISSION_DENIED]).toEqual([method, roles !== undefined]);
    }
  });

  test("whoever holds the server's own token is let in everywhere", async () => {
    for (const { method } of ROWS) {
      const { status } = await call(method, LOCAL_TOKEN);
      expect([method, status === PERMISSION_DENIED || status === UNAUTHENTICATED]).toEqual([method, false]);
    }
  });

  test("a method that no row names is refused to every role", async () => {
    const everything = await issuer.token();
    for (const path of ["/verbatim.evidence.v1.EvidenceService/Erase", "/x.Y/Z"])
      expect([PERMISSION_DENIED, UNIMPLEMENTED]).toContain((await call(path, everything)).status);
  });

  test("any set of roles may call what one of its roles may, and no more", async () => {
    for (let bits = 0; bits < 2 ** ROLES.length; bits += 1) {
      const has = ROLES.filter((_role, at) => (bits & (1 << at)) !== 0);
      const token = await issuer.token({ sub: `set-${bits}`, roles: has });
      const answers = await Promise.all(COVERED.map(async ({ method }) => await call(method, token)));
      const allowed = COVERED.filter((_row, at) => answers[at]?.status !== PERMISSION_DENIED);
      expect(allowed.map(({ method }) => method)).toEqual(
        COVERED.filter(({ roles }) => may(roles, has)).map(({ method }) => method),
      );
    }
  });
});

describe("a credential that does not hold lets nobody in, whatever the method", () => {
  // At every method, the usual ones are tried in matrix/authorization-cells.test.ts.
  test("each token that is not to be believed, at a method of each kind", async () => {
    const kinds = ["Health/Check", "EvidenceService/ReadLog", "v1.ServerReflection/ServerReflectionInfo"];
    const rows = ROWS.filter(({ method }) => kinds.some((kind) => method.endsWith(kind)));
    expect(rows).toHaveLength(kinds.length);
    for (const [what, token] of Object.entries(issuer.bad)) {
      for (const { method } of rows) {
        const { status, message } = await callAlone(method, token);
        expect([what, method, status]).toEqual([what, method, UNAUTHENTICATED]);
        expect(message).toMatch(/^The call brings a token that (is not accepted here\.|has expired; get a new one\.)$/);
      }
    }
  });

  test("the token that they were made after is believed", async () => {
    const { status } = await call("/grpc.health.v1.Health/Check", await issuer.token());
    expect(status).toBe(OK);
  });

  test.each(["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b"])("the header %j says nothing", async (header) => {
    using connection = rawConnection(opened.address);
    const stream = connection.open("/grpc.health.v1.Health/Check", { authorization: header });
    const answer = answerOf(stream);
    stream.end(framed(new Uint8Array()));
    expect((await answer).status).toBe(UNAUTHENTICATED);
  });
});

let strangers: RawConnection | undefined;
let callsOfStrangers = 0;

/** On a connection of its own now and then: after sixteen refusals in a row a connection is closed. */
async function callAlone(method: string, token: string | undefined): Promise<Told> {
  if (callsOfStrangers % 12 === 0) {
    strangers?.[Symbol.dispose]();
    strangers = rawConnection(opened.address);
  }
  callsOfStrangers += 1;
  return await call(method, token, strangers);
}
