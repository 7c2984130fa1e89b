import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCheckHttpOk } from "#effects";
import type { HttpOptions, StepOutput } from "#effects";
import type { JsonObject } from "#model";
import { makeAuthority } from "../../support/authority.ts";
import type { Authority } from "../../support/authority.ts";
import { realClock } from "../support/clock.ts";
import { serveHttp } from "../support/http-servers.ts";
import { performStep } from "../support/perform-step.ts";
import { until } from "../support/until.ts";

let directory: string;
let authority: Authority;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "verbatim-http-"));
  authority = makeAuthority(directory);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function ask(parameters: JsonObject, options: Omit<HttpOptions, "clock">, signal?: AbortSignal): Promise<StepOutput> {
  return performStep(
    createCheckHttpOk({ ...options, clock: realClock }),
    parameters,
    signal === undefined ? {} : { signal },
  );
}
const failed = (errorClass: string, error: RegExp): object => ({
  success: false,
  errorClass,
  error: expect.stringMatching(error) as unknown,
});

describe("the check that a URL answers", () => {
  it("passes on an answer as expected: status, content, method", async () => {
    await using server = await serveHttp(({ url }, response) => {
      response.statusCode = url === "/teapot" ? 418 : 200;
      response.end("all is well");
    });
    const { host } = server;
    const url = `http://${host}/health?deep=1`;
    const options = { hosts: [host] };
    expect(await ask({ url, contains: "is well" }, options)).toEqual({
      success: true,
      output: { url, status: 200, bytes: 11 },
    });
    expect(await ask({ url, method: "HEAD" }, options)).toMatchObject({ success: true, output: { bytes: 0 } });
    expect(await ask({ url: `http://${host}/teapot`, statuses: [200, 418] }, options)).toMatchObject({ success: true });
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /health?deep=1",
      "HEAD /health?deep=1",
      "GET /teapot",
    ]);
  });

  it("fails by validation on another status or content, and follows no redirect", async () => {
    await using server = await serveHttp(({ url }, response) => {
      response.writeHead(url === "/moved" ? 302 : 500, { location: "/other" });
      response.end("trouble");
    });
    const { host } = server;
    const options = { hosts: [host] };
    expect(await ask({ url: `http://${host}/` }, options)).toMatchObject(
      failed("validation_failed", /answered 500, expected 200 to 299/),
    );
    expect(await ask({ url: `http://${host}/moved` }, options)).toMatchObject(
      failed("validation_failed", /answered 302/),
    );
    expect(await ask({ url: `http://${host}/`, statuses: [500], contains: "fine" }, options)).toMatchObject(
      failed("validation_failed", /does not contain "fine"/),
    );
    expect(server.seen).toHaveLength(3);
  });

  it("asks no host that is not listed, on whichever port and under whichever name", async () => {
    await using server = await serveHttp((_request, response) => response.end());
    const type = createCheckHttpOk({ hosts: [server.host, "example.com:443", "[::1]:80"], clock: realClock });
    const port = server.host.split(":")[1] ?? "";
    for (const url of [`http://localhost:${port}/`, "http://127.0.0.1:1/", "http://example.com/", "https://[::1]/"]) {
      expect(type.checkParameters({ url })).toMatchObject([{ field: "url" }]);
      expect(await performStep(type, { url })).toMatchObject(failed("sandbox_violation", /not among those/));
    }
    for (const url of ["https://example.com/", "https://EXAMPLE.com:443/x", "http://[::1]/"]) {
      expect(type.checkParameters({ url })).toEqual([]);
    }
    expect(server.seen).toEqual([]);
  });

  it.each(["ftp://example.com/", "file:///etc/passwd", "example.com", "https://user:word@example.com/", "https://"])(
    "takes %s for no URL to be asked",
    (url) => {
      const type = createCheckHttpOk({ hosts: ["example.com:443"], clock: realClock });
      expect(type.checkParameters({ url })).toMatchObject([{ field: "url" }]);
    },
  );

  it("reads a mebibyte of an endless answer and no more", async () => {
    let open = 0;
    await using server = await serveHttp((_request, response) => {
      open += 1;
      response.on("close", () => (open -= 1));
      const write = (): void => {
        while (response.writable && response.write("x".repeat(65_536)));
        response.once("drain", write);
      };
      write();
    });
    const url = `http://${server.host}/`;
    expect(await ask({ url, contains: "x" }, { hosts: [server.host] })).toMatchObject({
      success: true,
      output: { bytes: 1024 * 1024, cut: true },
    });
    expect(await ask({ url, contains: "y" }, { hosts: [server.host] })).toMatchObject(
      failed("validation_failed", /the first 1048576 bytes of the answer/),
    );
    await until("the connections are closed", () => open === 0);
  });

  it("calls trouble with the connection transient, and a silence that is too long a timeout", async () => {
    await using silent = await serveHttp(() => undefined);
    await using rude = await serveHttp((request) => request.socket.destroy());
    await using half = await serveHttp((_request, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("12345", () => response.destroy());
    });
    const free = await serveHttp(() => undefined);
    await free[Symbol.asyncDispose]();
    for (const { host } of [rude, half, free]) {
      expect(await ask({ url: `http://${host}/` }, { hosts: [host] })).toMatchObject(
        failed("transient_io", /no answer/),
      );
    }
    expect(await ask({ url: `http://${silent.host}/`, timeout: 0.2 }, { hosts: [silent.host] })).toMatchObject(
      failed("timeout", /did not answer within 0.2 s/),
    );
  });

  it("stops when it is told to", async () => {
    await using silent = await serveHttp(() => undefined);
    const stop = new AbortController();
    const running = ask({ url: `http://${silent.host}/` }, { hosts: [silent.host] }, stop.signal);
    await until("it has asked", () => silent.seen.length === 1);
    stop.abort();
    expect(await running).toMatchObject({ success: false, error: "stopped before its end" });
  });

  it("verifies certificates, by the file of authorities where one is named", async () => {
    await using server = await serveHttp((_request, response) => response.end("secure"), authority);
    const url = `https://${server.host}/`;
    const { caFile } = authority;
    expect(await ask({ url, contains: "secure" }, { hosts: [server.host], caFile })).toMatchObject({ success: true });
    expect(await ask({ url }, { hosts: [server.host] })).toMatchObject(failed("permanent", /certificate .* not hold/));
    expect(await ask({ url }, { hosts: [server.host], caFile: `${caFile}.missing` })).toMatchObject(
      failed("permanent", /ca_file .* cannot be read \(ENOENT\)/),
    );
  });

  it.each([["example.com"], ["EXAMPLE.com:443"], ["https://example.com:443"], ["example.com:99999"], ["*:80"]])(
    "is not made with the host %j",
    (host) => {
      expect(() => createCheckHttpOk({ hosts: [host], clock: realClock })).toThrow("check.http_ok is not configured");
    },
  );
});
