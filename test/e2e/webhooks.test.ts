import { createHmac } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { NotStarted, startServer } from "../support/server-process.ts";
import { whenDone } from "./support/hook-server.ts";
import {
  ENDPOINTS,
  exchange,
  hexOf,
  OTHER_SECRET,
  headOf,
  SECRET,
  SECRETS,
  startListener,
  startWebhookServer,
} from "./support/webhook-server.ts";
import type { Listener, RawAnswer, WebhookServer } from "./support/webhook-server.ts";

type Headers = readonly (readonly [string, string])[];

interface Delivery {
  readonly body: string | Buffer;
  readonly headers: Headers;
  readonly path?: string;
  readonly method?: string;
}

const resources = new AsyncDisposableStack();
let listener: Listener;
let bench: WebhookServer;
let deliveries = 0;

beforeAll(async () => {
  const directory = resources.use(await scratchDirectory());
  listener = resources.use(await startListener());
  bench = await startWebhookServer(directory.path, listener);
  resources.use(bench.server);
}, 60_000);
afterAll(async () => await resources.disposeAsync());

function opened(title: string): string {
  return JSON.stringify({ action: "opened", issue: { id: 7, title } });
}

/** A delivery as GitHub signs it, each with an id of its own. */
function delivery(body: string, changed: Readonly<Record<string, string>> = {}): Delivery {
  deliveries += 1;
  const headers = {
    "Content-Type": "application/json",
    "Content-Length": String(Buffer.byteLength(body)),
    "X-GitHub-Delivery": `delivery-${deliveries}`,
    "X-Hub-Signature-256": `sha256=${hexOf(SECRET, body)}`,
    ...changed,
  };
  return { body, headers: Object.entries(headers) };
}

function without({ headers, ...rest }: Delivery, name: string): Delivery {
  return { ...rest, headers: headers.filter(([one]) => one !== name) };
}

async function send({ path = ENDPOINTS.github.path, ...sent }: Delivery): Promise<RawAnswer> {
  return await exchange(bench.port, [headOf(bench.port, { path, ...sent }), sent.body]);
}

async function settled(): Promise<readonly string[]> {
  using client = await bench.server.client();
  await whenDone(client);
  return listener.came;
}

/** Why deliveries were refused, as the log tells it. */
function reasons(): readonly (string | undefined)[] {
  return [...bench.server.log().matchAll(/"event":"webhook\.refused".*?"reason":"(\w+)"/g)].map(([, reason]) => reason);
}

/** How many were refused, as the metrics count it. */
async function refused(): Promise<number> {
  const { port, token } = bench;
  const headers = { authorization: `Bearer ${token}` };
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
  const counted = [...page.matchAll(/^verbatim_webhook_refusals_total\{.*\} (\d+)$/gm)];
  return counted.reduce((sum, [, count]) => sum + Number(count), 0);
}

