import { once } from "node:events";
import { resolve } from "node:path";
import type { CliHost, SignerFlags } from "#cli";
import { createKeyFileSigner, serveSigner } from "#evidence";
import type { Signer } from "#evidence";
import { Fault } from "#model";

/** How a signer's process is told to stop, and whom it tells that it is ready. */
export interface RunSignerOptions {
  readonly stopped: AbortSignal;
  readonly onReady: Parameters<CliHost["signer"]>[1];
}

/** Signs for other processes until `stopped` aborts. @throws {Fault} INVALID_CONFIGURATION, STATE_LOCKED */
export async function runSigner(flags: SignerFlags, { stopped, onReady }: RunSignerOptions): Promise<void> {
  const signer = createKeyFileSigner(resolve(flags.keyFile), flags.algorithm);
  await using server = await listening(signer, flags.socket);
  onReady({ keyId: signer.keyId, algorithm: signer.algorithm, socket: server.path });
  if (!stopped.aborted) await once(stopped, "abort");
}

async function listening(signer: Signer, socket: string) {
  try {
    return await serveSigner(signer, socket);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Fault("INVALID_CONFIGURATION", `The signer cannot listen on ${socket}: ${why}.`, { cause });
  }
}
