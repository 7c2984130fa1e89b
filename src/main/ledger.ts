import { join } from "node:path";
import { createdLeaf, LEDGER_DIRECTORY, mendLedger, mendSeals, openLedger, readEnvelope, sealedLeaf } from "#evidence";
import type { EvidenceStore, LogStoreOptions, RunLedger, Sealer, SealerOptions, Signer } from "#evidence";
import { Fault } from "#model";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";

/** What a ledger needs of what is around it. */
export interface LedgerContext {
  readonly signer: Signer;
  readonly log: EventLog;
  /** Told once, when a write has failed. */
  readonly onHalt: (why: string) => void;
}

/** Between store, sealer and ledger, which is opened after the store: who owns the store's directory owns the ledger's. */
export class LedgerOfRuns implements AsyncDisposable {
  #ledger: RunLedger | undefined;

  /**
   * Opens the ledger, and adds the runs of the store that it does not know of. A store in memory has none: nothing of it
   * is there to be compared.
   * @throws {Fault} see `openLedger` and `mendLedger`
   */
  async open(configuration: LoadedConfiguration, store: EvidenceStore, context: LedgerContext): Promise<void> {
    const { signer, log, onHalt } = context;
    const { state, ledger: settings } = configuration;
    if (configuration.store === "memory") return;
    const ledger = await openLedger(join(state, LEDGER_DIRECTORY), {
      signer,
      ...(settings.origin !== undefined && { origin: settings.origin }),
      onHalt: (why) => {
        log("ledger.halted", { why });
        onHalt(why);
      },
      onUnsigned: (error) => log("ledger.unsigned", { error: error instanceof Error ? error.message : String(error) }),
    });
    const mended = await mendLedger(ledger, store);
    await ledger.settled();
    if (mended.length > 0) log("ledger.mended", { runs: mended.length, newest: mended.at(-1) });
    this.#ledger = ledger;
  }

  /** Tells of the runs that a commit has created. Nobody waits for their leaves. */
  readonly take: NonNullable<LogStoreOptions["onCommit"]> = (appends) => {
    if (this.#ledger === undefined || this.#ledger.halted !== undefined) return;
    for (const { records } of appends) {
      const [first] = records;
      if (first?.record.event_type === "run.created") this.#ledger.created(createdLeaf(first.record));
    }
  };

  /** Tells of a seal that was made. */
  readonly takeSeal: NonNullable<SealerOptions["onSealed"]> = (_runId, statement) => {
    if (this.#ledger !== undefined && this.#ledger.halted === undefined) this.#ledger.sealed(sealedLeaf(statement));
  };

  /** Tells of seals that are there, and that the ledger does not know of: a process may die in between. */
  async mendSeals(sealer: Sealer, store: EvidenceStore): Promise<void> {
    if (this.#ledger === undefined) return;
    const statementOf = async (runId: string): Promise<Uint8Array | undefined> => {
      if ((await store.head(runId))?.completed !== true) return undefined;
      const text = await sealer.seal(runId).catch(() => undefined); // the sealer has told why
      return text === undefined ? undefined : Buffer.from(readEnvelope(text).payload, "base64");
    };
    const reopened = await store.reopenedRuns();
    await mendSeals(
      this.#ledger,
      statementOf,
      reopened.map(({ runId }) => runId),
    );
  }

  /** Refuses runs that could not be told of. Those that run go on: they are in the ledger, or a start puts them there. */
  readonly guard = (): void => {
    const halted = this.#ledger?.halted;
    if (halted === undefined) return;
    const text = `No new run is taken: the ledger of runs could not be written (${halted}). Mend the cause and start again.`;
    throw new Fault("STORE_HALTED", text);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ledger?.close();
  }
}
