import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { VerbatimClient } from "#api";
import { verifyFile } from "#evidence";
import { secretsIn } from "../effects/secrets/support/oracle.ts";
import { seededRandom } from "../support/random.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { startServer } from "../support/server-process.ts";
import { step, wireJob } from "../support/wire-job.ts";
import type { WireJob } from "../support/wire-job.ts";

const SECRETS = 50;
/** Some thousand processes are started: longer than other tests take. */
const PATIENCE_MS = 300_000;
const SEED = Number(process.env["VERBATIM_FAULT_SEED"] ?? 20_261_125);

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const MARKS = "+/=-_ .:,;!?#$%&*()[]{}<>|~^@'\"\\`äé€𐀀";

/** Secrets as people have them: passwords with marks, tokens, small words, keys of several lines. */
function seededSecrets(): readonly string[] {
  const random = seededRandom(SEED);
  const any = (from: string): string => Array.from(from)[Math.floor(random() * Array.from(from).length)] ?? "";
  const text = (length: number, from: string): string => Array.from({ length }, () => any(from)).join("");
  return Array.from({ length: SECRETS }, (_, index) => {
    if (index % 5 === 0) return text(12, LETTERS + MARKS) + any(LETTERS);
    if (index % 5 === 1) return `w_${text(8, "abcdefghijklmnopqrstuvwxyz")}`;
    if (index % 5 === 2) return Array.from({ length: 3 }, () => text(64, `${LETTERS}+/`)).join("\n");
    return text(20 + Math.floor(random() * 100), LETTERS);
  });
}

/** Half of them lie in files, the others come with the environment of the server. */
function configured(secrets: readonly string[], directory: string) {
  const sources = secrets.map((value, index) => {
    if (index % 2 === 0) return [`s${index}`, { environment: `SECRET_${index}` }] as const;
    const file = join(directory, `secret-${index}`);
    writeFileSync(file, `${value}\n`);
    chmodSync(file, 0o600);
    return [`s${index}`, { file }] as const;
  });
  const environment = secrets.map((value, index) => [`SECRET_${index}`, value] as const);
  return { secrets: Object.fromEntries(sources), environment: Object.fromEntries(environment) };
}

/** Prints what it was given in `$1` and `$TOKEN`, in every way that the system's programs know. */
const LEAK = [
  'printf "%s\\n" "$1"; printf "%s\\n" "$TOKEN" >&2',
  'printf %s "$1" | base64; printf "x%s" "$TOKEN" | base64 -w0; echo; printf "xy%s" "$1" | base64 | tr -- "+/" "-_"',
  'printf %s "$TOKEN" | od -An -v -tx1 | tr -d " \\n"; echo; printf %s "$1" | fold -w 7',
  'printf %s "$TOKEN" >> left-behind',
  'printf "%s" "$1" | dd bs=3 2> /dev/null; env',
].join("; ");

const MUCH = 'i=0; while [ $i -lt 500 ]; do printf "%s-%s;" "$TOKEN" "$i"; i=$((i + 1)); done';

function leakingJob(jobId: string, index: number, secret: string): WireJob {
  const ref = { secretRef: `s${index}` };
  const command = (script: string, words: readonly unknown[] = [ref]) =>
    step("command.run", { argv: ["sh", "-c", script, "sh", ...words], environment: { TOKEN: ref } } as never); // JSON
  return wireJob(jobId, [
    command(LEAK),
    command(LEAK, [secret]), // as it is, in the request
    step("command.run", { argv: ["cat", "left-behind"] }),
    command(MUCH),
    command('printf "cannot log in with %s" "$TOKEN" >&2; exit 3'),
  ]);
}

/** Everything that a client is told of a job, over each call that tells. */
async function toldOf(client: VerbatimClient, job: WireJob): Promise<Buffer> {
  const told: unknown[] = [];
  for await (const message of client.executor.executeJobStream({ job })) told.push(message);
  told.push(await client.executor.executeJob(job), await client.executor.getJob({ jobId: job.jobId ?? "" }));
  const lines: Uint8Array[] = [];
  for await (const page of client.evidence.readLog({ runId: job.jobId ?? "" }))
    lines.push(...page.lines.map(({ line }) => line));
  const text = JSON.stringify(told, (_name, value: unknown) =>
    value instanceof Uint8Array
      ? Buffer.from(value).toString("utf8")
      : typeof value === "bigint"
        ? String(value)
        : value,
  );
  return Buffer.concat([Buffer.from(text), ...lines]);
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());
}

describe("fifty secrets that commands leak through arguments, environment, output and errors", () => {
  it(
    `are nowhere in what is stored, streamed, answered or logged (seed ${SEED})`,
    async () => {
      await using directory = await scratchDirectory();
      const secrets = seededSecrets();
      const { environment, ...configuration } = configured(secrets, directory.path);
      const state = join(directory.path, "state");
      const steps = { "command.run": { executables: ["*"], working_directories: [directory.path] } };
      await using server = await startServer({
        entry: "serve",
        state,
        configuration: { ...configuration, steps, log_level: "debug" },
        environment,
      });
      using client = await server.client();
      for (const [index, secret] of secrets.entries()) {
        const told = await toldOf(client, leakingJob(`leak-${index}`, index, secret));
        expect(secretsIn(told, secrets), `job ${index}`).toEqual([]);
        expect(told.toString().split(`[redacted:s${index}]`).length, `job ${index}`).toBeGreaterThan(8);
        expect(told.toString()).toContain(`exited with code 3: cannot log in with [redacted:s${index}]`);
      }
      // A step type that is not known is refused, and the refusal is logged with its name, which is a secret here.
      const refused = wireJob("refused", [step(secrets[1] ?? "")]);
      await expect(client.executor.executeJob(refused)).rejects.toMatchObject({ code: "ADMISSION_REFUSED" });
      expect((await server.end("SIGTERM")).code).toBe(0);

      expect(server.log()).toContain("[redacted:s1]");
      expect(secretsIn(Buffer.from(server.log()), secrets)).toEqual([]);
      const files = filesBelow(state);
      expect(files.filter((path) => path.includes("/blobs/")).length).toBeGreaterThanOrEqual(SECRETS);
      expect(files.filter((path) => path.endsWith("events.jsonl"))).toHaveLength(SECRETS);
      for (const path of files) expect(secretsIn(readFileSync(path), secrets), path).toEqual([]);
      const copy = await verifyFile(join(state, "runs/leak-0/events.jsonl"));
      expect(copy).toMatchObject({ ok: true, complete: true });
      expect(secretsIn(readFileSync(join(directory.path, "left-behind")), secrets)).toEqual(secrets); // the programs had them
    },
    PATIENCE_MS,
  );
});
