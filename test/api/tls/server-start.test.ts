import { createServer } from "node:tls";
import { describe, expect, test } from "vitest";
import { connectClient } from "#api";
import type { ServerTls, TlsMaterial } from "#api";
import { requireClientCertificates } from "../../../src/api/grpc/tls/asks-for-certificate.ts";
import { serverOptions } from "../../../src/api/grpc/tls/tls-options.ts";
import { tlsProblems } from "../../../src/api/grpc/tls/tls-problems.ts";
import { Authority, clientTls, mutualMaterial } from "../support/certificates.ts";
import { startHouse, systemClock } from "../support/house.ts";

const authority = new Authority();
const middle = authority.pair({ use: "ca", commonName: "CA in the middle", hosts: [] });
const TOKEN = "t".repeat(43);

function mutual(material: TlsMaterial = mutualMaterial(authority)): ServerTls {
  return { material, clientCertificates: "required" };
}

/** What is wrong with a material, as `field description` each. */
function problems(material: Partial<TlsMaterial>, tls: Partial<ServerTls> = {}): readonly string[] {
  const whole = { ...mutual({ ...mutualMaterial(authority), ...material }), ...tls };
  return tlsProblems(whole, Date.now()).map(({ field, description }) => `${field} ${description}`);
}

describe("files that TLS cannot be spoken with stop the start", () => {
  test("a certificate, its key and a client CA that fit have no problem", () => {
    expect(problems({})).toEqual([]);
    const { certificate, key } = authority.pair();
    expect(tlsProblems({ material: { certificate, key }, clientCertificates: "none" }, Date.now())).toEqual([]);
  });

  test.each([
    ["has expired", authority.pair({ fromDays: -9, toDays: -1 }), /^tls\.certificate has expired on /],
    ["is not valid yet", authority.pair({ fromDays: 1 }), /^tls\.certificate is not valid before /],
    ["has no alternative name", authority.pair({ hosts: [] }), /^tls\.certificate has no alternative name /],
    ["is that of a client", authority.client("bob", { hosts: ["a.test"] }), /^tls\.certificate is not for servers /],
    ["is that of a CA", authority.pair({ use: "ca", hosts: ["a.test"] }), /^tls\.certificate is that of a CA /],
    ["is none", { certificate: "nothing" }, /^tls\.certificate holds no certificate /],
    ["has another's key", { key: authority.pair().key }, /^tls\.key does not belong to the certificate /],
    ["has no key", { key: "nothing" }, /^tls\.key holds no private key /],
    [
      "asks for those of a CA that is none",
      { clientCa: authority.pair().certificate },
      /^tls\.client_ca holds a certificate that is none of a CA/,
    ],
    [
      "asks for those of a CA that expired",
      { clientCa: new Authority("old", { fromDays: -9, toDays: -1 }).certificate },
      /^tls\.client_ca has expired on /,
    ],
  ])("a certificate that %s is named, and nothing else", (_what, material, words) => {
    const found = problems(material);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(words);
  });

  test("client certificates without an explicit client CA are refused: everybody's CA would do", () => {
    const { certificate, key } = authority.pair();
    const found = tlsProblems({ material: { certificate, key }, clientCertificates: "required" }, Date.now());
    expect(found).toMatchObject([{ field: "tls.client_ca", description: expect.stringMatching(/^is missing/) }]);
  });

  test("a client CA that nobody is asked for is refused", () => {
    expect(problems({}, { clientCertificates: "none" })).toEqual([
      expect.stringContaining("client_certificates is none"),
    ]);
  });

  test("all that is wrong is told at once", () => {
    const found = problems({
      certificate: authority.pair({ toDays: -0.5, hosts: [] }).certificate,
      clientCa: "nothing",
    });
    expect(found.map((text) => text.split(" ")[0])).toEqual([
      "tls.certificate",
      "tls.certificate",
      "tls.key",
      "tls.client_ca",
    ]);
  });

  test("the certificates of a chain stand in their order, each signed by the next", () => {
    const { certificate, key } = authority.pair();
    expect(problems({ certificate: `${certificate}${authority.certificate}`, key })).toEqual([]);
    expect(problems({ certificate: `${certificate}${middle.certificate}`, key })).toEqual([
      expect.stringMatching(/is not in order: certificate 2 of the file \(CN=CA in the middle\) has not signed/),
    ]);
    expect(problems({ certificate: `${authority.certificate}${certificate}`, key }).join("\n")).toMatch(/not in order/);
  });

  test("a server with such files does not start and names each of them", async () => {
    const { certificate } = authority.pair({ fromDays: -9, toDays: -1 });
    const started = startHouse({ address: "127.0.0.1:0", tls: mutual({ ...mutualMaterial(authority), certificate }) });
    await expect(started).rejects.toMatchObject({
      code: "INVALID_CONFIGURATION",
      violations: [{ field: "tls.certificate" }, { field: "tls.key" }],
    });
  });
});

