import { createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createJsonlStore, makeDirectory } from "#evidence";
import { Machine } from "#orchestration";
import { createRunRunner } from "../../src/orchestration/run/create-run-runner.ts";
import { systemClock } from "../../src/main/system-clock.ts";
import { serveHttp } from "../effects/support/http-servers.ts";
import type { SeenRequest } from "../effects/support/http-servers.ts";
import { serveSmtp } from "../effects/support/smtp-servers.ts";
import { atRest, declaredJob, submitted } from "../orchestration/run/support/run-bench.ts";
import { makeAuthority } from "../support/authority.ts";
import type { Authority } from "../support/authority.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import type { ScratchDirectory } from "../support/scratch-directory.ts";
import { endOfJob, runIds, runPlan, SCRIPTED, startApp } from "./support/notified-runs.ts";

let shared: ScratchDirectory;
let authority: Authority;

beforeAll(async () => {
  shared = await scratchDirectory();
  authority = makeAuthority(shared.path);
});
afterAll(async () => await shared[Symbol.asyncDispose]());

/** A configuration that permits mail and one host, with the secrets beside it. */
function configured(directory: string, { smtpPort = 1, host = "127.0.0.1:1" }: { smtpPort?: number; host?: string }) {
  writeFileSync(join(directory, "mail"), "correct-horse", { mode: 0o600 });
  writeFileSync(join(directory, "hook"), "a-signing-secret", { mode: 0o600 });
  return {
    store: "jsonl",
    reserve_bytes: 0,
    secrets: { mail: { file: "mail" }, hook: { file: "hook" } },
    steps: {
      "email.send": {
        smtp: {
          host: "localhost",
          port: smtpPort,
          user: "ada",
          password: { secretRef: "mail" },
          from: "verbatim@example.com",
          recipients: ["@example.com"],
          ca_file: authority.caFile,
        },
      },
      "webhook.post": { hosts: [host], ca_file: authority.caFile, signing_secret: { secretRef: "hook" } },
    },
  };
}

const OK = { steps: [{ step_type: "test.ok" }] };
const HOOK = (host: string) => ({ url: `https://${host}/hook` });
const SCHEMA = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../docs/schemas/notification.schema.json"), "utf8"),
) as object; // a schema is an object

function genuine({ headers, body }: SeenRequest): boolean {
  const stamp = String(headers["verbatim-timestamp"]);
  const mac = createHmac("sha256", "a-signing-secret").update(`${stamp}.${body}`).digest("hex");
  return headers["verbatim-signature"] === `v1=${mac}`;
}