describe("a delivery that is signed becomes a change", () => {
  test("the same delivery three times has one effect, and is told so", async () => {
    const one = delivery(opened("three times"));
    const answers = [await send(one), await send(one), await send(one)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.map(({ body }) => (JSON.parse(body) as { added: number }).added)).toEqual([1, 0, 0]);
    expect((await settled()).filter((body) => body.includes("three times"))).toEqual(['{"title":"three times"}']);
  });

  test("three of one delivery at the same time have one effect", async () => {
    const one = delivery(opened("at once"));
    const answers = await Promise.all([send(one), send(one), send(one)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await settled()).filter((body) => body.includes("at once"))).toHaveLength(1);
  });

  test("another delivery with the same body is another change", async () => {
    await send(delivery(opened("twice meant")));
    await send(delivery(opened("twice meant")));
    expect((await settled()).filter((body) => body.includes("twice meant"))).toHaveLength(2);
  });

  test("a delivery id that comes again with another body changes nothing", async () => {
    const one = delivery(opened("the first"), { "X-GitHub-Delivery": "the-same" });
    const other = delivery(opened("the second"), { "X-GitHub-Delivery": "the-same" });
    expect((await send(one)).status).toBe(200);
    expect((await send(other)).status).toBe(422);
    expect((await settled()).filter((body) => body.includes("the second"))).toEqual([]);
  });

  test("a word in the body says which operation it is, and other words ask for nothing", async () => {
    const before = (await settled()).length;
    const deleted = await send(delivery(JSON.stringify({ action: "deleted", issue: { id: 7, title: "it is gone" } })));
    expect(deleted.status).toBe(200);
    const labelled = await send(delivery(JSON.stringify({ action: "labeled", issue: { id: 7 } })));
    expect([labelled.status, labelled.body]).toEqual([200, '{"change_id":null,"added":0}']);
    expect((await settled()).slice(before)).toEqual(['{"gone":"it is gone"}']);
  });

  test("a body in pieces, with each byte of it alone, is taken in", async () => {
    const { headers, body } = without(delivery(opened("in pieces")), "Content-Length");
    const text = headOf(bench.port, {
      path: ENDPOINTS.github.path,
      headers: [...headers, ["Transfer-Encoding", "chunked"]],
    });
    const chunks = [...Buffer.from(body)].map((byte) =>
      Buffer.concat([Buffer.from("1\r\n"), Buffer.of(byte), Buffer.from("\r\n")]),
    );
    expect((await exchange(bench.port, [text, ...chunks, "0\r\n\r\n"])).status).toBe(200);
    expect((await settled()).filter((told) => told.includes("in pieces"))).toHaveLength(1);
  });

  test.each([0, -299, 299])("a time that is %i s from now is taken in where it is signed", async (seconds) => {
    const body = JSON.stringify({ id: 1, title: `signed in time ${seconds}` });
    expect((await send(timed(body, seconds))).status).toBe(200);
    expect((await settled()).filter((told) => told.includes(`in time ${seconds}"`))).toHaveLength(1);
  });

  test("id, time and body can be signed together, in base64", async () => {
    const body = JSON.stringify({ id: 1, title: "as a standard says" });
    expect((await send(standard(body, "msg_1"))).status).toBe(200);
    const moved = standard(body, "msg_2", { signedId: "msg_1" });
    expect((await send(moved)).status).toBe(401);
    expect((await settled()).filter((told) => told.includes("a standard"))).toHaveLength(1);
  });

  test("with once_per: body the same body under other ids is one change", async () => {
    const body = JSON.stringify({ id: 1, title: "one body" });
    const signed = { "X-Hub-Signature-256": `sha256=${hexOf(SECRETS.small, body)}` };
    const [first, second] = [delivery(body, signed), delivery(body, signed)];
    const path = ENDPOINTS.small.path;
    expect((await send({ ...first, path })).status).toBe(200);
    expect((await send({ ...second, path })).status).toBe(200);
    expect((await settled()).filter((told) => told.includes("one body"))).toHaveLength(1);
  });
});

function timed(body: string, secondsFromNow: number, written = (text: string): string => text): Delivery {
  const seconds = written(String(Math.floor(Date.now() / 1000) + secondsFromNow));
  const sent = delivery(body, {
    "X-Timestamp": seconds,
    "X-Signature": `v0=${hexOf(SECRETS.timed, `v0:${seconds}:${body}`)}`,
    "X-Request-Id": `timed-${deliveries}`,
  });
  return { ...sent, path: ENDPOINTS.timed.path };
}

function standard(body: string, id: string, { signedId = id }: { readonly signedId?: string } = {}): Delivery {
  const seconds = String(Math.floor(Date.now() / 1000));
  const hmac = createHmac("sha256", SECRETS.standard).update(`${signedId}.${seconds}.${body}`).digest("base64");
  const sent = delivery(body, {
    "webhook-id": id,
    "webhook-timestamp": seconds,
    "webhook-signature": `v1,${hmac}`,
  });
  return { ...sent, path: ENDPOINTS.standard.path };
}

