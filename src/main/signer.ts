import { join, resolve } from "node:path";
import { createKeyFileSigner, createSocketSigner } from "#evidence";
import type { Signer } from "#evidence";
import type { LoadedConfiguration } from "./load-configuration.ts";

/** The file of the private key, unless the configuration names another. */
const KEY_FILE = join("keys", "signing.pem");

/** What signs the evidence of this installation. @throws {Fault} if the key cannot be used, or its process does not answer. */
export async function openSigner(configuration: LoadedConfiguration): Promise<Signer> {
  const { socket, algorithm } = configuration.signing;
  if (socket !== undefined) return await createSocketSigner(resolve(configuration.base, socket));
  return createKeyFileSigner(keyFile(configuration), algorithm);
}

/** Where the private key is, or will be. */
export function keyFile({ signing, base, state }: LoadedConfiguration): string {
  return signing.key_file === undefined ? join(state, KEY_FILE) : resolve(base, signing.key_file);
}
