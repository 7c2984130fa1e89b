import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { VerbatimClient } from "#api";
import { ChangeOperation } from "../../src/api/gen/verbatim/hooks/v1/hooks_pb.ts";
import { WorkState } from "../../src/api/gen/verbatim/queue/v1/queue_pb.ts";
import { serveHttp } from "../effects/support/http-servers.ts";
import { until } from "../effects/support/until.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { NotStarted, startServer } from "../support/server-process.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { execute, step, wireJob } from "../support/wire-job.ts";
import { ended } from "./support/hook-server.ts";

const ROOT = join(import.meta.dirname, "../..");
const EXAMPLE = join(ROOT, "examples/provider");

const HOOKS = `version: 1
entities: { Ticket: { table: tickets, key: id, fields: { id: int, title: string, phone: string } } }
jobs:
  text_agent:
    input: Ticket
    capabilities: [sms.send]
    effect: sms.send
    with: { to: "\${trigger.phone}", text: "New ticket: \${trigger.title}" }
    retry: { attempts: 3 }
hooks: { Ticket.after_create: [text_agent] }
`;

const directory = await scratchDirectory();
const effects = join(directory.path, "effects");
let busy = 0;
const gateway = await serveHttp((_request, response) => {
  response.statusCode = busy > 0 ? 503 : 202;
  busy -= 1;
  response.end();
});
let server: ServerProcess;
let client: VerbatimClient;

/** The example's own configuration, for a gateway on this machine, and a provider beside it that does everything wrong. */
function configuration(): Readonly<Record<string, unknown>> {
  const given = parse(readFileSync(join(EXAMPLE, "verbatim.yaml"), "utf8")) as {
    readonly providers: readonly Readonly<Record<string, unknown>>[];
  }; // our own
  const [sms] = given.providers;
  const bad = { module: "providers/bad-provider.mjs", memory_mb: 128, processes: 2, environment: { LANG: "C" } };
  return {
    ...given,
    secrets: { "sms-token": { environment: "SMS_TOKEN" }, other: { environment: "OTHER_TOKEN" } },
    handler_directories: ["providers"],
    providers: [
      { ...sms, module: "providers/sms-gateway.ts", settings: { url: `http://${gateway.host}/v1/messages` } },
      bad,
    ],
    hooks: { file: "hooks.yaml" },
    reserve_bytes: 0,
    drain_seconds: 5,
  };
}

function prepare(): void {
  mkdirSync(join(directory.path, "providers"), { recursive: true, mode: 0o755 });
  copyFileSync(join(EXAMPLE, "sms-gateway.ts"), join(directory.path, "providers/sms-gateway.ts"));
  copyFileSync(join(ROOT, "test/effects/support/bad-provider.mjs"), join(directory.path, "providers/bad-provider.mjs"));
  writeFileSync(join(directory.path, "hooks.yaml"), HOOKS);
  writeFileSync(effects, "");
}

const ENVIRONMENT = { SMS_TOKEN: "a-token-of-the-gateway", OTHER_TOKEN: "a-token-of-nobody-here" };

