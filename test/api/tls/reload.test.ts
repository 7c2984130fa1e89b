import { connect } from "node:tls";
import { expect, test } from "vitest";
import { connectClient } from "#api";
import type { ClientTls, VerbatimClient } from "#api";
import { Authority, clientTls, mutualMaterial } from "../support/certificates.ts";
import { request, startHouse } from "../support/house.ts";
import type { House } from "../support/house.ts";

const authority = new Authority();
const next = new Authority("the next CA");

function startMutual(): Promise<House> {
  const tls = { material: mutualMaterial(authority), clientCertificates: "required" } as const;
  return startHouse({ address: "127.0.0.1:0", tls });
}

/** The names of the certificate that a new handshake is shown. */
function shown({ server }: House, { ca, certificate, key }: ClientTls): Promise<string | undefined> {
  const port = Number(server.address.slice(server.address.lastIndexOf(":") + 1));
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "localhost", ca, cert: certificate, key, ALPNProtocols: ["h2"] }, () => {
      resolve(socket.getPeerX509Certificate()?.subjectAltName);
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

async function listed(client: VerbatimClient): Promise<number> {
  return (await client.executor.listStepTypes({})).stepTypes.length;
}

test("a stream goes on over a change of the certificate, and a new handshake sees the new one", async () => {
  await using house = await startMutual();
  const tls = clientTls(authority, authority.client("bob"));
  using client = connectClient({ address: house.server.address, tls });
  const stream = client.executor.executeJobStream({ job: request("job-1", ["test.echo", "test.wait"]) });
  await stream.next(); // it runs, and waits
  await expect(shown(house, tls)).resolves.toBe("DNS:localhost, IP Address:127.0.0.1");
  house.server.replaceTls(mutualMaterial(authority, { hosts: ["localhost", "127.0.0.1", "new.test"] }));
  await expect(shown(house, tls)).resolves.toBe("DNS:localhost, IP Address:127.0.0.1, DNS:new.test");
  await client.executor.cancelJob({ jobId: "job-1", reason: "seen", cancelledBy: "tester" });
  let last = "";
  for await (const { events } of stream) last = events.at(-1)?.event.case ?? last;
  expect(last).toBe("executionResult");
});

test("a client CA that was taken away lets nobody new in, and those that are there go on", async () => {
  await using house = await startMutual();
  const tls = clientTls(authority, authority.client("bob"));
  using inside = connectClient({ address: house.server.address, tls });
  await listed(inside);
  house.server.replaceTls({ ...mutualMaterial(authority), clientCa: next.certificate });
  await expect(listed(inside)).resolves.toBeGreaterThan(0);
  using late = connectClient({ address: house.server.address, tls });
  await expect(listed(late)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  using successor = connectClient({ address: house.server.address, tls: { ...tls, ...next.client("bob") } });
  await expect(listed(successor)).resolves.toBeGreaterThan(0);
});

test("a session from before the change is no way around it", async () => {
  await using house = await startMutual();
  const { ca, certificate, key } = clientTls(authority, authority.client("bob"));
  const port = Number(house.server.address.slice(house.server.address.lastIndexOf(":") + 1));
  const shake = (session?: Buffer): Promise<Buffer | undefined> =>
    new Promise((resolve) => {
      const given = { ca, cert: certificate, key, ALPNProtocols: ["h2"], ...(session && { session }) };
      const socket = connect({ port, host: "localhost", ...given });
      let ticket: Buffer | undefined;
      socket.on("session", (kept) => (ticket = kept));
      socket.once("data", () => resolve(ticket ?? socket.getSession()));
      socket.once("error", () => resolve(undefined));
      socket.once("close", () => resolve(undefined));
    });
  const session = await shake();
  expect(session).toBeInstanceOf(Buffer);
  house.server.replaceTls({ ...mutualMaterial(authority), clientCa: next.certificate });
  await expect(shake(session)).resolves.toBeUndefined();
});

test("files that do not fit change nothing", async () => {
  await using house = await startMutual();
  const tls = clientTls(authority, authority.client("bob"));
  const { certificate } = authority.pair({ hosts: ["new.test"] });
  const replace = (): void => house.server.replaceTls({ ...mutualMaterial(authority), certificate });
  expect(replace).toThrow("does not belong to the certificate");
  expect(() => house.server.replaceTls({ ...authority.pair() })).toThrow("tls.client_ca  is missing");
  await expect(shown(house, tls)).resolves.toBe("DNS:localhost, IP Address:127.0.0.1");
});
