// npm run demo:helpdesk: a helpdesk writes tickets into its own database, and what has to follow does: mails to the agents over
// SMTP, a call to another system. A real server, a real database, real mail. Every line with a ✓ was checked; one that does not
// hold makes the exit code 1. The database is a SQLite file; with `-- --postgres` it is in a PostgreSQL of one's own, the one that
// VERBATIM_HELPDESK_POSTGRES names (postgres://user:password@host/database) or one that is started for the demo and thrown away.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startCrm } from "./helpdesk/crm.ts";
import type { Crm } from "./helpdesk/crm.ts";
import { openPostgres, openSqlite } from "./helpdesk/database.ts";
import type { HelpdeskDatabase } from "./helpdesk/database.ts";
import { Helpdesk, latency } from "./helpdesk/helpdesk.ts";
import type { Latency } from "./helpdesk/helpdesk.ts";
import { startMailServer } from "./helpdesk/mail-server.ts";
import type { MailServer } from "./helpdesk/mail-server.ts";
import { REPOSITORY, startServer } from "./demo/server.ts";
import type { DemoServer } from "./demo/server.ts";
import { Story } from "./demo/story.ts";

/** Longer than all of it takes on a machine that is busy with something else. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 50;
const TICKETS_MEASURED = 200;

interface Stats {
  readonly queue_depth: number;
  readonly running: number;
  readonly dead: number;
  readonly total_completed: number;
  readonly total_retried: number;
  readonly total_dead: number;
}

const story = new Story(console.log);
const startMs = performance.now();
const directory = await mkdtemp(join(tmpdir(), "verbatim-helpdesk-"));
try {
  await using mail = await startMailServer();
  await using crm = await startCrm();
  await using database = await openDatabase();
  const helpdesk = new Helpdesk(database);
  const before = await latency(TICKETS_MEASURED, () =>
    helpdesk.createTicket("measured without hooks", { rollBack: false }),
  );
  await writeConfiguration({ mail, crm, database });
  await database.run(await printed("hooks", "outbox", join(directory, "hooks.yaml"), "--dialect", database.dialect));
  await using server = await startServer({ state: join(directory, "state"), config: join(directory, "verbatim.yaml") });
  try {
    await mailsAreSent(server, { helpdesk, mail });
    await brokenSystem(server, { helpdesk, crm });
    await badFile(server);
    await requestPath(server, { helpdesk, before });
  } catch (error) {
    console.error(`The server's log:\n${server.log()}`);
    throw error;
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
console.log(`\n${story.ending((performance.now() - startMs) / 1000)}`);
process.exitCode = story.kept ? 0 : 1;

/** Without one there is nothing to show: says what is missing, and ends. */
async function openDatabase(): Promise<HelpdeskDatabase> {
  try {
    return await (process.argv.includes("--postgres") ? openPostgres : openSqlite)(directory);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    await rm(directory, { recursive: true, force: true });
    return process.exit(1);
  }
}

async function mailsAreSent(
  server: DemoServer,
  { helpdesk, mail }: { readonly helpdesk: Helpdesk; readonly mail: MailServer },
): Promise<void> {
  story.chapter("A ticket is committed, and every agent of its organisation gets a mail");
  const ticket = await helpdesk.createTicket("Printer on fire", { rollBack: false });
  await until("two mails came", () => mail.seen.length >= 2);
  const sent = mail.seen.toSorted((one, other) => (one.to < other.to ? -1 : 1));
  for (const { to, subject } of sent) console.log(`   mail to ${to}: ${subject}`);
  const agents = "agent-one@cedar.example agent-two@cedar.example";
  story.expect(
    "one mail for each agent of Cedar, none for its author or for Birch",
    sent.map(({ to }) => to).join(" ") === agents,
  );
  story.expect(
    "the mail tells the ticket",
    sent.every(({ text }) => text.includes(`Ticket ${ticket} of your organisation`)),
  );

  await helpdesk.createTicket("Never mind", { rollBack: true });
  await helpdesk.createTicket("Coffee machine speaks", { rollBack: false });
  await until("the mails of the next ticket came", () => mail.seen.length >= 4);
  story.expect(
    "a ticket that was rolled back sends nothing",
    !mail.seen.some(({ subject }) => subject.includes("Never mind")),
  );
  await until("the outbox is empty", async () => (await helpdesk.outboxRows()) === 0);
  story.expect("the outbox is empty again", (await helpdesk.outboxRows()) === 0);
  await done(server);
}

