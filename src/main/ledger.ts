import { join } from "node:path";
import { createdLeaf, LEDGER_DIRECTORY, mendLedger, openLedger } from "#evidence";
import type { EvidenceStore, LogStoreOptions, RunLedger, Signer } from "#evidence";
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

/** Between the store and the ledger, which is opened after it: who owns the store's directory owns the ledger's. */
export class LedgerOfRuns {
  #ledger: RunLedger | undefined;

  /** Opens the ledger, and adds what it does not know yet of the runs of the store. @throws {Fault} see `openLedger` */
  async open(configuration: LoadedConfiguration, store: EvidenceStore, context: LedgerContext): Promise<RunLedger> {
    const { signer, log, onHalt } = context;
    const { state, ledger: settings } = configuration;
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
    return ledger;
  }

  /** Tells of the runs that a commit has created. Nobody waits for their leaves. */
  readonly take: NonNullable<LogStoreOptions["onCommit"]> = (appends) => {
    if (this.#ledger === undefined || this.#ledger.halted !== undefined) return;
    for (const { records } of appends) {
      const [first] = records;
      if (first?.record.event_type === "run.created") this.#ledger.created(createdLeaf(first.record));
    }
  };

  /** Refuses runs that could not be told of. Those that run go on: they are in the ledger, or a start puts them there. */
  readonly guard = (): void => {
    const halted = this.#ledger?.halted;
    if (halted === undefined) return;
    const text = `No new run is taken: the ledger of runs could not be written (${halted}). Mend the cause and start again.`;
    throw new Fault("STORE_HALTED", text);
  };
}
