import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHttpStep, createSecretVault } from "#effects";
import type { HttpStepName, HttpStepOptions, LookupAddresses, StepType } from "#effects";
import { makeAuthority } from "../../support/authority.ts";
import type { Authority } from "../../support/authority.ts";
import { realClock } from "../support/clock.ts";
import { serveHttp } from "../support/http-servers.ts";
import { performStep } from "../support/perform-step.ts";
import { until } from "../support/until.ts";

const environment: Record<string, string> = { TOKEN: "a-secret-token", LINES: "two-lines\nof-secret" };
const secrets = createSecretVault({
  sources: { token: { environment: "TOKEN" }, lines: { environment: "LINES" }, gone: { environment: "GONE" } },
  environment,
});

function step(name: HttpStepName, host: string, more: Partial<HttpStepOptions> = {}): StepType {
  return createHttpStep(name, { hosts: [host], clock: realClock, secrets, ...more });
}

const loopback: LookupAddresses = () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]);

const failed = (errorClass: string, error: RegExp): object => ({
  success: false,
  errorClass,
  error: expect.stringMatching(error) as unknown,
});

let directory: string;
let authority: Authority;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "verbatim-http-"));
  authority = makeAuthority(directory);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a step that asks over HTTP", () => {
  it.each([
    ["http.get", "GET", {}, ""],
    ["http.post", "POST", { json: { done: true } }, '{"done":true}'],
    ["http.put", "PUT", { text: "Ünï" }, "Ünï"],
    ["http.delete", "DELETE", {}, ""],
    ["http.call", "PATCH", { method: "PATCH", base64: "AGE=" }, "\0a"],
  ] as const)("%s sends %s once, with its body and the key of its step", async (...[name, method, declared, body]) => {
    await using server = await serveHttp((_request, response) => response.writeHead(201).end());
    const url = `http://${server.host}/a%20b?x=1`;
    const said = await performStep(step(name, server.host), { url, ...declared }, { key: "job-7/2" });
    expect(said).toEqual({ success: true, output: { url, status: 201, headers: {}, bytes: 0 } });
    expect(server.seen).toMatchObject([{ method, path: "/a%20b?x=1", body }]);
    const headers = server.seen[0]?.headers;
    expect(headers?.["accept-encoding"]).toBe("identity");
    expect(headers?.["idempotency-key"]).toBe(method === "GET" ? undefined : "job-7/2");
  });

  it("tells status, some headers, and the body as JSON, text or base64", async () => {
    const answers: Record<string, [type: string, body: string | Buffer]> = {
      "/json": ["application/problem+json; charset=utf-8", '{"a":[1,null,"ü"]}'],
      "/broken": ["application/json", '{"a":'],
      "/rounded": ["application/json", '{"id":12345678901234567890}'],
      "/lone": ["application/json", String.raw`["\ud800"]`],
      "/deep": ["application/json", `${"[".repeat(1000)}${"]".repeat(1000)}`],
      "/text": ["text/plain", "Grüße"],
      "/bytes": ["application/octet-stream", Buffer.from([255, 0, 1])],
    };
    await using server = await serveHttp(({ url = "" }, response) => {
      const [type, body] = answers[url] ?? ["", ""];
      response.writeHead(200, { "content-type": type, "x-total": "7", "set-cookie": ["a=1", "b=2"], etag: '"1"' });
      response.end(body);
    });
    const ask = async (path: string, more: object = {}): Promise<unknown> =>
      (await performStep(step("http.get", server.host), { url: `http://${server.host}${path}`, ...more })).output;
    expect(await ask("/json", { response_headers: ["X-Total"] })).toMatchObject({
      status: 200,
      bytes: 19,
      json: { a: [1, null, "ü"] },
      headers: { "content-type": "application/problem+json; charset=utf-8", "x-total": "7", etag: '"1"' },
    });
    const plain = (await ask("/text", { response_headers: ["constructor", "__proto__", "x-absent"] })) as {
      headers: object;
    };
    expect(plain).toMatchObject({ text: "Grüße" });
    expect(Object.keys(plain.headers).toSorted()).toEqual(["content-type", "etag"]);
    expect(await ask("/bytes")).toMatchObject({ base64: "/wAB" });
    for (const path of ["/broken", "/rounded", "/lone", "/deep"]) {
      expect(await ask(path)).toMatchObject({ text: answers[path]?.[1] });
      expect(await ask(path)).not.toHaveProperty("json");
    }
  });

  it.each([
    [204, undefined],
    [400, "permanent"],
    [404, "permanent"],
    [408, "transient_io"],
    [425, "transient_io"],
    [429, "transient_io"],
    [500, "transient_io"],
    [503, "transient_io"],
    [307, "permanent"],
  ])("that is answered with %i says %s, and asks once", async (status, errorClass) => {
    await using server = await serveHttp((_request, response) => {
      response.writeHead(status, { location: "/elsewhere", "retry-after": "9" }).end();
    });
    const said = await performStep(step("http.put", server.host), { url: `http://${server.host}/`, text: "a" });
    expect(said.errorClass).toBe(errorClass);
    expect(said.output).toMatchObject({ status, headers: { "retry-after": "9" } });
    expect(server.seen).toHaveLength(1);
  });

  it("cuts an answer at its limit, between characters, and says so", async () => {
    await using server = await serveHttp((_request, response) => response.end("ü".repeat(1000)));
    const type = step("http.get", server.host, { bodyBytes: 11 });
    expect((await performStep(type, { url: `http://${server.host}/` })).output).toMatchObject({
      bytes: 11,
      truncated: true,
      text: "üüüüü",
    });
  });

  it("puts secrets into headers just before it asks, and refuses those that do not fit", async () => {
    await using server = await serveHttp((_request, response) => response.end());
    const type = step("http.get", server.host);
    const url = `http://${server.host}/`;
    const headers = { "X-Key": { secretRef: "token" }, authorization: { secretRef: "token", prefix: "Bearer " } };
    expect(await performStep(type, { url, headers })).toMatchObject({ success: true });
    expect(server.seen[0]?.headers).toMatchObject({
      "x-key": "a-secret-token",
      authorization: "Bearer a-secret-token",
    });
    for (const [secretRef, problem] of [
      ["lines", /"lines" is not one line/],
      ["gone", /"gone" cannot be used/],
    ] as const) {
      const said = await performStep(type, { url, headers: { a: { secretRef } } });
      expect(said).toMatchObject(failed("permanent", problem));
      expect(JSON.stringify(said)).not.toContain("of-secret");
    }
    expect(type.checkParameters({ url, headers: { a: { secretRef: "other" } } })).toMatchObject([
      { field: "headers.a" },
    ]);
    expect(server.seen).toHaveLength(1);
  });

  it.each([
    ["Host", "example.com"],
    ["content-length", "3"],
    ["Content-Encoding", "gzip"],
    ["Connection", "close"],
    ["Keep-Alive", "timeout=5"],
    ["TE", "trailers"],
    ["Transfer-Encoding", "chunked"],
    ["upgrade", "h2c"],
    ["expect", "100-continue"],
    ["Proxy-Authorization", "Basic abc"],
    ["Idempotency-Key", "mine"],
    ["x-a", "one\r\nhost: other"],
    ["x-a", "one\nx-b: two"],
    ["x-a", "nul\0"],
    ["x-a", "ü"],
    ["x-a", " blank"],
    ["x a", "name"],
    ["x:a", "name"],
    ["x\r\na", "name"],
    ["", "name"],
  ])("may not have the header %j with %j", async (name, value) => {
    await using server = await serveHttp((_request, response) => response.end());
    const type = step("http.get", server.host);
    const parameters = { url: `http://${server.host}/`, headers: { [name]: value } };
    expect(type.checkParameters(parameters)).toMatchObject([{ field: expect.stringMatching(/^headers/) as unknown }]);
    expect(await performStep(type, parameters)).toMatchObject(failed("validation_failed", /headers/));
    expect(server.seen).toEqual([]);
  });

  it("has one body at most, none where the method has none, and each header once", () => {
    const url = "http://example.com/";
    const put = step("http.put", "example.com:80");
    const twice = put.checkParameters({ url, text: "a", json: 1 });
    expect(twice.map(({ description }) => description)).toEqual([expect.stringContaining("more than one body")]);
    expect(put.checkParameters({ url, headers: { "x-a": "1", "X-A": "2" } })).toHaveLength(2);
    const call = step("http.call", "example.com:80");
    expect(call.checkParameters({ url, method: "GET", text: "a" })).toMatchObject([{ field: "method" }]);
    expect(call.checkParameters({ url, method: "TRACE" })).toMatchObject([{ field: "method" }]);
    expect(put.checkParameters({ url, timeout: 31 })).toMatchObject([{ field: "timeout" }]);
  });

  it("decodes what was encoded all the same, and ends a bomb at the limit", async () => {
    const bomb = Buffer.alloc(64 * 1024 * 1024);
    const bodies: Record<string, [encoding: string, body: Buffer]> = {
      "/gzip": ["gzip", gzipSync("all is well")],
      "/deflate": ["deflate", deflateSync("all is well")],
      "/none": ["gzip", Buffer.alloc(0)],
      "/br": ["BR", brotliCompressSync("all is well")],
      "/bomb": ["gzip", gzipSync(bomb)],
      "/bomb-br": ["br", brotliCompressSync(bomb)],
      "/broken": ["gzip", Buffer.from("no gzip at all")],
      "/half": ["gzip", gzipSync("all is well").subarray(0, 15)],
      "/twice": ["gzip, gzip", gzipSync(gzipSync("all is well"))],
      "/other": ["zstd", Buffer.from("what")],
    };
    await using server = await serveHttp(({ url = "" }, response) => {
      const [encoding, body] = bodies[url] ?? ["", Buffer.alloc(0)];
      response.writeHead(200, { "content-encoding": encoding }).end(body);
    });
    const ask = (path: string): ReturnType<typeof performStep> =>
      performStep(step("http.get", server.host, { bodyBytes: 100_000 }), { url: `http://${server.host}${path}` });
    for (const path of ["/gzip", "/deflate", "/br"])
      expect((await ask(path)).output).toMatchObject({ text: "all is well" });
    expect(await ask("/none")).toMatchObject({ success: true, output: { bytes: 0 } });
    for (const path of ["/bomb", "/bomb-br"]) {
      expect((await ask(path)).output).toMatchObject({ bytes: 100_000, truncated: true });
    }
    for (const path of ["/broken", "/half", "/twice", "/other"]) {
      expect(await ask(path)).toMatchObject(failed("permanent", /cannot be read: .*(encoded|decoded)/));
    }
  });

  it("bounds headers, slow answers and silence", async () => {
    await using large = await serveHttp((_request, response) => {
      response.writeHead(200, { "x-large": "x".repeat(20_000) }).end();
    });
    expect(await performStep(step("http.get", large.host), { url: `http://${large.host}/` })).toMatchObject(
      failed("permanent", /more than 16384 bytes of headers/),
    );
    let open = 0;
    await using endless = await serveHttp(({ socket }) => {
      open += 1;
      socket.on("close", () => (open -= 1)).on("error", () => undefined);
      socket.write("HTTP/1.1 200 OK\r\n");
      const write = (): void => {
        while (socket.writable && socket.write(`x-more: ${"x".repeat(1000)}\r\n`));
        socket.once("drain", write);
      };
      write();
    });
    expect(await performStep(step("http.get", endless.host), { url: `http://${endless.host}/` })).toMatchObject(
      failed("permanent", /headers/),
    );
    await until("the endless connection is closed", () => open === 0);
    await using drip = await serveHttp((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    });
    const slow = step("http.get", drip.host, { timeoutSeconds: 0.3 });
    expect(await performStep(slow, { url: `http://${drip.host}/` })).toMatchObject(failed("timeout", /within 0.3 s/));
    await using rude = await serveHttp((request) => request.socket.destroy());
    expect(await performStep(step("http.post", rude.host), { url: `http://${rude.host}/` })).toMatchObject(
      failed("transient_io", /no answer/),
    );
    expect(rude.seen).toHaveLength(1);
  });

  it("stops when it is told to", async () => {
    await using silent = await serveHttp(() => undefined);
    const stop = new AbortController();
    const url = `http://${silent.host}/`;
    const running = performStep(step("http.get", silent.host), { url }, { signal: stop.signal });
    await until("it has asked", () => silent.seen.length === 1);
    stop.abort();
    expect(await running).toMatchObject({ success: false, error: "stopped before its end" });
  });

  it("verifies certificates against the name, though it connects to an address", async () => {
    await using server = await serveHttp((_request, response) => response.end("secure"), authority);
    const port = server.host.split(":")[1] ?? "";
    const { caFile } = authority;
    const more = { caFile, lookup: loopback, privateAddresses: ["127.0.0.1/32"] };
    for (const host of [`localhost:${port}`, server.host]) {
      const said = await performStep(step("http.get", host, more), { url: `https://${host}/` });
      expect(said).toMatchObject({ success: true, output: { text: "secure" } });
    }
    const other = step("http.get", `other.example:${port}`, more);
    expect(await performStep(other, { url: `https://other.example:${port}/` })).toMatchObject(
      failed("permanent", /certificate .* not hold/),
    );
  });
});
