import { connect as connectPlain, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { connect, createServer as createTlsServer } from "node:tls";
import type { ConnectionOptions, SecureVersion, TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { connectClient } from "#api";
import type { ClientTls, TlsMaterial } from "#api";
import { Authority, clientTls, mutualMaterial } from "../support/certificates.ts";
import { startHouse } from "../support/house.ts";
import type { House } from "../support/house.ts";
import { until } from "../support/probe.ts";

const authority = new Authority();
const stranger = new Authority("another CA");
const TOKEN = "t".repeat(43);
const refusals: string[] = [];
const onRefused = (_peer: string, why: string): void => void refusals.push(why);
let mutual: House;
let plain: House;

beforeAll(async () => {
  const tls = { material: mutualMaterial(authority), clientCertificates: "required", onRefused } as const;
  mutual = await startHouse({ address: "127.0.0.1:0", tls });
  plain = await startHouse({ address: "127.0.0.1:0", token: TOKEN });
});

afterAll(async () => {
  await mutual[Symbol.asyncDispose]();
  await plain[Symbol.asyncDispose]();
});

interface Call {
  readonly tls?: ClientTls | undefined;
  readonly address?: string;
  readonly token?: string;
}

async function call({ tls, address = mutual.server.address, token }: Call): Promise<unknown> {
  using client = connectClient({ address, tls, ...(token !== undefined && { token }) });
  return await client.executor.listStepTypes({});
}

const good = (): ClientTls => clientTls(authority, authority.client("bob"));
const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(":") + 1));

/** A handshake with the server of these tests by Node alone; resolves when it is over, or with why it is not. */
function shake(options: ConnectionOptions): Promise<TLSSocket | string> {
  return new Promise((resolve) => {
    const { certificate, key, ca } = { ...good(), ...authority.client("bob") };
    const given = { port: portOf(mutual.server.address), ca, cert: certificate, key, ALPNProtocols: ["h2"] };
    const socket = connect({ host: "localhost", ...given, ...options });
    socket.once("error", (error: Error & { code?: string }) => resolve(error.code ?? error.message));
    socket.once("close", () => resolve("closed"));
    socket.once("data", () => resolve(socket)); // the first settings: the server has let us in
  });
}