describe("a server that is to ask for certificates proves that it does", () => {
  test("one that asks is taken", async () => {
    const server = createServer(serverOptions(mutual(), "h2"));
    await expect(requireClientCertificates(server, systemClock)).resolves.toBeUndefined();
  });

  test.each([
    ["asks nobody", { requestCert: false }],
    ["asks and takes none for an answer", { rejectUnauthorized: false }],
  ])("one that %s is found, whatever it was told", async (_what, options) => {
    const server = createServer({ ...serverOptions(mutual(), "h2"), ...options });
    await expect(requireClientCertificates(server, systemClock)).rejects.toThrow(
      "let in a client without a certificate",
    );
  });

  test("one whose handshake fails for another reason is not taken for one that asks", async () => {
    const server = createServer({
      ...serverOptions(mutual(), "h2"),
      ciphers: "TLS_AES_256_GCM_SHA384",
      sigalgs: "ed25519",
    });
    await expect(requireClientCertificates(server, systemClock)).rejects.toMatchObject({
      code: "INVALID_CONFIGURATION",
    });
  });

  test("one that never answers is given up after a bounded time", async () => {
    let expire: (() => void) | undefined;
    const clock = { ...systemClock, after: (_ms: number, then: () => void) => ((expire = then), () => undefined) };
    const server = createServer(serverOptions(mutual(), "h2"));
    server.removeAllListeners("connection"); // nobody takes the handshake up
    const proven = requireClientCertificates(server, clock);
    expire?.();
    await expect(proven).rejects.toThrow("no answer within 5000 ms");
  });
});

describe("where a server may listen", () => {
  test("over a network plain bytes are refused, with what to do", async () => {
    const started = startHouse({ address: "0.0.0.0:0", token: TOKEN });
    await expect(started).rejects.toThrow(/without TLS .*verbatim certs init.*--insecure/);
  });

  test("over a network plain bytes are taken where that is said aloud, with the token", async () => {
    await using house = await startHouse({ address: "0.0.0.0:0", token: TOKEN, insecure: true });
    const address = house.server.address.replace("0.0.0.0", "127.0.0.1");
    using stranger = connectClient({ address });
    await expect(stranger.executor.listStepTypes({})).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    using client = connectClient({ address, token: TOKEN });
    await expect(client.executor.listStepTypes({})).resolves.toBeDefined();
  });

  test("over a network nobody is let in without a token and without a certificate", async () => {
    const { certificate, key } = authority.pair();
    const tls = { material: { certificate, key }, clientCertificates: "none" } as const;
    const refused = { code: "INVALID_CONFIGURATION", violations: [{ field: "no_token" }] };
    await expect(startHouse({ address: "0.0.0.0:0", tls, noToken: true })).rejects.toMatchObject(refused);
    const plain = startHouse({ address: "0.0.0.0:0", insecure: true, noToken: true });
    await expect(plain).rejects.toMatchObject(refused);
  });

  test("with TLS the server listens on any address, and without client certificates it asks for the token", async () => {
    const { certificate, key } = authority.pair();
    const tls = { material: { certificate, key }, clientCertificates: "none" } as const;
    await using house = await startHouse({ address: "0.0.0.0:0", tls, token: TOKEN });
    const address = house.server.address.replace("0.0.0.0", "127.0.0.1");
    const call = async (token?: string): Promise<unknown> => {
      using client = connectClient({ address, tls: clientTls(authority), ...(token !== undefined && { token }) });
      return await client.executor.listStepTypes({});
    };
    await expect(call(TOKEN)).resolves.toBeDefined();
    await expect(call("x".repeat(43))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(call()).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("a unix socket is spoken to as before, whatever is configured for TCP", async () => {
    await using house = await startHouse({ tls: mutual() });
    await expect(house.client.executor.listStepTypes({})).resolves.toBeDefined();
  });
});

test("a drained server ends its connections with TLS as well", async () => {
  const house = await startHouse({ address: "127.0.0.1:0", tls: mutual() });
  using client = connectClient({ address: house.server.address, tls: clientTls(authority, authority.client("bob")) });
  await client.executor.listStepTypes({});
  await house[Symbol.asyncDispose]();
  await expect(client.executor.listStepTypes({})).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
});
