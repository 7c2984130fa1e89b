import { createHmac, timingSafeEqual } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createSecretVault, createWebhookPost } from "#effects";
import type { StepType } from "#effects";
import { realClock } from "../support/clock.ts";
import { serveHttp } from "../support/http-servers.ts";
import type { SeenRequest } from "../support/http-servers.ts";
import { performStep } from "../support/perform-step.ts";
import { until } from "../support/until.ts";

const SECRET = "a-signing-secret";

function webhook(host: string, timeoutSeconds = 30): StepType {
  const secrets = createSecretVault({ sources: { hook: { environment: "HOOK" } }, environment: { HOOK: SECRET } });
  return createWebhookPost({ hosts: [host], clock: realClock, secrets, signingSecret: "hook", timeoutSeconds });
}

/** What docs/step-types.md tells receivers to do. */
function isGenuine({ headers, body }: SeenRequest, nowSeconds: number): boolean {
  const timestamp = String(headers["verbatim-timestamp"]);
  const expected = `v1=${createHmac("sha256", SECRET).update(`${timestamp}.${body}`).digest("hex")}`;
  const given = String(headers["verbatim-signature"]);
  if (given.length !== expected.length || !timingSafeEqual(Buffer.from(given), Buffer.from(expected))) return false;
  return Math.abs(nowSeconds - Number(timestamp)) <= 300;
}

const failed = (errorClass: string, error: RegExp): object => ({
  success: false,
  errorClass,
  error: expect.stringMatching(error) as unknown,
});

describe("a webhook", () => {
  it("is posted once as JSON, signed over time and body, with the key of its step", async () => {
    await using server = await serveHttp((_request, response) => response.writeHead(202).end("taken"));
    const url = `http://${server.host}/hook?x=1`;
    const said = await performStep(
      webhook(server.host),
      { url, body: { done: true, name: "Ünï" } },
      { key: "job-7/2" },
    );
    expect(said).toEqual({ success: true, output: { url, status: 202, bytes: 5, answer: "taken" } });
    const [request, ...more] = server.seen;
    if (request === undefined) throw new Error("nothing was posted");
    expect(more).toEqual([]);
    expect(request).toMatchObject({ method: "POST", path: "/hook?x=1", body: '{"done":true,"name":"Ünï"}' });
    expect(request.headers).toMatchObject({ "content-type": "application/json", "idempotency-key": "job-7/2" });
    const nowSeconds = Date.now() / 1000;
    expect(isGenuine(request, nowSeconds)).toBe(true);
    expect(isGenuine({ ...request, body: `${request.body} ` }, nowSeconds)).toBe(false);
    expect(isGenuine(request, nowSeconds + 1000)).toBe(false);
    const headers = {
      ...request.headers,
      "verbatim-timestamp": String(Number(request.headers["verbatim-timestamp"]) + 1),
    };
    expect(isGenuine({ ...request, headers }, nowSeconds)).toBe(false);
  });

  it.each([
    [400, "permanent"],
    [404, "permanent"],
    [408, "transient_io"],
    [429, "transient_io"],
    [500, "transient_io"],
    [503, "transient_io"],
    [301, "permanent"],
    [307, "permanent"],
  ])("that is answered with %i is %s, and is not posted again or elsewhere", async (status, errorClass) => {
    await using server = await serveHttp((_request, response) => {
      response.writeHead(status, { location: "/elsewhere", "retry-after": "0" }).end();
    });
    const said = await performStep(webhook(server.host), { url: `http://${server.host}/`, body: null });
    expect(said).toMatchObject(failed(errorClass, new RegExp(`answered ${status}`)));
    expect(server.seen).toHaveLength(1);
  });

  it("reads a bounded part of the answer", async () => {
    await using server = await serveHttp((_request, response) => response.end("x".repeat(1_000_000)));
    const said = await performStep(webhook(server.host), { url: `http://${server.host}/`, body: 1 });
    expect(said).toMatchObject({ success: true, output: { bytes: 65_536, cut: true, answer: "x".repeat(1000) } });
  });

  it("calls a lost connection transient and a silence a timeout, and stops when it is told to", async () => {
    await using rude = await serveHttp((request) => request.socket.destroy());
    expect(await performStep(webhook(rude.host), { url: `http://${rude.host}/`, body: 1 })).toMatchObject(
      failed("transient_io", /no answer/),
    );
    expect(rude.seen).toHaveLength(1);
    await using silent = await serveHttp(() => undefined);
    expect(await performStep(webhook(silent.host, 0.2), { url: `http://${silent.host}/`, body: 1 })).toMatchObject(
      failed("timeout", /within 0.2 s/),
    );
    const stop = new AbortController();
    const running = performStep(
      webhook(silent.host),
      { url: `http://${silent.host}/`, body: 1 },
      { signal: stop.signal },
    );
    await until("it has posted", () => silent.seen.length === 2);
    stop.abort();
    expect(await running).toMatchObject({ error: "stopped before its end" });
  });

  it("goes to no host that is not listed, and needs a body", async () => {
    await using server = await serveHttp((_request, response) => response.end());
    const type = webhook("example.com:443");
    const url = `http://${server.host}/`;
    expect(type.checkParameters({ url, body: 1 })).toMatchObject([{ field: "url" }]);
    expect(await performStep(type, { url, body: 1 })).toMatchObject(failed("sandbox_violation", /not among those/));
    expect(type.checkParameters({ url: "https://example.com/" })).toMatchObject([{ field: "body" }]);
    expect(server.seen).toEqual([]);
  });

  it("is not to be had without a secret that is known", () => {
    const options = { hosts: [], clock: realClock, secrets: undefined, signingSecret: "hook" };
    expect(() => createWebhookPost(options)).toThrow(/signing_secret: names the secret "hook"/);
  });
});