const BODY = opened("never to be told");
const SIGNED = `sha256=${hexOf(SECRET, BODY)}`;
const NAME = "X-Hub-Signature-256";

function flipped(body: string, bit: number): Buffer {
  const bytes = Buffer.from(body);
  bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ (1 << bit);
  return bytes;
}

/** Every way to be refused, the reason for whoever watches, and what is sent. */
const REFUSED: readonly (readonly [what: string, reason: string, sent: () => Delivery])[] = [
  ["no signature", "signature", () => without(delivery(BODY), NAME)],
  ["an empty signature", "signature", () => delivery(BODY, { [NAME]: "" })],
  ["a prefix alone", "signature", () => delivery(BODY, { [NAME]: "sha256=" })],
  [
    "a signature with another secret",
    "signature",
    () => delivery(BODY, { [NAME]: `sha256=${hexOf(OTHER_SECRET, BODY)}` }),
  ],
  ["a signature with an empty secret", "signature", () => delivery(BODY, { [NAME]: `sha256=${hexOf("", BODY)}` })],
  [
    "a signature of another body",
    "signature",
    () => delivery(BODY, { [NAME]: `sha256=${hexOf(SECRET, opened("b"))}` }),
  ],
  ["the signature twice", "signature", () => twice(delivery(BODY))],
  ["two signatures in one header", "signature", () => delivery(BODY, { [NAME]: `${SIGNED}, ${SIGNED}` })],
  [
    "the signature in upper case",
    "signature",
    () => delivery(BODY, { [NAME]: `sha256=${SIGNED.slice(7).toUpperCase()}` }),
  ],
  ["the prefix in upper case", "signature", () => delivery(BODY, { [NAME]: `SHA256=${SIGNED.slice(7)}` })],
  ["a signature without its last letter", "signature", () => delivery(BODY, { [NAME]: SIGNED.slice(0, -1) })],
  ["a signature of one letter", "signature", () => delivery(BODY, { [NAME]: SIGNED.slice(0, 8) })],
  ["a signature with a letter more", "signature", () => delivery(BODY, { [NAME]: `${SIGNED}0` })],
  ["another algorithm's name", "signature", () => delivery(BODY, { [NAME]: `sha1=${SIGNED.slice(7)}` })],
  [
    "another algorithm",
    "signature",
    () => delivery(BODY, { [NAME]: `sha1=${createHmac("sha1", SECRET).update(BODY).digest("hex")}` }),
  ],
  ["no prefix", "signature", () => delivery(BODY, { [NAME]: SIGNED.slice(7) })],
  [
    "the signature in base64",
    "signature",
    () => delivery(BODY, { [NAME]: `sha256=${createHmac("sha256", SECRET).update(BODY).digest("base64")}` }),
  ],
  ["the secret itself", "signature", () => delivery(BODY, { [NAME]: `sha256=${SECRET}` })],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map(
    (bit) => [`a body with bit ${bit} changed`, "signature", () => withBitChanged(bit)] as const,
  ),
  ["a body with a space more", "signature", () => ({ ...delivery(`${BODY} `, { [NAME]: SIGNED }) })],
  ["an empty body", "body_empty", () => delivery("", { [NAME]: `sha256=${hexOf(SECRET, "")}` })],
  ["a compressed body", "content_encoding", () => delivery(BODY, { "Content-Encoding": "gzip" })],
  [
    "a body that says that it is identical",
    "content_encoding",
    () => delivery(BODY, { "Content-Encoding": "identity" }),
  ],
  ["no content type", "content_type", () => without(delivery(BODY), "Content-Type")],
  ["a form", "content_type", () => delivery(BODY, { "Content-Type": "application/x-www-form-urlencoded" })],
  ["a text", "content_type", () => delivery(BODY, { "Content-Type": "text/plain" })],
  [
    "another character set",
    "content_type",
    () => delivery(BODY, { "Content-Type": "application/json; charset=utf-7" }),
  ],
  ["no delivery id", "delivery_id", () => without(delivery(BODY), "X-GitHub-Delivery")],
  ["an empty delivery id", "delivery_id", () => delivery(BODY, { "X-GitHub-Delivery": "" })],
  ["a delivery id of 81 letters", "delivery_id", () => delivery(BODY, { "X-GitHub-Delivery": "x".repeat(81) })],
  ["a delivery id with a dot", "delivery_id", () => delivery(BODY, { "X-GitHub-Delivery": "1.2" })],
  ["a page of this very origin", "browser", () => delivery(BODY, { Origin: `http://127.0.0.1:${bench.port}` })],
  ["a page of another origin", "browser", () => delivery(BODY, { Origin: "https://example.com" })],
  ["a page without an origin", "browser", () => delivery(BODY, { Origin: "null" })],
  ["what a browser says of its requests", "browser", () => delivery(BODY, { "Sec-Fetch-Site": "cross-site" })],
  ["another method", "method", () => ({ ...delivery(BODY), method: "PUT" })],
  ["a GET", "method", () => ({ ...delivery(BODY), method: "GET" })],
  ["another path", "unknown_path", () => ({ ...delivery(BODY), path: "/webhooks/gitlab" })],
  ["a path with a question", "unknown_path", () => ({ ...delivery(BODY), path: "/webhooks/github?x=1" })],
  ["a path behind the endpoint's", "unknown_path", () => ({ ...delivery(BODY), path: "/webhooks/github/" })],
  ["another endpoint's path", "signature", () => ({ ...delivery(BODY), path: "/webhooks/small" })],
  ["a time 301 s ago", "timestamp", () => timed(BODY, -302)],
  ["a time in 301 s", "timestamp", () => timed(BODY, 302)],
  ["a time in milliseconds", "timestamp", () => timed(BODY, 0, (text) => `${text}000`)],
  ["a time with a sign", "timestamp", () => timed(BODY, 0, (text) => `+${text}`)],
  ["a time with a fraction", "timestamp", () => timed(BODY, 0, (text) => `${text}.5`)],
  ["a time in hexadecimal", "timestamp", () => timed(BODY, 0, (text) => `0x${Number(text).toString(16)}`)],
  ["no time where one is asked for", "timestamp", () => without(timed(BODY, 0), "X-Timestamp")],
  [
    "a time that was not signed",
    "signature",
    () => replaced(timed(BODY, -300), "X-Timestamp", String(Math.floor(Date.now() / 1000))),
  ],
];

