import { createLocalJWKSet, createRemoteJWKSet, customFetch } from "jose";
import type { FetchImplementation, JSONWebKeySet, JWTVerifyGetKey } from "jose";
import type { Clock } from "#model";
import { Fault } from "#model";
import type { KeyPlace } from "./identity-options.ts";
import { readKeyFile } from "./key-file.ts";

/** Longest set of keys, bytes, wherever it comes from. */
export const KEY_SET_BYTES = 256 * 1024;

/** How often a key file is looked at, at most, milliseconds. */
const LOOK_MS = 1000;

/** How long keys of a URL hold before they are asked for again, milliseconds: so long a withdrawn key may still be believed. */
const KEYS_HOLD_MS = 600_000;

/** What keys are found with. */
export interface KeySetOptions {
  readonly clock: Clock;
  /** Told why keys cannot be had, once for each reason that follows another. */
  readonly onProblem: (problem: string) => void;
}

/** The keys of an issuer. With a file, it has to be there and be good at the start. @throws {Fault} INVALID_CONFIGURATION */
export async function openKeySet(place: KeyPlace, options: KeySetOptions): Promise<JWTVerifyGetKey> {
  return "file" in place ? await fileKeys(place.file, options) : urlKeys(place, options);
}

/** The file as it is now says which keys hold: one that cannot be read leaves none. */
async function fileKeys(file: string, { clock, onProblem }: KeySetOptions): Promise<JWTVerifyGetKey> {
  let read = await readKeyFile(file, KEY_SET_BYTES);
  let keys: JWTVerifyGetKey | undefined = keysOf(read.text, file);
  let lookedAtMs = clock.monotonicMs();
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    lookedAtMs = clock.monotonicMs();
    try {
      const now = await readKeyFile(file, KEY_SET_BYTES, read.version);
      if (now.text === undefined) return;
      read = now;
      keys = keysOf(now.text, file);
    } catch (error) {
      if (keys !== undefined) onProblem(error instanceof Error ? error.message : String(error));
      keys = undefined;
      read = { text: "", version: "" };
    }
  };
  return async (header, token) => {
    if (clock.monotonicMs() - lookedAtMs >= LOOK_MS) looking ??= look().finally(() => (looking = undefined));
    await looking;
    if (keys === undefined) throw new Error(`no keys can be read from ${file}`);
    return await keys(header, token);
  };
}

/** @throws {Fault} INVALID_CONFIGURATION if the text is no set of public keys. */
function keysOf(text: string | undefined, file: string): JWTVerifyGetKey {
  let set: unknown;
  try {
    set = JSON.parse(text ?? "");
  } catch {
    throw invalid(file, "is no JSON");
  }
  if (!isKeySet(set) || set.keys.length === 0)
    throw invalid(file, "is no set of keys: expected {keys: [...]} with one at least");
  if (set.keys.some((key) => "d" in key || "k" in key))
    throw invalid(file, "holds a private or secret key: give the public ones alone");
  return createLocalJWKSet(set);
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  return (
    typeof value === "object" &&
    value !== null &&
    "keys" in value &&
    Array.isArray(value.keys) &&
    value.keys.every((key) => typeof key === "object" && key !== null)
  );
}

function invalid(file: string, what: string): Fault {
  const violations = [{ field: "identity.tokens.keys.file", description: what }];
  return new Fault("INVALID_CONFIGURATION", `The key file ${file} ${what}.`, { violations });
}

type UrlPlace = Extract<KeyPlace, { readonly url: string }>;

function urlKeys({ url, coolDownMs, timeoutMs }: UrlPlace, { clock, onProblem }: KeySetOptions): JWTVerifyGetKey {
  let failedAtMs = -Infinity;
  let told = "";
  const fetchKeys: FetchImplementation = async (asked, init) => {
    // The library waits after a success alone: a server that is down would be asked for every call.
    if (clock.monotonicMs() - failedAtMs < coolDownMs) throw new Error("the keys could not be had a moment ago");
    try {
      const answer = await fetch(asked, init);
      const body = await boundedBody(answer);
      if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
      told = "";
      return new Response(body, { status: answer.status });
    } catch (error) {
      failedAtMs = clock.monotonicMs();
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== told) onProblem(problem);
      told = problem;
      throw error;
    }
  };
  return createRemoteJWKSet(new URL(url), {
    cooldownDuration: coolDownMs,
    timeoutDuration: timeoutMs,
    cacheMaxAge: KEYS_HOLD_MS,
    [customFetch]: fetchKeys,
  });
}

async function boundedBody(answer: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > KEY_SET_BYTES) throw new Error(`the set of keys has more than ${KEY_SET_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