async function brokenSystem(
  server: DemoServer,
  { helpdesk, crm }: { readonly helpdesk: Helpdesk; readonly crm: Crm },
): Promise<void> {
  story.chapter("Another system is down: three attempts, a dead letter, and after its repair it is redriven");
  await until("the calls of the tickets so far came", () => crm.taken.length >= 2);
  crm.broken = true;
  const { dead } = await stats(server);
  await helpdesk.createTicket("The CRM is down", { rollBack: false });
  await until("there is a dead letter", async () => (await stats(server)).dead > dead);
  const list = await said<{
    dead_letters: { id: string; attempts: number; errors: { error_class: string; message: string }[] }[];
  }>(...at(server, "dead-letters", "--json"));
  const [letter] = list.dead_letters;
  console.log(`   ${letter?.id}: ${letter?.errors.map(({ message }) => message).join("\n     then ")}`);
  story.expect("it was tried three times and then left alone", letter?.attempts === 3 && letter.errors.length === 3);
  story.expect("each attempt was refused by the system itself", crm.refused === 3);
  const dry = await printed(...at(server, "dead-letters", "redrive", letter?.id ?? "", "--dry-run"));
  story.expect(
    "a dry run says what would be redriven, and does nothing",
    dry.startsWith("1 of 1 would be redriven") && crm.refused === 3,
  );
  crm.broken = false;
  console.log(indented(await printed(...at(server, "dead-letters", "redrive", letter?.id ?? ""))));
  await until("the call came", () => crm.taken.some(({ title }) => title === "The CRM is down"));
  story.expect(
    "after the repair it is redriven, and arrives once",
    crm.taken.filter(({ title }) => title === "The CRM is down").length === 1,
  );
  await done(server);
  story.expect(
    "there is no dead letter left to look after",
    (await printed(...at(server, "dead-letters"))) === "No dead letters.\n",
  );
  const log = `${letter?.id ?? ""}-a3`;
  const exported = join(directory, "attempt.jsonl");
  await printed(...at(server, "export", log, "--out", exported));
  story.expect(
    "the evidence of its last attempt verifies offline",
    (await verbatim("verify", exported)).stdout.includes("Chain: ✓ WHOLE"),
  );
}

async function badFile(server: DemoServer): Promise<void> {
  story.chapter("A job that wants more than it declares is refused");
  const path = join(directory, "hooks.yaml");
  const good = await readFile(path, "utf8");
  await writeFile(path, good.replace("capabilities: [webhook.post]", "capabilities: []"));
  const refused = await verbatim("hooks", "check", path);
  console.log(indented(refused.stderr));
  story.expect(
    "the file is refused with its line, exit code 2",
    refused.status === 2 && refused.stderr.includes("hooks.yaml:"),
  );
  await until("the server has seen it", async () => (await listed(server)).includes("does not hold"));
  story.expect("the server says so and keeps the file that held", (await listed(server)).includes("tell_crm"));
  await writeFile(path, good);
  await until("the server has seen the good file", async () => !(await listed(server)).includes("does not hold"));
  const record = join(directory, "record.json");
  await writeFile(record, JSON.stringify({ id: 999, title: "no such organisation" }));
  const odd = await said<{ work_ids: string[] }>(
    ...at(server, "publish", "Ticket", "create", "--id", "odd", "--record", record, "--json"),
  );
  await done(server);
  const work = await printed(...at(server, "work", odd.work_ids[0] ?? ""));
  console.log(indented(work));
  story.expect(
    "a record that does not tell what is needed is a dead letter at once, and says why",
    work.includes("does not tell org_id"),
  );
}

