import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outboxSql, readHooks } from "#api";
import { ChangeOperation } from "../../src/api/gen/verbatim/hooks/v1/hooks_pb.ts";
import { LOG_EVENTS, WORK_EVENTS } from "../../src/main/log-events.ts";
import { markedTable, textOf } from "../docs/support/documents.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { startServer } from "../support/server-process.ts";
import { openDatabase, whenDone } from "./support/hook-server.ts";
import { sidePortOf } from "./support/side-port.ts";
import type { SidePort } from "./support/side-port.ts";

const OPERATIONS = { create: ChangeOperation.CREATE, update: ChangeOperation.UPDATE, delete: ChangeOperation.DELETE };
/** The page is made once a second at most. */
const SOON = { timeout: 10_000 };

/** Leads to where nobody may be asked. */
const elsewhere = createServer((_request, response) => {
  response.writeHead(307, { location: "http://nobody.example/" }).end();
});

function portOf(listening: typeof elsewhere): number {
  return (listening.address() as AddressInfo).port; // it listens on TCP
}

function hooksFile(): string {
  return `version: 1
entities:
  Ticket: { table: tickets, key: id, fields: { id: int, title: string } }
jobs:
  note: { input: Ticket, capabilities: [append], effect: append, with: { file: ${JSON.stringify(`${directory}/effects`)} } }
  break:
    input: Ticket
    capabilities: [fail]
    effect: fail
    with: { error: "it is broken: \${trigger.title}" }
    retry: { attempts: 2, on: [unknown] }
  sneak:
    input: Ticket
    capabilities: [http.post]
    effect: http.post
    with: { url: "http://localhost:${portOf(elsewhere)}/", json: {}, max_redirects: 1 }
hooks:
  Ticket.after_create: [note]
  Ticket.after_update: { when: "true", jobs: [sneak] }
  Ticket.after_delete: [break]
`;
}

const resources = new AsyncDisposableStack();
let state = "";
let directory = "";
let server: ServerProcess;
let port: SidePort;

async function start(more: Readonly<Record<string, unknown>>): Promise<void> {
  const hooks = {
    file: `${directory}/hooks.yaml`,
    reload_seconds: 0,
    source: { sqlite: `${directory}/app.db` },
    outbox: true,
    outbox_seconds: 0.05,
  };
  const steps = { "http.post": { hosts: [`localhost:${portOf(elsewhere)}`] } };
  const configuration = {
    reserve_bytes: 0,
    log_level: "debug",
    http: { listen: "127.0.0.1:0" },
    hooks,
    steps,
    ...more,
  };
  server = resources.use(await startServer({ state, configuration }));
  port = await sidePortOf(server);
}

beforeAll(async () => {
  elsewhere.listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  resources.defer(() => void elsewhere.close());
  directory = resources.use(await scratchDirectory()).path;
  state = `${directory}/state`;
  await writeFile(`${directory}/hooks.yaml`, hooksFile());
  using database = openDatabase(`${directory}/app.db`);
  database.exec("CREATE TABLE tickets (id INTEGER PRIMARY KEY, title TEXT)");
  await start({ development: true });
}, 60_000);
afterAll(async () => await resources.disposeAsync());

let changes = 0;
async function publish(operation: keyof typeof OPERATIONS, entity = "Ticket"): Promise<void> {
  using client = await server.client();
  changes += 1;
  const record = Buffer.from(JSON.stringify({ id: changes, title: `ticket ${changes}` }));
  const old = operation === "update" ? record : Buffer.alloc(0);
  const change = {
    changeId: `c${changes}`,
    entity,
    operation: OPERATIONS[operation],
    recordJson: record,
    oldJson: old,
  };
  await client.hooks.publishChange(change);
}

/** Every kind of thing that can become of a change, once: the tests below say what is told of it. */
test("a server is given a change of each kind, and has done with them", async () => {
  await publish("create");
  await publish("update");
  await publish("delete");
  await expect(publish("create", "Nobody")).rejects.toThrow("is not known");
  using client = await server.client();
  await whenDone(client);
});

interface Logged {
  readonly event: string;
  readonly level: number;
}

function logged(): readonly Logged[] {
  return server
    .log()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Logged); // written by the event log
}

const LEVELS: Readonly<Record<string, number>> = { debug: 20, info: 30, warn: 40, error: 50 };

/** What was logged of an event, in its order, without what each line has. */
function factsOf(event: string): readonly object[] {
  return logged()
    .filter((line) => line.event === event)
    .map(({ event: _event, level: _level, time: _time, ...facts }: Logged & { readonly time?: string }) => facts);
}

