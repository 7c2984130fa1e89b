import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJsonlStore } from "#evidence";
import type { EvidenceStore } from "#evidence";
import { canonicalJson } from "../../../../src/evidence/canonical-json.ts";
import { sealedLeaf } from "../../../../src/evidence/ledger/leaf.ts";
import { openLedger } from "../../../../src/evidence/ledger/ledgers/open-ledger.ts";
import { mendLedger } from "../../../../src/evidence/ledger/mend-ledger.ts";
import type { RunLedger } from "../../../../src/evidence/ledger/run-ledger.ts";
import { MerkleTree } from "../../../../src/evidence/merkle.ts";
import { created, failedEnd, notes, resumed } from "../../support/drafts.ts";
import { eventIds } from "../../support/event-ids.ts";
import { seededSigner } from "./signers.ts";

/** A state directory with runs as plain files, their seals and a ledger, on a real disk. */
export class Installation implements AsyncDisposable {
  readonly state: string;

  private constructor(state: string) {
    this.state = state;
  }

  /** With these runs: sealed ones, ended ones without a seal, and open ones. */
  static async make(runs: Readonly<Record<string, "sealed" | "ended" | "open">>): Promise<Installation> {
    const installation = new Installation(await mkdtemp(join(tmpdir(), "verbatim-ledger-")));
    await installation.addRuns(runs);
    return installation;
  }

  get ledger(): string {
    return join(this.state, "ledger");
  }

  get runs(): string {
    return join(this.state, "runs");
  }

  get logOf(): (runId: string) => string {
    return (runId) => join(this.runs, runId, "events.jsonl");
  }

  async openLedger(): Promise<RunLedger> {
    return await openLedger(this.ledger, {
      signer: seededSigner(),
      onHalt: (why) => {
        throw new Error(why);
      },
      onUnsigned: (error) => {
        throw error;
      },
    });
  }

  async addRuns(runs: Readonly<Record<string, "sealed" | "ended" | "open">>): Promise<void> {
    await mkdir(this.state, { recursive: true });
    const store = createJsonlStore(this.state, { newEventId: eventIds() });
    const ledger = await this.openLedger();
    for (const [runId, kind] of Object.entries(runs)) await addRun(store, runId, kind);
    await mendLedger(ledger, store);
    for (const [runId, kind] of Object.entries(runs)) if (kind === "sealed") await this.#seal(ledger, runId);
    await ledger.settled();
    await ledger.close();
    await store.close();
  }

  /** Opens a run again that has failed; then it may end, and be sealed anew. */
  async resume(runId: string, then: "sealed" | "ended" | "open"): Promise<void> {
    const store = createJsonlStore(this.state, { newEventId: eventIds() });
    const ledger = await this.openLedger();
    const size = (await store.head(runId))?.size ?? 0;
    await store.append(runId, size, [resumed(), ...notes(size + 1, 2), ...(then === "open" ? [] : [failedEnd()])]);
    if (then === "sealed") await this.#seal(ledger, runId);
    await ledger.settled();
    await ledger.close();
    await store.close();
  }

  async #seal(ledger: RunLedger, runId: string): Promise<void> {
    const lines = (await readFile(this.logOf(runId), "utf8")).trimEnd().split("\n");
    const tree = new MerkleTree();
    for (const line of lines) tree.add(line);
    const { hash: head } = JSON.parse(lines.at(-1)!) as { hash: string };
    const ends = lines.flatMap((line, at) =>
      line.includes('"event_type":"run.completed"') ? [{ size: at + 1, head }] : [],
    );
    const earlier_ends = ends.slice(0, -1);
    const predicate = {
      earlier_ends,
      run_id: runId,
      size: lines.length,
      head,
      merkle_root: tree.root().toString("base64url"),
    };
    const statement = Buffer.from(canonicalJson({ predicate }));
    const envelope = { payload: statement.toString("base64"), payloadType: "x", signatures: [] };
    await writeFile(join(this.runs, runId, "seal.dsse.json"), JSON.stringify(envelope));
    ledger.sealed(sealedLeaf(statement));
  }

  /** The newest checkpoint. */
  async checkpoint(): Promise<string> {
    return await readFile(join(this.ledger, "checkpoint"), "utf8");
  }

  /** Another directory with the same bytes. */
  async copy(): Promise<Installation> {
    const state = await mkdtemp(join(tmpdir(), "verbatim-ledger-"));
    await cp(this.state, state, { recursive: true });
    return new Installation(state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.state, { recursive: true, force: true });
  }
}

async function addRun(store: EvidenceStore, runId: string, kind: "sealed" | "ended" | "open"): Promise<void> {
  await store.append(runId, 0, [created(runId, { plan_hash: "p".repeat(43) })]);
  await store.append(runId, 1, notes(1, 4));
  if (kind !== "open") await store.append(runId, 5, [failedEnd()]);
}
