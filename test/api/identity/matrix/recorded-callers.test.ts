import type { DescMessage } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { authorizationRows } from "#api";
import { answerOf, framed, rawConnection } from "../../support/raw-call.ts";
import type { RawConnection } from "../../support/raw-call.ts";
import { identityHouse } from "../identity-house.ts";
import type { IdentityHouse } from "../identity-house.ts";
import { makeIssuer } from "../issuer.ts";
import type { Issuer } from "../issuer.ts";
import { servedMethods } from "./served-methods.ts";

/** Fields of requests that say who does it, whatever a new one may be called. */
const SAYS_WHO = /^(actor|principal|user|caller|operator|approver|reviewer|author|owner|who|.*_by|.*_actor)$/;

/** A field of a request, by the names that lead to it. */
type FieldPath = readonly string[];

/** Every text of a request, and of what stands in it, that says who does it. */
function fieldsOfNames(message: DescMessage, seen: readonly string[] = []): readonly FieldPath[] {
  if (seen.includes(message.typeName)) return [];
  return message.fields.flatMap((field): readonly FieldPath[] => {
    if (field.fieldKind === "message")
      return fieldsOfNames(field.message, [...seen, message.typeName]).map((path) => [field.localName, ...path]);
    return SAYS_WHO.test(field.name) ? [[field.localName]] : [];
  });
}

const NAMING = (await servedMethods()).flatMap(({ name, desc }) =>
  fieldsOfNames(desc.input).map((path) => ({ name, input: desc.input, path })),
);

/** The request of which this field alone is set. */
function requestWith(input: DescMessage, path: FieldPath, value: string): Uint8Array {
  const nested = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  return toBinary(input, create(input, nested as Record<string, unknown>)); // its shape is that of the descriptor it was made from
}

let issuer: Issuer;
let undivided: IdentityHouse;
let divided: IdentityHouse;

beforeAll(async () => {
  issuer = await makeIssuer();
  undivided = await identityHouse(issuer, { identity: { tenants: [] } });
  divided = await identityHouse(issuer);
});

afterAll(async () => {
  await undivided[Symbol.asyncDispose]();
  await divided[Symbol.asyncDispose]();
});

async function call(connection: RawConnection, name: string, message: Uint8Array) {
  const stream = connection.open(`/${name}`, { authorization: `Bearer ${await issuer.token()}` });
  const answer = answerOf(stream);
  stream.end(framed(message));
  return await answer;
}

test("every method whose request can say who does it has the name put there by the credential, and no other does", () => {
  const recording = authorizationRows().filter(({ records_caller: records }) => records);
  expect(NAMING.map(({ name }) => `/${name}`).toSorted()).toEqual(recording.map(({ method }) => method).toSorted());
  expect(NAMING).toHaveLength(18);
});

test.each(NAMING)(
  "$name is refused under the name of another, whatever roles its caller has",
  async ({ name, input, path }) => {
    for (const opened of [undivided, divided]) {
      using connection = rawConnection(opened.address);
      const before = opened.house.server.denied.permission;
      const forged = ["bob", "local", "Alice", "alice ", "alice\u0000", "\u0430lice", "token", "anyone", "verbatim"];
      for (const actor of forged) {
        const { status, message } = await call(connection, name, requestWith(input, path, actor));
        expect([actor, status]).toEqual([actor, 7]);
        if (!message.startsWith("This method is closed"))
          expect(message).toContain("The credential of the call is that of alice");
      }
      expect(opened.house.server.denied.permission).toBe(before + forged.length);
    }
  },
);

test.each(NAMING)("$name is not refused for the name that its caller has", async ({ name, input, path }) => {
  using connection = rawConnection(undivided.address);
  for (const actor of ["alice", ""]) {
    const { status } = await call(connection, name, requestWith(input, path, actor));
    expect([7, 16, undefined]).not.toContain(status);
  }
});
