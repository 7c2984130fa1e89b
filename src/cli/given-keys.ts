import { readPublicKey } from "#evidence";
import type { PublicKey } from "#evidence";
import { fileText } from "./file-text.ts";

/** Keys that signatures are judged by. */
export interface Keys {
  readonly keys: readonly PublicKey[];
  /** Where they came from; none = nobody has named one. */
  readonly from: "given" | "own" | "none";
}

/** The keys that flags name. @throws {Fault} INVALID_REQUEST if one cannot be read, or is no public key. */
export async function givenKeys({ key = [] }: { readonly key?: readonly string[] }): Promise<Keys> {
  const keys = await Promise.all(key.map(async (path) => readPublicKey(await fileText(path, "public key"))));
  return { keys, from: keys.length > 0 ? "given" : "none" };
}
