import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startHouse } from "../support/house.ts";
import type { House } from "../support/house.ts";
import { Authority, mutualMaterial } from "../support/certificates.ts";

const authority = new Authority();
const TOKEN = "t".repeat(43);
const LIST = "/verbatim.executor.v1.JobExecutorService/ListStepTypes";
let house: House;

beforeAll(async () => {
  const tls = { material: mutualMaterial(authority), clientCertificates: "required" } as const;
  house = await startHouse({ address: "127.0.0.1:0", httpAddress: "0.0.0.0:0", tls, token: TOKEN });
});

afterAll(async () => {
  await house[Symbol.asyncDispose]();
});

interface Post {
  readonly headers?: Readonly<Record<string, string>>;
  readonly pair?: { readonly certificate: string; readonly key: string };
}

const portOf = (address = ""): number => Number(address.slice(address.lastIndexOf(":") + 1));

/** The status that a call over HTTPS gets, or the code of the error that it ends with. */
function post({ headers = {}, pair = authority.client("bob") }: Post = {}): Promise<number | string | undefined> {
  const { certificate: cert, key } = pair;
  return new Promise((resolve) => {
    const sent = httpsRequest({
      host: "127.0.0.1",
      port: portOf(house.server.httpAddress),
      path: LIST,
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      ca: authority.certificate,
      servername: "localhost", // else Node takes the Host header for it
      ...(cert !== "" && { cert, key }),
      agent: false,
    });
    sent.once("error", (error: Error & { code?: string }) => resolve(error.code));
    sent.once("response", (response) => resolve(response.resume().statusCode));
    sent.end("{}");
  });
}

test("off loopback the side port speaks TLS, and a certificate is the credential", async () => {
  await expect(post()).resolves.toBe(200);
});

test("off loopback nobody without a certificate of the client CA gets an answer", async () => {
  await expect(post({ pair: { certificate: "", key: "" } })).resolves.toMatch(/ECONNRESET|CERTIFICATE_REQUIRED/);
  await expect(post({ pair: new Authority("rogue").client("bob") })).resolves.toMatch(/ECONNRESET|EPIPE/);
});

test("only by the names of its certificate, and from pages of these, is it called", async () => {
  const port = portOf(house.server.httpAddress);
  await expect(post({ headers: { host: `localhost:${port}` } })).resolves.toBe(200);
  await expect(post({ headers: { host: `evil.test:${port}` } })).resolves.toBe(403);
  await expect(post({ headers: { host: "localhost" } })).resolves.toBe(403);
  await expect(post({ headers: { origin: `https://localhost:${port}` } })).resolves.toBe(200);
  await expect(post({ headers: { origin: `http://localhost:${port}` } })).resolves.toBe(403);
  await expect(post({ headers: { origin: "https://evil.test" } })).resolves.toBe(403);
});

test("it speaks HTTP/1.1 and no other protocol", async () => {
  const { certificate: cert, key } = authority.client("bob");
  const port = portOf(house.server.httpAddress);
  const socket = connect({ host: "localhost", port, ca: authority.certificate, cert, key, ALPNProtocols: ["h2"] });
  const [error] = (await once(socket, "error")) as [Error & { code?: string }];
  expect(error.code).toMatch(/NO_APPLICATION_PROTOCOL|ECONNRESET/);
});

test("it shows the new certificate after a change, and takes its names for its own", async () => {
  const port = portOf(house.server.httpAddress);
  await expect(post({ headers: { host: `new.test:${port}` } })).resolves.toBe(403);
  house.server.replaceTls(mutualMaterial(authority, { hosts: ["localhost", "127.0.0.1", "new.test"] }));
  await expect(post({ headers: { host: `new.test:${port}` } })).resolves.toBe(200);
});

test("without TLS it is served on loopback alone, whatever is said aloud", async () => {
  const started = startHouse({ httpAddress: "0.0.0.0:0", token: TOKEN, insecure: true });
  await expect(started).rejects.toThrow("elsewhere it needs tls");
});

test("on loopback it stays plain and asks for the token, also where the server asks for certificates", async () => {
  const tls = { material: mutualMaterial(authority), clientCertificates: "required" } as const;
  await using local = await startHouse({ address: "127.0.0.1:0", httpAddress: "127.0.0.1:0", tls, token: TOKEN });
  const ask = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const at = { host: "127.0.0.1", port: portOf(local.server.httpAddress), path: LIST, method: "POST" };
      const sent = httpRequest({ ...at, headers: { "content-type": "application/json", ...headers } });
      sent.once("error", reject).once("response", (response) => resolve(response.resume().statusCode));
      sent.end("{}");
    });
  await expect(ask({ authorization: `Bearer ${TOKEN}` })).resolves.toBe(200);
  await expect(ask({})).resolves.toBe(401);
});