describe("with client certificates required", () => {
  test("a client with a certificate of the client CA is served, and needs no token", async () => {
    await expect(call({ tls: good() })).resolves.toMatchObject({ stepTypes: expect.any(Array) });
  });

  test("the server is called by its name as well as by its address", async () => {
    const address = `localhost:${portOf(mutual.server.address)}`;
    await expect(call({ tls: good(), address })).resolves.toMatchObject({ stepTypes: expect.any(Array) });
  });

  test.each([
    ["no certificate", clientTls(authority), "none was shown"],
    ["one of a rogue CA", clientTls(authority, stranger.client("bob")), "does not take the client certificate"],
    ["one that has expired", clientTls(authority, authority.client("bob", { fromDays: -9, toDays: -1 })), "not take"],
    ["one that is not valid yet", clientTls(authority, authority.client("bob", { fromDays: 1 })), "does not take"],
    ["one that is for servers", clientTls(authority, authority.pair()), "does not take the client certificate"],
    ["one that it has signed itself", clientTls(authority, selfSigned()), "does not take the client certificate"],
  ])("a client with %s is refused, and told what to do", async (_what, tls, words) => {
    const refused = call({ tls });
    await expect(refused).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(refused).rejects.toThrow(words);
  });

  test("the token of the server is no certificate", async () => {
    await expect(call({ tls: clientTls(authority), token: TOKEN })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("a client without TLS is told that the server speaks it", async () => {
    const refused = call({});
    await expect(refused).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await expect(refused).rejects.toThrow("speaks TLS, and was called without");
  });

  test("each refused handshake is told of to whoever runs the server", async () => {
    refusals.length = 0;
    await shake({ cert: undefined, key: undefined });
    await until(() => refusals.includes("ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE"), "the server's word");
    const { certificate, key } = stranger.client("bob");
    await shake({ cert: certificate, key });
    await until(() => refusals.some((why) => why.startsWith("UNABLE_TO_")), "the reason");
  });
});

function selfSigned() {
  const own = new Authority("bob", { use: "client" });
  return { certificate: own.certificate, key: own.issuer.key.export({ type: "pkcs8", format: "pem" }) };
}

describe("what a handshake is made of", () => {
  test.each(["TLSv1.1", "TLSv1.2"] as const)("%s is older than what is spoken and is refused", async (version) => {
    const options = { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" };
    await expect(shake(options)).resolves.toMatch(/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/);
  });

  test("where TLS 1.2 is said to do it does, and TLS 1.1 does not", async () => {
    const material = mutualMaterial(authority);
    const tls = { material, clientCertificates: "required", minimumVersion: "TLSv1.2" } as const;
    await using house = await startHouse({ address: "127.0.0.1:0", tls });
    const speak = (version: SecureVersion) =>
      shake({
        port: portOf(house.server.address),
        minVersion: version,
        maxVersion: version,
        ciphers: "DEFAULT@SECLEVEL=0",
      });
    const socket = await speak("TLSv1.2");
    expect(typeof socket === "string" ? socket : socket.getProtocol()).toBe("TLSv1.2");
    await expect(speak("TLSv1.1")).resolves.toMatch(/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/);
    // Nor is a handshake made anew on a connection that has one.
    const again = socket as TLSSocket;
    const renegotiated = new Promise((resolve) => {
      again.once("close", () => resolve("closed"));
      again.renegotiate({ rejectUnauthorized: true }, (error) => resolve(error === null ? "renegotiated" : "refused"));
    });
    await expect(renegotiated).resolves.not.toBe("renegotiated");
    again.destroy();
  });

  test("a client that speaks another protocol than HTTP/2 is refused", async () => {
    await expect(shake({ ALPNProtocols: ["http/1.1"] })).resolves.toMatch(/NO_APPLICATION_PROTOCOL|closed/);
    await expect(shake({ ALPNProtocols: undefined })).resolves.toMatch(/closed|ECONNRESET/);
  });

  test("a session is not resumed: each handshake shows its certificate anew", async () => {
    const first = await shake({});
    if (typeof first === "string") throw new Error(first);
    const session = first.getSession();
    first.destroy();
    const second = await shake({ session });
    if (typeof second === "string") throw new Error(second);
    expect(second.isSessionReused()).toBe(false);
    second.destroy();
  });

  test("bytes that are no TLS are cut off at once", async () => {
    const socket = connectPlain(portOf(mutual.server.address), "127.0.0.1");
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    const came: Buffer[] = [];
    for await (const chunk of socket) came.push(chunk as Buffer); // ends when the server cuts it
    expect(Buffer.concat(came).includes("HTTP")).toBe(false);
  });
});

/** A server with this certificate, and what a client that trusts the authority is told of it. */
async function told(material: Partial<TlsMaterial>, { tls = clientTls(authority) }: Call = {}): Promise<unknown> {
  const { certificate: cert, key } = { ...authority.pair(), ...material };
  const server = createTlsServer({ cert, key, ALPNProtocols: ["h2"] }).listen(0, "127.0.0.1");
  server.on("tlsClientError", () => undefined);
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  try {
    return await call({ tls, address: `127.0.0.1:${port}` });
  } finally {
    server.close();
  }
}

describe("what a client is told of a server that it must not trust", () => {
  test.each([
    ["has expired", authority.pair({ fromDays: -9, toDays: -1 }), "has expired. Have a new one made"],
    ["is not valid yet", authority.pair({ fromDays: 1 }), "is not valid yet"],
    ["is of an unknown CA", stranger.pair(), "signed by a CA that is not trusted here"],
    ["is of another name", authority.pair({ hosts: ["example.test"] }), "of another name (DNS:example.test)"],
    ["has no name", authority.pair({ commonName: "127.0.0.1", hosts: [] }), "of another name"],
    ["is that of a client", authority.client("bob", { hosts: ["127.0.0.1"] }), "is not one of a server"],
  ])("a certificate that %s is named with what to do", async (_what, pair, words) => {
    const refused = told(pair);
    await expect(refused).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await expect(refused).rejects.toThrow(words);
  });

  test("an environment that says to verify nothing changes nothing", async () => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    try {
      await expect(told(stranger.pair())).rejects.toThrow("not trusted here");
      await expect(told(authority.pair({ hosts: ["example.test"] }))).rejects.toThrow("of another name");
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("a server of a public CA's list is not taken for a private one", async () => {
    await expect(told({}, { tls: {} })).rejects.toThrow("not trusted here");
  });

  test("a server that speaks no TLS is named, and was sent no token", async () => {
    const refused = call({ tls: good(), address: plain.server.address, token: TOKEN });
    await expect(refused).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await expect(refused).rejects.toThrow("does not speak TLS");
  });

  test("a server that is silent costs a bounded time", async () => {
    const server = createServer((socket) => socket.on("error", () => undefined)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo; // it listens on TCP
    const deadline = new Date(Date.now() + 300);
    using client = connectClient({ address: `127.0.0.1:${port}`, tls: good() });
    await expect(client.executor.listStepTypes({}, { deadline })).rejects.toMatchObject({ code: "DEADLINE_PASSED" });
    server.close();
  });

  test("nobody at the address is told as before", async () => {
    await expect(call({ tls: good(), address: "127.0.0.1:1" })).rejects.toThrow("No server answers there");
  });

  test.each([
    ["a certificate without its key", { certificate: authority.client("bob").certificate }, "go together"],
    [
      "a key of another certificate",
      { ...authority.client("bob"), key: authority.client("eve").key },
      "does not belong",
    ],
    ["a CA that is none", { ca: "nothing" }, "holds no certificate"],
  ])("%s is refused before anything is sent", (_what, tls, words) => {
    expect(() => connectClient({ address: "127.0.0.1:1", tls })).toThrow(words);
  });

  test("plain bytes over a network are refused unless that is said aloud", () => {
    expect(() => connectClient({ address: "server.test:7431" })).toThrow("--ca FILE");
    connectClient({ address: "server.test:7431", insecure: true }).close();
  });
});