describe("whom a plan names is told of its runs", () => {
  test("a failed run is mailed over STARTTLS with a login, and what is hostile in it begins no header and no line", async () => {
    await using directory = await scratchDirectory();
    await using smtp = await serveSmtp(authority);
    await using app = await startApp(directory.path, configured(directory.path, { smtpPort: smtp.port }));
    const hostile = "no\r\nBcc: eve@example.org\r\n\r\nbody\u202Eevil";
    const plan = {
      name: "night\r\nBcc: eve@example.org",
      jobs: {
        bad: { steps: [{ step_type: "test.fail", parameters: { error: hostile } }] },
        after: { needs: ["bad"], ...OK },
      },
      environment: { OPS: "ops@example.com" },
      notifications: [
        { on: ["success"], email: { to: ["never@example.com"] } },
        { on: ["failure"], email: { to: ["${OPS}"], cc: ["boss@example.com"] } },
      ],
    };
    await runPlan(app, plan, "hostile-1");
    const [jobId = ""] = await told(app, "hostile-1.notify.");
    expect(jobId).toMatch(/^hostile-1\.notify\.\d+\.1$/);
    expect(await endOfJob(app, jobId)).toBe("COMPLETED");
    expect(smtp.seen).toHaveLength(1);
    const [{ to, text, secure, user } = { to: [], text: "", secure: false, user: "" }] = smtp.seen;
    expect({ to, secure, user }).toEqual({
      to: ["ops@example.com", "boss@example.com"],
      secure: true,
      user: "ada",
    });
    const [head = "", ...rest] = text.split("\r\n\r\n");
    expect(head.replaceAll("\r\n ", " ")).toContain("Subject: [verbatim] night Bcc: eve@example.org: failed");
    expect(head).not.toMatch(/^Bcc:/im);
    const body = rest.join("\n").replaceAll("=\r\n", "");
    expect(body).not.toMatch(/^Bcc:/im);
    expect(body).toMatch(/bad \(permanent\): Step 0 failed: no Bcc/);
    expect(body).toContain("after: needs bad, which failed");
    expect(body).toContain("verbatim resume hostile-1");
    expect(body).not.toContain("\u202E");
  });

  test("a webhook gets the facts of a success as signed JSON of the published form", async () => {
    await using directory = await scratchDirectory();
    await using sink = await serveHttp((_request, response) => response.end(), authority);
    await using app = await startApp(directory.path, configured(directory.path, { host: sink.host }));
    const plan = { name: "nightly", jobs: { one: OK }, notifications: [{ on: ["success"], webhook: HOOK(sink.host) }] };
    await runPlan(app, plan, "good-1");
    const [jobId = ""] = await told(app, "good-1.notify.");
    expect(await endOfJob(app, jobId)).toBe("COMPLETED");
    const [request] = sink.seen;
    expect(request !== undefined && genuine(request)).toBe(true);
    const body = JSON.parse(request?.body ?? "null") as object; // an object, as is held below
    expect(body).toMatchObject({ event: "success", run_id: "good-1", status: "succeeded", counts: { succeeded: 1 } });
    const validate = new Ajv2020({ strict: false }).compile(SCHEMA);
    expect(validate(body), JSON.stringify(validate.errors)).toBe(true);
    expect(request?.headers["idempotency-key"]).toBe(`${jobId}/0`);
  });

  test("a gate that waits is told with how to approve it, and the end of the run beside it", async () => {
    await using directory = await scratchDirectory();
    await using smtp = await serveSmtp(authority);
    await using app = await startApp(directory.path, configured(directory.path, { smtpPort: smtp.port }));
    const email = { to: ["ops@example.com"] };
    const plan = {
      name: "gated",
      jobs: { go: { gate: "manual", ...OK } },
      notifications: [{ on: ["gate", "success"], email }],
    };
    await runPlan(app, plan, "gated-1");
    const [first = ""] = await told(app, "gated-1.notify.");
    expect(await endOfJob(app, first)).toBe("COMPLETED");
    expect(smtp.seen[0]?.text).toContain("verbatim approve gated-1 go");
    await app.client.runs.approveGate({ word: { runId: "gated-1", jobKey: "go", actor: "eve", reason: "yes" } });
    const both = await told(app, "gated-1.notify.", 2);
    expect(await Promise.all(both.map(async (id) => await endOfJob(app, id)))).toEqual(["COMPLETED", "COMPLETED"]);
    expect(smtp.seen.map(({ text }) => /^Subject: (.*)$/m.exec(text)?.[1]?.trim())).toEqual([
      "[verbatim] gated: waits for approval",
      "[verbatim] gated: succeeded",
    ]);
  });

  test("a notification that fails is a failed job on record, and the run stays what it is", async () => {
    await using directory = await scratchDirectory();
    await using sink = await serveHttp((_request, response) => response.writeHead(403).end(), authority);
    await using app = await startApp(directory.path, configured(directory.path, { host: sink.host }));
    const plan = { name: "nightly", jobs: { one: OK }, notifications: [{ on: ["success"], webhook: HOOK(sink.host) }] };
    await runPlan(app, plan, "good-2");
    const [jobId = ""] = await told(app, "good-2.notify.");
    expect(await endOfJob(app, jobId)).toBe("FAILED");
    const { run } = await app.client.runs.getRun({ runId: "good-2" });
    expect(run?.status).toBe(6);
    await app.stop();
    expect(app.log).toContainEqual(["notification.failed", expect.objectContaining({ run_id: "good-2" })]);
    expect(sink.seen).toHaveLength(1);
  });

  test("what a process that died has not come to send is sent by the next start, once, and by no later one", async () => {
    await using directory = await scratchDirectory();
    await using sink = await serveHttp((_request, response) => response.end(), authority);
    const configuration = configured(directory.path, { host: sink.host });
    await runWithoutNotifier(join(directory.path, "state"), sink.host);
    for (let start = 0; start < 3; start += 1) {
      await using app = await startApp(directory.path, configuration);
      const [jobId = ""] = await told(app, "r".repeat(50));
      expect(await endOfJob(app, jobId)).toBe("COMPLETED");
      await app.stop(); // waits until it has looked back
    }
    expect(sink.seen).toHaveLength(1);
  });

  test("a server that is killed before it could submit one sends it after the next start, and what was on its way no second time", async () => {
    await using directory = await scratchDirectory();
    // The first eight hang, which is as many as are sent at the same time: what comes after them is not submitted.
    await using sink = await serveHttp(
      ({ url }, response) => (url === "/late" ? response.end() : undefined),
      authority,
    );
    const configuration = configured(directory.path, { host: sink.host });
    const options = { state: join(directory.path, "state"), configuration };
    const hooks = (path: string, count: number) =>
      Array.from({ length: count }, () => ({ on: ["success"], webhook: { url: `https://${sink.host}${path}` } }));
    const planOf = (path: string, count: number) => ({
      name: "killed",
      jobs: { one: { steps: [{ step_type: "noop" }] } },
      notifications: hooks(path, count),
    });
    const seen = (path: string): number => sink.seen.filter((request) => request.path === path).length;
    const killed = await startServer(options);
    {
      using client = await killed.client();
      await runPlan({ client }, planOf("/hangs", 8), "first");
      while (seen("/hangs") < 8) await new Promise((resolve) => setImmediate(resolve));
      await runPlan({ client }, planOf("/late", 1), "second");
      await killed.end("SIGKILL");
    }
    expect(seen("/late")).toBe(0);
    for (let start = 0; start < 2; start += 1) {
      await using server = await startServer(options);
      using client = await server.client();
      const [jobId = ""] = await told({ client }, "second.notify.");
      expect(await endOfJob({ client }, jobId)).toBe("COMPLETED");
      const before = await told({ client }, "first.notify.", 8);
      expect(await Promise.all(before.map(async (id) => await endOfJob({ client }, id)))).not.toContain("COMPLETED");
      client.close(); // a stop waits for those who are connected
      await server.end("SIGTERM");
    }
    expect({ late: seen("/late"), hangs: seen("/hangs") }).toEqual({ late: 1, hangs: 8 });
  }, 60_000);

  test("a run that ends during a stop is told of before the stop has ended", async () => {
    await using directory = await scratchDirectory();
    await using sink = await serveHttp((_request, response) => response.end(), authority);
    await using app = await startApp(directory.path, configured(directory.path, { host: sink.host }));
    const plan = { name: "nightly", jobs: { one: OK }, notifications: [{ on: ["success"], webhook: HOOK(sink.host) }] };
    await app.client.runs.createRun({ plan: { text: JSON.stringify(plan) }, runId: "late-1", actor: "ada" });
    await app.stop();
    expect(sink.seen).toHaveLength(1);
  });

  test("everything that is wrong with a notification is told before the run, with its line", async () => {
    await using directory = await scratchDirectory();
    await using app = await startApp(directory.path, configured(directory.path, {}));
    const text = [
      "name: x",
      "jobs: { one: { steps: [{ step_type: test.ok }] } }",
      "notifications:",
      "  - on: [failure]",
      "    email: { to: [ops@elsewhere.org] }",
      "  - on: [gate]",
      "    webhook: { url: 'https://elsewhere.org/' }",
      "  - on: [success]",
      "    email: { to: ['${NOBODY}'] }",
    ].join("\n");
    const { violations } = await app.client.runs.validatePlan({ plan: { text, name: "p.yaml" } });
    expect(violations.map(({ field }) => field)).toEqual(["p.yaml:9", "p.yaml:5", "p.yaml:7", "p.yaml:9"]);
    expect(violations.map(({ description }) => description).join("\n")).toMatch(
      /NOBODY[^]*elsewhere\.org is not among/,
    );
    const refused = app.client.runs.createRun({ plan: { text, name: "p.yaml" }, actor: "ada" });
    await expect(refused).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  test("a way that the configuration does not name is refused, with what to do", async () => {
    await using directory = await scratchDirectory();
    await using app = await startApp(directory.path, { store: "memory", reserve_bytes: 0 });
    const plan = { name: "x", jobs: { one: OK }, notifications: [{ on: ["gate"], email: { to: ["a@example.com"] } }] };
    const { violations, planHash } = await app.client.runs.validatePlan({ plan: { text: JSON.stringify(plan) } });
    expect(planHash).toBe("");
    expect(violations[0]?.description).toMatch(
      /email\.send, which is not known here .*allow email\.send in the server's configuration/,
    );
  });
});

/** The ids of so many notifications; waits for them. */
async function told(app: Parameters<typeof runIds>[0], prefix: string, count = 1): Promise<readonly string[]> {
  for (;;) {
    const ids = (await runIds(app, prefix)).filter((id) => id.includes(".notify."));
    if (ids.length >= count) return ids;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A run with an id of the greatest length that has ended, in a process that told nobody. */
async function runWithoutNotifier(state: string, host: string): Promise<void> {
  makeDirectory(state);
  let ids = 0;
  const store = createJsonlStore(state, { newEventId: () => `event-${(ids += 1)}` });
  const types = [...SCRIPTED, { ...SCRIPTED[0], name: "webhook.post" } as (typeof SCRIPTED)[number]]; // it is never performed
  const runner = createRunRunner({
    store,
    clock: systemClock,
    machine: new Machine({ store, stepTypes: types }),
    newRunId: () => "r".repeat(128),
    chance: () => 0.5,
    drivesOn: true,
  });
  const plan = submitted([declaredJob("one", { steps: [{ stepType: "test.ok" }] })], {
    notifications: [{ on: ["success"], webhook: HOOK(host) }],
  });
  const { runId } = await runner.create(plan, { actor: "ada", reason: "" });
  await atRest(runner, runId);
  await runner.drain({ graceMs: 0 });
  await store.close();
}
