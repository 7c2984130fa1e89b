import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectClient } from "#api";
import { guestOf } from "../../../src/api/grpc/guests.ts";
import { listen } from "../../../src/api/grpc/listener.ts";
import type { Listener } from "../../../src/api/grpc/listener.ts";
import { peerCertificateOf } from "../../../src/api/grpc/peer-certificate.ts";
import { Authority, clientTls, mutualMaterial } from "../support/certificates.ts";
import { startHouse, systemClock } from "../support/house.ts";

const authority = new Authority();
const UNPROVEN_MS = 400;
let listener: Listener;
const accepted: Socket[] = [];

beforeAll(async () => {
  listener = await listen({
    address: { kind: "tcp", host: "127.0.0.1", port: 0 },
    clock: systemClock,
    connections: 3,
    unprovenMs: UNPROVEN_MS,
    tls: { material: mutualMaterial(authority), clientCertificates: "required" },
    accept: (socket) => void accepted.push(socket),
  });
});

afterAll(async () => {
  listener.cut();
  await listener.close();
});

const port = (): number => Number(listener.address.slice(listener.address.lastIndexOf(":") + 1));

/** A connection that begins as a handshake does, and says no more. */
async function halfOpen(): Promise<Socket> {
  const socket = connect(port(), "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => undefined).write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
  return socket;
}

test("a handshake that is begun and not gone on with is cut off", async () => {
  const socket = await halfOpen();
  await once(socket.resume(), "close");
  expect(accepted).toEqual([]);
});

test("a handshake that drips is cut off as well: its whole length counts, not its silence", async () => {
  const socket = connect(port(), "127.0.0.1");
  socket.on("error", () => undefined);
  const drip = setInterval(() => socket.write(Buffer.from([0x16, 0x03, 0x01, 0x3f, 0xff]).subarray(0, 1)), 20);
  try {
    await once(socket.resume(), "close");
  } finally {
    clearInterval(drip);
  }
  expect(accepted).toEqual([]);
});

test("connections count before their handshake: for one more than there may be the oldest is closed", async () => {
  const first = await halfOpen();
  const closed = once(first.resume(), "close");
  const others = [await halfOpen(), await halfOpen(), await halfOpen()];
  await closed;
  expect(others.filter((socket) => socket.destroyed)).toEqual([]);
  for (const socket of others) socket.destroy();
});

test("whoever has shaken hands carries the guest of his connection and his certificate", async () => {
  const { certificate, key } = authority.client("bob", { uris: ["spiffe://example/ops", "spiffe://example/dev"] });
  const socket = connectTls({
    host: "localhost",
    port: port(),
    ca: authority.certificate,
    cert: certificate,
    key,
    ALPNProtocols: ["h2"],
  });
  await once(socket, "secureConnect");
  while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [taken] = accepted.splice(0);
  expect(guestOf({ ...(taken && { socket: taken }) })).toBeDefined();
  expect(peerCertificateOf({ ...(taken && { socket: taken }) })).toMatchObject({
    subject: "CN=bob",
    commonName: "bob",
    uriSans: ["spiffe://example/ops", "spiffe://example/dev"],
    dnsSans: [],
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  await once(socket.resume(), "close"); // no call was let in: shaking hands proves nobody worthy of the place
});

test("half-open handshakes do not keep a client out that has a certificate", async () => {
  const tls = { material: mutualMaterial(authority), clientCertificates: "required" } as const;
  await using house = await startHouse({ address: "127.0.0.1:0", tls, limits: { connections: 4 } });
  const at = Number(house.server.address.slice(house.server.address.lastIndexOf(":") + 1));
  const sockets = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const socket = connect(at, "127.0.0.1").on("error", () => undefined);
      await once(socket, "connect");
      return socket;
    }),
  );
  using client = connectClient({ address: house.server.address, tls: clientTls(authority, authority.client("bob")) });
  await expect(client.executor.listStepTypes({})).resolves.toBeDefined();
  for (const socket of sockets) socket.destroy();
});
