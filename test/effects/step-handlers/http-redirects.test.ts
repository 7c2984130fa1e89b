import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHttpStep, createSecretVault } from "#effects";
import type { HttpStepName, StepOutput } from "#effects";
import { makeAuthority } from "../../support/authority.ts";
import type { Authority } from "../../support/authority.ts";
import { realClock } from "../support/clock.ts";
import { serveHttp } from "../support/http-servers.ts";
import type { TestServer } from "../support/http-servers.ts";
import { performStep } from "../support/perform-step.ts";

const secrets = createSecretVault({ sources: { token: { environment: "TOKEN" } }, environment: { TOKEN: "a-secret" } });

/** Redirects `/STATUS/...` to `to`, and answers everything else. */
function redirecting(to: () => string): Promise<TestServer> {
  return serveHttp(({ url = "" }, response) => {
    const status = Number(url.split("/")[1]);
    if (status > 0) response.writeHead(status, { location: to() }).end();
    else response.end("there");
  });
}

let directory: string;
let authority: Authority;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "verbatim-redirects-"));
  authority = makeAuthority(directory);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function ask(
  name: HttpStepName,
  {
    url,
    hosts,
    caFile,
    ...parameters
  }: { url: string; hosts: readonly string[]; caFile?: string; [key: string]: unknown },
): Promise<StepOutput> {
  const more = caFile === undefined ? {} : { caFile };
  const type = createHttpStep(name, { hosts, clock: realClock, secrets, timeoutSeconds: 5, ...more });
  // as: the tests write JSON
  return performStep(type, { url, max_redirects: 3, ...(parameters as object) });
}

describe("a redirect", () => {
  it("is followed on the same host with what the step sent, and told", async () => {
    await using server = await redirecting(() => "/there");
    const { host } = server;
    const headers = { authorization: { secretRef: "token" } };
    const said = await ask("http.put", { url: `http://${host}/307/`, hosts: [host], text: "body", headers });
    expect(said).toMatchObject({ success: true, output: { url: `http://${host}/there`, redirects: 1, text: "there" } });
    expect(server.seen).toMatchObject(
      [307, 0].map(() => ({ method: "PUT", body: "body", headers: { authorization: "a-secret" } })),
    );
  });

  it.each([
    [301, "http.post", "GET"],
    [302, "http.post", "GET"],
    [303, "http.post", "GET"],
    [303, "http.put", "GET"],
    [307, "http.post", "POST"],
    [308, "http.post", "POST"],
    [301, "http.put", "PUT"],
    [302, "http.get", "GET"],
  ] as const)("with %i after %s asks with %s on the same host", async (status, name, method) => {
    await using server = await redirecting(() => "/there");
    const { host } = server;
    const body = name === "http.get" ? {} : { text: "body" };
    expect(await ask(name, { url: `http://${host}/${status}/`, hosts: [host], ...body })).toMatchObject({
      success: true,
    });
    expect(server.seen[1]).toMatchObject({ method, body: method === "GET" ? "" : "body" });
  });

  it("to another host takes no credentials along, and nothing that the step said of itself", async () => {
    await using other = await redirecting(() => "/");
    await using server = await redirecting(() => `http://${other.host}/there`);
    const headers = {
      authorization: { secretRef: "token" },
      "x-key": { secretRef: "token" },
      cookie: "a=1",
      accept: "text/plain",
    };
    const hosts = [server.host, other.host];
    const get = await ask("http.get", { url: `http://${server.host}/302/`, hosts, headers });
    const post = await ask("http.post", { url: `http://${server.host}/303/`, hosts, headers, text: "body" });
    expect([get.success, post.success]).toEqual([true, true]);
    expect(other.seen).toHaveLength(2);
    for (const seen of other.seen) {
      expect(seen).toMatchObject({ method: "GET", body: "", headers: { accept: "text/plain" } });
      const names = ["authorization", "x-key", "cookie", "idempotency-key", "content-type"];
      expect(names.filter((name) => name in seen.headers)).toEqual([]);
      expect(JSON.stringify(seen.headers)).not.toContain("a-secret");
    }
  });

  it.each([
    ["http.post", 307],
    ["http.post", 308],
    ["http.put", 302],
    ["http.delete", 301],
  ] as const)("of %s with %i to another host is not followed", async (name, status) => {
    await using other = await redirecting(() => "/");
    await using server = await redirecting(() => `http://${other.host}/there`);
    const hosts = [server.host, other.host];
    expect(await ask(name, { url: `http://${server.host}/${status}/`, hosts, text: "body" })).toMatchObject({
      success: false,
      errorClass: "permanent",
    });
    expect(other.seen).toEqual([]);
  });

  it("that leads in a circle ends after as many as the step permits", async () => {
    await using server = await redirecting(() => "/302/");
    const { host } = server;
    expect(await ask("http.get", { url: `http://${host}/302/`, hosts: [host] })).toMatchObject({
      success: false,
      errorClass: "permanent",
      error: expect.stringContaining("redirects more than 3 times") as unknown,
    });
    expect(server.seen).toHaveLength(4);
  });

  it("that is never answered ends with the one deadline of the step", async () => {
    let asked = 0;
    await using server = await serveHttp((_request, response) => {
      if ((asked += 1) < 3) response.writeHead(302, { location: "/" }).end();
    });
    const { host } = server;
    const said = await ask("http.get", { url: `http://${host}/`, hosts: [host], timeout: 0.3 });
    expect(said).toMatchObject({ success: false, errorClass: "timeout" });
    expect(server.seen).toHaveLength(3);
  });

  it("from https to http is refused, though both are listed", async () => {
    await using plain = await redirecting(() => "/");
    await using server = await serveHttp((_request, response) => {
      response.writeHead(302, { location: `http://${plain.host}/` }).end();
    }, authority);
    const { caFile } = authority;
    const hosts = [server.host, plain.host];
    expect(await ask("http.get", { url: `https://${server.host}/`, hosts, caFile })).toMatchObject({
      errorClass: "sandbox_violation",
      error: expect.stringContaining("http after https") as unknown,
    });
    expect([server.seen.length, plain.seen.length]).toEqual([1, 0]);
  });
});
