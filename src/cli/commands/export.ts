import { once } from "node:events";
import { createWriteStream, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { VerbatimClient } from "#api";
import { canonicalJson, isBlobReference, LOG_FILE, SEAL_FILE, sigstoreBundle } from "#evidence";
import type { BlobReference, EvidenceRecord } from "#evidence";
import { Fault } from "#model";
import type { Json } from "#model";
import { blobChunks } from "../blob.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import { sealOfRun } from "../seal-of-run.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";
import { counted } from "../text/words.ts";

const LINE_FEED = Buffer.from("\n");

/** Flags of `export`. */
export interface ExportFlags extends CommonFlags {
  /** The folder to be made; default: the run's id. */
  readonly out?: string;
}

/** `verbatim export RUN`: one folder with everything that `verify` needs on another machine. */
export async function exportRun(runId: string, flags: ExportFlags, session: Session): Promise<number> {
  const { host, stdout, json } = session;
  const out = flags.out ?? runId;
  if (existsSync(out) && readdirSync(out).length > 0) {
    throw new Fault("INVALID_REQUEST", `The folder ${out} is not empty: name another one with --out.`);
  }
  await using connection = await host.connect(flags);
  const { client } = connection;
  const { text, envelope } = await sealOfRun(client, runId); // first: an open run is not exported
  const { pem } = await client.evidence.getPublicKey({});
  mkdirSync(out, { recursive: true, mode: 0o700 });
  const log = await writeLog(client, runId, out);
  writeFileSync(join(out, SEAL_FILE), text, { mode: 0o600 });
  writeFileSync(join(out, "seal.sigstore.json"), `${JSON.stringify(sigstoreBundle(envelope))}\n`, { mode: 0o600 });
  writeFileSync(join(out, "key.pem"), pem, { mode: 0o600 });
  if (log.blobs.length > 0) mkdirSync(join(out, "blobs"), { mode: 0o700 });
  for (const reference of log.blobs) {
    await writeBlob(client, { runId, reference, path: join(out, "blobs", reference.$blob) });
  }
  // The plan as it was hashed, so that whoever has it can compare it with `plan_hash`.
  if (isBlobReference(log.plan)) await writeBlob(client, { runId, reference: log.plan, path: join(out, "plan.json") });
  else writeFileSync(join(out, "plan.json"), canonicalJson(log.plan), { mode: 0o600 });
  if (json)
    await stdout.json(
      `${JSON.stringify({ run_id: runId, folder: out, records: log.records, blobs: log.blobs.length })}\n`,
    );
  else
    await stdout.line(
      safeText(`${out}: ${counted(log.records, "record")}, ${counted(log.blobs.length, "payload")}, seal, key`),
    );
  return EXIT.succeeded;
}

interface WrittenLog {
  readonly plan: Json;
  readonly records: number;
  readonly blobs: readonly BlobReference[];
}

async function writeLog({ evidence }: VerbatimClient, runId: string, out: string): Promise<WrittenLog> {
  const file = createWriteStream(join(out, LOG_FILE), { mode: 0o600 });
  const blobs = new Map<string, BlobReference>();
  let plan: Json = null;
  let records = 0;
  for await (const { lines } of evidence.readLog({ runId })) {
    for (const { line } of lines) {
      const record = JSON.parse(Buffer.from(line).toString("utf8")) as EvidenceRecord; // verified by who reads the folder
      plan ??= record.plan ?? null;
      records += 1;
      const { output } = record;
      if (isBlobReference(output)) blobs.set(output.$blob, output);
    }
    const taken = file.write(Buffer.concat(lines.flatMap(({ line }) => [line, LINE_FEED])));
    if (!taken) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
  return { plan, records, blobs: [...blobs.values()] };
}

interface BlobToWrite {
  readonly runId: string;
  readonly reference: BlobReference;
  readonly path: string;
}

async function writeBlob(client: VerbatimClient, { runId, reference, path }: BlobToWrite): Promise<void> {
  const file = createWriteStream(path, { mode: 0o600 });
  for await (const chunk of blobChunks(client, { runId, reference })) {
    if (!file.write(chunk)) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
}