beforeAll(async () => {
  prepare();
  const state = join(directory.path, "state");
  server = await startServer({ state, entry: "serve", configuration: configuration(), environment: ENVIRONMENT });
  client = await server.client();
}, 60_000);
afterAll(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

let jobs = 0;
async function perform(how: string, seconds = 60): Promise<Awaited<ReturnType<typeof execute>>> {
  jobs += 1;
  const parameters = { how, file: effects };
  return await execute(client, wireJob(`job-${jobs}`, [step("bad.do", parameters, { timeoutSeconds: seconds })]));
}

function happened(): readonly string[] {
  return readFileSync(effects, "utf8")
    .trim()
    .split("\n")
    .filter((line) => line !== "");
}

describe("a provider of somebody else", () => {
  test("sends a message by a hook over real HTTP, again after the gateway was busy, and never tells its token", async () => {
    busy = 1;
    const ticket = { id: 1, title: "Printer on fire", phone: "+4915112345678" };
    const change = { changeId: "change-1", entity: "Ticket", operation: ChangeOperation.CREATE };
    const told = await client.hooks.publishChange({ ...change, recordJson: Buffer.from(JSON.stringify(ticket)) });
    const work = await ended(client, told.workIds[0] ?? "");
    expect(work).toMatchObject({ state: WorkState.COMPLETED, attempts: 2 });
    expect(gateway.seen).toHaveLength(2);
    expect(gateway.seen[1]).toMatchObject({
      method: "POST",
      path: "/v1/messages",
      headers: { authorization: "Bearer a-token-of-the-gateway", "idempotency-key": `${told.workIds[0]}/0` },
      body: JSON.stringify({ to: ticket.phone, text: "New ticket: Printer on fire" }),
    });
    expect(server.log()).not.toContain("a-token-of-the-gateway");
  });

  test("has its parameters checked by its schema before anything is done", async () => {
    const wrong = { to: "911", text: "", from: "x" };
    const refused = execute(client, wireJob("wrong", [step("sms.send", wrong)]));
    await expect(refused).rejects.toMatchObject({
      violations: [{ field: /\.to$/ }, { field: /\.text$/ }, { field: /\.from$/ }].map(({ field }) => ({
        field: expect.stringMatching(field) as string,
      })),
    });
    expect(gateway.seen).toHaveLength(2);
  });

  test("is given the secrets and the variables that were declared for it, and no others", async () => {
    const { stepResults } = await perform("environment");
    expect(stepResults[0]).toMatchObject({
      output: { names: ["LANG", "VERBATIM_STEP"], secrets: [], told: [], settings: {} },
    });
  });

  test.each([
    ["throw", "unknown", /^it cannot be done$/],
    ["exit", "transient_io", /exit code 3/],
    ["kill", "transient_io", /signal SIGKILL/],
    ["abort", "transient_io", /signal SIGABRT/],
    ["heap", "transient_io", /signal SIGABRT|memory_mb permits 128/],
    ["buffers", "transient_io", /SIGKILL: it had \d+ MiB of memory, and memory_mb permits 128/],
  ])("that does %s fails its step alone, and the next one succeeds", async (how, errorClass, error) => {
    const { stepResults } = await perform(how);
    expect(stepResults).toMatchObject([
      { status: "FAILED", errorClass, error: expect.stringMatching(error) as string },
    ]);
    const before = happened().length;
    expect((await perform("fine")).finalStatus).toBe("COMPLETED");
    expect(happened()).toHaveLength(before + 1);
  });

  test("that hangs, loops or stops itself takes its step's time and no more, while another one's work goes on", async () => {
    const seen = gateway.seen.length;
    const stuck = Promise.all(["hang", "loop", "stop"].map((how) => perform(how, 2)));
    busy = 0;
    const message = { to: "+4915112345678", text: "meanwhile" };
    const sent = await execute(client, wireJob("meanwhile", [step("sms.send", message)]));
    expect([sent.finalStatus, gateway.seen.length]).toEqual(["COMPLETED", seen + 1]);
    for (const { stepResults } of await stuck)
      expect(stepResults).toMatchObject([{ status: "FAILED", errorClass: "timeout" }]);
    const before = happened().length;
    expect((await perform("fine")).finalStatus).toBe("COMPLETED");
    expect(happened()).toHaveLength(before + 1);
  });

  test("does not outlive a server that is killed while it loops", async () => {
    void perform("loop", 600).catch(() => undefined);
    const pids = (): readonly string[] => processesOf(server.pid);
    await until("a process is busy", () => pids().some((pid) => isBusy(pid)));
    const all = pids();
    await server.end("SIGKILL");
    await until("all of them are gone", () => all.every((pid) => commandOf(pid) === ""));
  });
});

describe("a server with providers that are not in order", () => {
  test("does not start, names each that failed, and leaves no process behind", async () => {
    const unready = (name: string, init: string): void =>
      writeFileSync(
        join(directory.path, `providers/${name}.mjs`),
        `import { appendFileSync } from "node:fs";
        const tell = (word) => appendFileSync(${JSON.stringify(join(directory.path, "told"))}, word + " ${name} " + process.pid + "\\n");
        export const provider = { name: "${name}", capabilities: { "${name}.do": { parameters: { type: "object" }, perform() {} } },
          init() { tell("init"); ${init} }, close() { tell("close"); } };`,
      );
    unready("one", "");
    unready("two", 'throw new Error("no line");');
    unready("three", "");
    unready("four", "process.exit(9);");
    const modules = ["one", "two", "three", "four"].map((name) => ({ module: `providers/${name}.mjs` }));
    const state = join(directory.path, "state");
    const start = startServer({
      state,
      entry: "serve",
      configuration: { handler_directories: ["providers"], providers: modules },
    });
    const refused: unknown = await start.catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(NotStarted);
    expect(String(refused)).toMatch(/providers\.two: could not be initialised: no line/);
    expect(String(refused)).toMatch(/providers\.four: could not be initialised: its process ended \(exit code 9\)/);
    const told = readFileSync(join(directory.path, "told"), "utf8").trim().split("\n");
    expect(told.map((line) => line.replace(/ \d+$/, ""))).toEqual([
      "init one",
      "init two",
      "init three",
      "init four",
      "close three",
      "close one",
    ]);
    for (const line of told) expect(commandOf(line.split(" ").at(-1) ?? "")).toBe("");
  });
});

/** Processes of providers that this server has started. */
function processesOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter((child) => commandOf(child).includes("provider-main"));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

const BUSY_TICKS = 50;
const UTIME = 11;

/** Whether it has used half a second of processor time. */
function isBusy(pid: string): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[UTIME]) > BUSY_TICKS;
}