function twice({ headers, ...rest }: Delivery): Delivery {
  return { ...rest, headers: [...headers, [NAME, SIGNED]] };
}

function withBitChanged(bit: number): Delivery {
  return { ...delivery(BODY), body: flipped(BODY, bit) };
}

function replaced({ headers, ...rest }: Delivery, name: string, value: string): Delivery {
  return { ...rest, headers: headers.map(([one, old]) => [one, one === name ? value : old]) };
}

describe("what is not signed as it must be has no effect, and its sender learns nothing", () => {
  test("every way to be wrong is answered with the same bytes, counted, and enqueues nothing", async () => {
    const before = (await settled()).length;
    const reasonsBefore = reasons().length;
    const answers: (readonly [what: string, answer: RawAnswer])[] = [];
    for (const [what, , sent] of REFUSED) answers.push([what, await send(sent())]);
    const body = '{"code":"unauthenticated","message":"The delivery is refused."}';
    expect(answers).toEqual(REFUSED.map(([what]) => [what, { status: 401, body }]));
    const expected = REFUSED.map(([, reason]) => reason);
    await expect.poll(() => reasons().slice(reasonsBefore), { timeout: 10_000 }).toEqual(expected);
    expect(await settled()).toHaveLength(before);
    await expect.poll(refused, { timeout: 10_000 }).toBeGreaterThanOrEqual(REFUSED.length);
  }, 60_000);

  test("a compressed body whose sender does not say so is not what was signed", async () => {
    const bytes = gzipSync(BODY);
    const sent = delivery(BODY, { "Content-Length": String(bytes.length) });
    const text = headOf(bench.port, { path: ENDPOINTS.github.path, headers: sent.headers });
    expect((await exchange(bench.port, [text, bytes])).status).toBe(401);
  });

  test("a body of 1 MiB is read, and of one byte more no byte is", async () => {
    const title = "x".repeat(2 ** 20 - opened("").length);
    const whole = delivery(opened(title));
    expect((await send(whole)).status).toBe(422); // it is signed, and the record in it is too large
    const over = delivery(opened(`${title}x`));
    const head = headOf(bench.port, { path: ENDPOINTS.github.path, headers: over.headers });
    expect((await exchange(bench.port, [head])).status).toBe(413); // without a byte of the body
  });

  test("a body in pieces is read up to the bound, wherever it would end", async () => {
    const headers: Headers = [...without(delivery("{}"), "Content-Length").headers, ["Transfer-Encoding", "chunked"]];
    const head = headOf(bench.port, { path: ENDPOINTS.small.path, headers });
    const answer = await exchange(bench.port, [head, `41\r\n${"x".repeat(65)}\r\n`]); // and never an end
    expect([answer.status, answer.body]).toEqual([
      413,
      '{"code":"resource_exhausted","message":"The body is too large."}',
    ]);
  });

  test("a body that comes too slowly is cut off", async () => {
    const { headers } = delivery(BODY, { "Content-Length": "60" });
    const head = headOf(bench.port, { path: ENDPOINTS.small.path, headers });
    expect((await exchange(bench.port, [head, '{"id"'])).status).toBe(401);
    await expect.poll(reasons).toContain("body_slow");
  });

  test("whoever holds bodies open keeps nobody else away", async () => {
    const { headers } = timed(BODY, 0);
    const head = headOf(bench.port, { path: ENDPOINTS.timed.path, headers });
    const held = Array.from({ length: 40 }, async () => await exchange(bench.port, [head, "{"]));
    await expect.poll(() => bench.server.log(), { timeout: 10_000 }).toContain('"crowded_out"');
    expect((await send(delivery(opened("through the crowd")))).status).toBe(200);
    expect((await settled()).filter((told) => told.includes("the crowd"))).toHaveLength(1);
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual(held.map(() => 401));
  });

  test("what is signed and is no JSON object is refused with a reason, and changes nothing", async () => {
    const before = (await settled()).length;
    const answers = [];
    for (const body of ["nothing", '"text"', "[1]", opened("x").replace("issue", "other")])
      answers.push(await send(delivery(body)));
    expect(answers.map(({ status }) => status)).toEqual([422, 200, 200, 422]); // without a word there is nothing to do
    expect(await settled()).toHaveLength(before);
  });

  test("a request for another host is refused before anything else", async () => {
    const { headers, body } = delivery(opened("from elsewhere"));
    const head = headOf(bench.port, { path: ENDPOINTS.github.path, headers });
    const elsewhere = head.replace(`127.0.0.1:${bench.port}`, "example.com");
    expect((await exchange(bench.port, [elsewhere, body])).status).toBe(403);
  });
});

test("a server does not start for an endpoint whose secret is not there", async () => {
  await using directory = await scratchDirectory();
  const listen = { http: { listen: "127.0.0.1:0" }, webhooks: { github: ENDPOINTS.github } };
  const started = startServer({ entry: "serve", state: `${directory.path}/state`, configuration: listen });
  const error: unknown = await started.then(
    async (server) => await server[Symbol.asyncDispose](),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(NotStarted);
  expect(error instanceof NotStarted && error.output).toMatch(
    /hooks +is missing[^]*webhooks\.github\.secret +cannot be read: the variable TEST_WEBHOOK_SECRET/,
  );
});
