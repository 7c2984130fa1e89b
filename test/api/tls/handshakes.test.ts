import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient } from "#api";
import type { ClientTls, VerbatimClient } from "#api";
import { Authority, clientTls, mutualMaterial } from "../support/certificates.ts";
import { startHouse } from "../support/house.ts";
import type { House } from "../support/house.ts";

const authority = new Authority();
let house: House;

beforeAll(async () => {
  house = await startHouse({
    address: "127.0.0.1:0",
    tls: { material: mutualMaterial(authority), clientCertificates: "required" },
  });
});

afterAll(async () => {
  await house[Symbol.asyncDispose]();
});

async function call(tls: ClientTls | undefined, address = house.server.address): Promise<unknown> {
  using client: VerbatimClient = connectClient({ address, tls });
  return await client.executor.listStepTypes({});
}

test("a client with a certificate of the client CA is served without a token", async () => {
  await expect(call(clientTls(authority, authority.client("bob")))).resolves.toMatchObject({});
});
test("a client without a certificate is told that one is asked for", async () => {
  await expect(call(clientTls(authority))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});