async function requestPath(
  server: DemoServer,
  { helpdesk, before }: { readonly helpdesk: Helpdesk; readonly before: Latency },
): Promise<void> {
  story.chapter("What hooks cost the application's own request");
  const after = await latency(TICKETS_MEASURED, () =>
    helpdesk.createTicket("measured with hooks", { rollBack: false }),
  );
  await until("everything is taken in", async () => (await helpdesk.outboxRows()) === 0);
  await done(server);
  console.log(`   a ticket's transaction without hooks: p50 ${before.p50} ms, p99 ${before.p99} ms`);
  console.log(`   the same with its row in the outbox:  p50 ${after.p50} ms, p99 ${after.p99} ms`);
  console.log(indented(await printed(...at(server, "stats"))));
  const { total_completed: completed, total_retried: retried, total_dead: dead } = await stats(server);
  story.expect(
    `${completed} pieces of work were completed, ${retried} attempts were made again, ${dead} died`,
    completed > TICKETS_MEASURED && retried >= 2,
  );
}

async function writeConfiguration({
  mail,
  crm,
  database,
}: {
  readonly mail: MailServer;
  readonly crm: Crm;
  readonly database: HelpdeskDatabase;
}): Promise<void> {
  const hooks = await readFile(join(REPOSITORY, "examples/helpdesk/hooks.yaml"), "utf8");
  await writeFile(join(directory, "hooks.yaml"), hooks.replace("127.0.0.1:8025", `127.0.0.1:${crm.port}`));
  await writeFile(join(directory, "signing-secret"), "only-the-demo-knows-it", { mode: 0o600 });
  const configuration = {
    log_level: "warn",
    drain_seconds: 2,
    secrets: { crm: { file: "signing-secret" } },
    hooks: {
      file: "hooks.yaml",
      reload_seconds: 0.2,
      source: database.source,
      outbox: true,
      outbox_seconds: 0.1,
    },
    jobs: { backend: "sqlite", concurrency: 10 },
    steps: {
      "email.send": {
        smtp: {
          host: "127.0.0.1",
          port: mail.port,
          security: "none",
          from: "helpdesk@cedar.example",
          recipients: ["@cedar.example", "@birch.example"],
        },
      },
      "webhook.post": { hosts: [`127.0.0.1:${crm.port}`], signing_secret: { secretRef: "crm" } },
    },
  };
  await writeFile(join(directory, "verbatim.yaml"), JSON.stringify(configuration, undefined, 2));
}

/** Waits until something is so. @throws {Error} if it is not so in time. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
    await pause(LOOK_MS);
  }
}

async function stats(server: DemoServer): Promise<Stats> {
  return await said<Stats>(...at(server, "stats", "--json"));
}

/** Waits until nothing is left to be done. */
async function done(server: DemoServer): Promise<void> {
  await until("all work is done", async () => {
    const { queue_depth: waiting, running } = await stats(server);
    return waiting === 0 && running === 0;
  });
}

async function listed(server: DemoServer): Promise<string> {
  return await printed(...at(server, "hooks", "list"));
}

/** The words of a command with where the server is. */
function at(server: DemoServer, ...words: readonly string[]): readonly string[] {
  return [...words, "--server", server.address, "--state", join(directory, "state")];
}

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command while this process goes on: it is the mail server and the other system too. */
async function verbatim(...words: readonly string[]): Promise<Ended> {
  const program = ["--require", "./tools/node-version.cjs", "src/main/bin.ts"];
  return await new Promise((resolve) => {
    execFile(process.execPath, [...program, ...words], { cwd: REPOSITORY }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** What a command prints. @throws {Error} if its exit code is another one than 0. */
async function printed(...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await verbatim(...words);
  if (status === 0) return stdout;
  throw new Error(`verbatim ${words.join(" ")} ended with ${status}: ${stderr}${stdout}`);
}

async function said<T>(...words: readonly string[]): Promise<T> {
  return JSON.parse(await printed(...words)) as T; // what the command's --json is documented to be
}

function indented(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, "   ");
}
