import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CommonFlags } from "#cli";
import { createKeyFileSigner, createSocketSigner } from "#evidence";
import type { Signer } from "#evidence";
import { Fault } from "#model";
import { loadConfiguration } from "./load-configuration.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";

/** The file of the private key, unless the configuration names another. */
const KEY_FILE = join("keys", "signing.pem");

/** What signs the evidence of this installation. @throws {Fault} if the key cannot be used, or its process does not answer. */
export async function openSigner(configuration: LoadedConfiguration): Promise<Signer> {
  const { socket, algorithm } = configuration.signing;
  if (socket !== undefined) return await createSocketSigner(resolve(configuration.base, socket));
  return createKeyFileSigner(keyFile(configuration), algorithm);
}

/** The public key of the installation of the flags, if it has one that can be read here. */
export async function ownPublicKey(flags: CommonFlags): Promise<string | undefined> {
  const configuration = await loadConfiguration({ flags, environment: process.env, workingDirectory: process.cwd() });
  if (configuration.signing.socket === undefined && !existsSync(keyFile(configuration))) return undefined;
  try {
    return (await openSigner(configuration)).publicKeyPem;
  } catch (error) {
    if (error instanceof Fault || (error instanceof Error && "code" in error)) return undefined; // another user's
    throw error;
  }
}

/** Where the private key is, or will be. */
export function keyFile({ signing, base, state }: LoadedConfiguration): string {
  return signing.key_file === undefined ? join(state, KEY_FILE) : resolve(base, signing.key_file);
}