describe("the metrics of a server", () => {
  test("say of work, runs and hooks what has become of them", async () => {
    await expect.poll(async () => await port.sample('verbatim_work_dead_total{capability="fail"}'), SOON).toBe(1);
    const { text, type, status } = await port.get("/metrics");
    expect([status, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    const lines = new Set(text.split("\n"));
    const expected = [
      'verbatim_work_enqueued_total{capability="append"} 1',
      'verbatim_work_completed_total{capability="append"} 1',
      'verbatim_work_failed_total{capability="fail"} 2',
      'verbatim_work_retried_total{capability="fail"} 1',
      'verbatim_work_dead_total{capability="http.post"} 1',
      'verbatim_work{state="dead"} 2',
      "verbatim_work_available 1",
      "verbatim_worker_count 10",
      "verbatim_queue_depth 0",
      "verbatim_queue_available 1",
      "verbatim_runs_started_total 4",
      'verbatim_runs_ended_total{status="succeeded"} 1',
      'verbatim_runs_ended_total{status="failed"} 3',
      'verbatim_jobs_ended_total{status="failed"} 3',
      'verbatim_evidence_halted{store="runs"} 0',
      'verbatim_hooks_matched_total{entity="Ticket",operation="create"} 1',
      'verbatim_hooks_failed_total{operation="create"} 1',
      'verbatim_open_connections{transport="http"} 1',
      'verbatim_grpc_calls_total{transport="grpc",method="verbatim.hooks.v1.HookService/PublishChange",code="OK"} 3',
      'verbatim_grpc_calls_total{transport="grpc",method="verbatim.hooks.v1.HookService/PublishChange",code="INVALID_ARGUMENT"} 1',
    ];
    expect(expected.filter((line) => !lines.has(line))).toEqual([]);
    const records = /^verbatim_evidence_records_total (\d+)$/m.exec(text)?.[1];
    expect(text).toContain(`verbatim_evidence_commit_records_sum ${records}\n`);
  });

  test("have a name, a type and labels that their document lists, and HELP for each", async () => {
    const { text } = await port.get("/metrics");
    const types = [...text.matchAll(/^# TYPE (verbatim_\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    const listed = markedTable(textOf("docs/metrics.md"), "metrics");
    expect(types.toSorted()).toEqual(listed.map(([name = "", type]) => `${name.slice(1, -1)} ${type}`).toSorted());
    for (const family of types) {
      const [name = "", type] = family.split(" ");
      expect(text).toMatch(new RegExp(`^# HELP ${name} .+\\.$`, "m"));
      expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
      const labels = listed.find(([one]) => one === `\`${name}\``)?.[2] ?? "";
      const sample = new RegExp(`^${name}(?:_bucket)?\\{(.*?)\\} `, "m").exec(text)?.[1] ?? "";
      const said = [...sample.matchAll(/(\w+)="/g)].map(([, label]) => label).filter((label) => label !== "le");
      if (said.length > 0) expect([name, said.map((label) => `\`${label}\``).join(", ")]).toEqual([name, labels]);
    }
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m);
    expect(text).toMatch(/^nodejs_heap_size_used_bytes \d+$/m);
  });

  test("are told to who brings the token, to no page of another site, and by no other name", async () => {
    expect((await port.get("/metrics", {})).status).toBe(401);
    expect((await port.get("/metrics", { authorization: `Bearer ${"x".repeat(43)}` })).status).toBe(401);
    expect((await port.get("/metrics", { origin: "https://example.com" })).status).toBe(403);
    expect((await port.get("/metrics/")).status).toBe(404);
    const refused = [...server.log().matchAll(/"event":"internal\.error"/g)];
    expect(refused).toEqual([]);
  });

  test("count calls of the side port by their method, and give no label to others", async () => {
    await port.get("/verbatim.nobody.v1.NobodyService/Nothing");
    const method = "verbatim.queue.v1.QueueService/GetStats";
    using client = await server.client();
    await client.queue.getStats({});
    const name = `verbatim_grpc_calls_total{transport="grpc",method="${method}",code="OK"}`;
    await expect.poll(async () => await port.sample(name), SOON).toBeGreaterThan(0);
    expect((await port.get("/metrics")).text).not.toContain("Nobody");
  });

  test("say how far the outbox is behind, and what was taken from it", async () => {
    expect(await port.sample("verbatim_outbox_available")).toBe(0); // there is no such table yet
    expect(await port.sample("verbatim_outbox_lag_seconds")).toBeGreaterThan(0);
    const read = await readHooks(hooksFile(), {
      name: "hooks.yaml",
      stepTypes: ["append", "fail", "http.post"],
    });
    if (!("value" in read)) throw new Error("the hooks are not valid");
    using database = openDatabase(`${directory}/app.db`);
    database.exec(outboxSql(read.value, "sqlite"));
    database.exec("INSERT INTO tickets VALUES (100, 'by the outbox')");
    await expect.poll(async () => await port.sample("verbatim_outbox_taken_total"), SOON).toBe(1);
    await expect.poll(async () => await port.sample("verbatim_outbox_lag_seconds"), SOON).toBe(0);
    expect(await port.sample("verbatim_outbox_available")).toBe(1);
    using client = await server.client();
    await whenDone(client);
  });
});

describe("the pages for development", () => {
  test("say the numbers of all work by the names that the log and the metrics have", async () => {
    const { text, status } = await port.get("/_dev/jobs/stats");
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      worker_count: 10,
      queue_depth: 0,
      total_enqueued: 4,
      total_completed: 2,
      total_failed: 3,
      total_retried: 1,
      total_dead: 2,
      oldest_age_seconds: null,
      capabilities: { fail: { total_enqueued: 1, total_failed: 2, total_dead: 1 } },
    });
  });

  test("list dead letters with every error, a page at a time", async () => {
    const first = JSON.parse((await port.get("/_dev/jobs/dead?limit=1")).text) as { next: string };
    expect(first).toMatchObject({ matched: 2, dead_letters: [{ name: "sneak", attempts: 1 }] });
    const second: unknown = JSON.parse((await port.get(first.next)).text);
    expect(second).toMatchObject({
      dead_letters: [{ name: "break", errors: [{ attempt: 1 }, { attempt: 2, error_class: "unknown" }] }],
    });
    expect(JSON.parse((await port.get((second as { next: string }).next)).text)).toMatchObject({
      dead_letters: [],
      next: null,
    });
    const bad = await port.get("/_dev/jobs/dead?limit=101&behind=x");
    expect([bad.status, bad.text]).toEqual([400, expect.stringContaining("expected a whole number from 1 to 100")]);
  });

  test("ask for the token, and are said aloud in the log", async () => {
    expect((await port.get("/_dev/jobs/stats", {})).status).toBe(401);
    expect(logged().find(({ event }) => event === "development.on")).toMatchObject({ level: LEVELS["warn"] });
  });
});

describe("the log of hooks and their work", () => {
  test("has exactly the events, levels and facts that its document lists", async () => {
    const document = textOf("docs/log-events.md");
    const listed = markedTable(document, "events").map(([event = "", level]) => [event.slice(1, -1), level]);
    expect(listed).toEqual(Object.entries(LOG_EVENTS));
    const rows = markedTable(document, "work events").map(([event = "", level, facts]) => [
      event.slice(1, -1),
      level,
      facts,
    ]);
    const expected = Object.entries(WORK_EVENTS).map(([event, facts]) => [
      event,
      LOG_EVENTS[event as keyof typeof WORK_EVENTS],
      facts.map((fact) => `\`${fact}\``).join(", "),
    ]);
    expect(rows).toEqual(expected);
  });

  test("tells each event as it is listed, when a server has had reason to", async () => {
    expect(await server.end("SIGTERM")).toMatchObject({ code: 0 });
    for (const [event, names] of Object.entries(WORK_EVENTS)) {
      const told = factsOf(event);
      expect([event, told.length > 0]).toEqual([event, true]);
      for (const facts of told) expect([event, Object.keys(facts)]).toEqual([event, [...names]]);
      const level = LEVELS[LOG_EVENTS[event as keyof typeof WORK_EVENTS]];
      expect(logged().filter((line) => line.event === event && line.level !== level)).toEqual([]);
    }
    expect(factsOf("hook.matched")[0]).toEqual({
      entity: "Ticket",
      operation: "create",
      timing: "after",
      jobs: ["note"],
    });
    expect(factsOf("job.failed")).toMatchObject([
      { name: "break", attempt: 1, max_attempts: 2, error: "unknown: it is broken: ticket 3" },
    ]);
    expect(factsOf("job.sandbox_violation")).toMatchObject([
      { name: "sneak", attempted: expect.stringContaining("http.post: "), allowed: ["http.post"] },
    ]);
    expect(factsOf("job.dead_letter")).toHaveLength(2);
    expect(factsOf("executor.started")).toEqual([{ workers: 10 }]);
    expect(factsOf("executor.stopped")).toEqual([{}]);
  });
});

describe("a new start of a server", () => {
  test("goes on with the totals that are kept, and begins the others at 0", async () => {
    await start({ development: false });
    expect(await port.sample('verbatim_work_enqueued_total{capability="append"}')).toBe(2);
    expect(await port.sample('verbatim_work_dead_total{capability="fail"}')).toBe(1);
    expect(await port.sample("verbatim_runs_started_total")).toBe(0);
    expect(await port.sample('verbatim_runs_ended_total{status="failed"}')).toBe(0);
  });

  test("has no pages for development without the word, just as if there were none", async () => {
    const answers = await Promise.all(
      ["/_dev/jobs/stats", "/_dev/jobs/dead", "/_dev/nothing"].map((path) => port.get(path)),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(server.log()).not.toContain("development.on");
  });
});
