import type { Json, JsonObject } from "#model";
import { canonicalJson, digest } from "./canonical-json.ts";
import { isBlobReference } from "./encode.ts";
import type { EvidenceRecord } from "./record.ts";

/** The names that RFC 9901 keeps for itself. */
const DIGESTS = "_sd";
const ALGORITHM = "_sd_alg";
const ELEMENT = "...";
const RESERVED: ReadonlySet<string> = new Set([DIGESTS, ALGORITHM, ELEMENT]);
const SHA_256 = "sha-256";
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** What proves the value of one concealed field: it is kept apart from the log, and can be erased. */
export interface Disclosure {
  /** JSON Pointer (RFC 6901) of the field in the output. */
  readonly pointer: string;
  /** Base64url SHA-256 of `disclosure`; it stands in the output in the place of the field. */
  readonly digest: string;
  /** Base64url of the JSON list `[salt, name, value]`, or `[salt, value]` for an item of a list. */
  readonly disclosure: string;
}

/** A disclosure and the step whose output it belongs to. */
export interface KeptDisclosure extends Disclosure {
  readonly step_index: number;
}

/** What a disclosure says of a record, or why it says nothing. */
export type DisclosureVerdict =
  | { readonly valid: true; readonly pointer: string; readonly value: Json }
  | { readonly valid: false; readonly problem: string };

/** An output whose sensitive fields are concealed, and what discloses them. */
export interface ConcealedOutput {
  readonly output: Json;
  readonly disclosures: readonly Disclosure[];
}

/** What is to be concealed, and with which chance. */
export interface ConcealOptions {
  /** JSON Pointers; what is not there is passed over, and what lies within another one goes with it. */
  readonly pointers: readonly string[];
  /** A fresh salt for each field: 128 random bits as base64url. */
  readonly newSalt: () => string;
}

/**
 * Puts salted digests (RFC 9901) in the place of sensitive fields.
 * @throws {TypeError} if the output uses one of the names `_sd`, `_sd_alg`, `...` itself.
 */
export function concealFields(output: Json, { pointers, newSalt }: ConcealOptions): ConcealedOutput {
  requireUnreserved(output);
  const copy = structuredClone(output);
  const outermost = [...new Set(pointers)].filter((one) => !pointers.some((other) => one.startsWith(`${other}/`)));
  const disclosures = outermost.flatMap((pointer) => concealField(copy, pointer, newSalt) ?? []);
  if (disclosures.length > 0 && isObject(copy)) Object.assign(copy, { [ALGORITHM]: SHA_256 });
  return { output: copy, disclosures };
}

/**
 * Whether a disclosure belongs to a record, and what it then proves. Pure: that the record belongs to a log, the log's chain
 * says. A payload that lies beside the log has to be put in the place of its reference first.
 */
export function verifyDisclosure(
  record: Pick<EvidenceRecord, "output" | "outputs_hash">,
  disclosure: string,
): DisclosureVerdict {
  const { output, outputs_hash: hash } = record;
  if (output === undefined) return refused("the record has no output");
  if (isBlobReference(output)) return refused("the output lies beside the log: put the payload in its place");
  if (digest(canonicalJson(output)) !== hash) return refused("the output is not the one that the record's hash names");
  const said = readDisclosure(disclosure);
  if (said === undefined) return refused("it is not base64url of [salt, name, value] or [salt, value]");
  const algorithm = isObject(output) ? (output[ALGORITHM] ?? SHA_256) : SHA_256;
  if (algorithm !== SHA_256)
    return refused(`the output's digests are made by ${JSON.stringify(algorithm)}; only ${SHA_256} is known`);
  const places = [...placesOf(digest(disclosure), output, "")];
  const [place] = places;
  if (place === undefined) return refused("its digest does not stand in the output");
  if (places.length > 1) return refused("its digest stands in the output more than once");
  if (place.isElement !== (said.name === undefined))
    return refused("it discloses a member as an item, or an item as a member");
  if (said.name === undefined) return { valid: true, pointer: place.pointer, value: said.value };
  if (place.names.includes(said.name)) return refused(`a member ${JSON.stringify(said.name)} stands there already`);
  return { valid: true, pointer: `${place.pointer}/${escaped(said.name)}`, value: said.value };
}

function refused(problem: string): DisclosureVerdict {
  return { valid: false, problem };
}

function concealField(root: Json, pointer: string, newSalt: () => string): Disclosure | undefined {
  const names = pointer.split("/").slice(1).map(unescaped);
  const name = names.pop();
  const parent = names.reduce<Json | undefined>(memberOf, root);
  const value = name === undefined ? undefined : memberOf(parent, name);
  if (name === undefined || value === undefined) return undefined;
  const said = Array.isArray(parent) ? [newSalt(), value] : [newSalt(), name, value];
  const disclosure = Buffer.from(JSON.stringify(said)).toString("base64url");
  const hash = digest(disclosure);
  if (Array.isArray(parent)) (parent as Json[])[Number(name)] = { [ELEMENT]: hash }; // our own copy
  else putDigest(parent as Record<string, Json>, name, hash); // an object: it has a member of this name
  return { pointer, digest: hash, disclosure };
}

/** In the order of the digests, so that their order tells nothing of the members'. */
function putDigest(parent: Record<string, Json>, name: string, hash: string): void {
  const others = parent[DIGESTS] ?? [];
  delete parent[name];
  parent[DIGESTS] = [...(others as string[]), hash].toSorted(); // put there by us
}

function memberOf(parent: Json | undefined, name: string): Json | undefined {
  if (Array.isArray(parent))
    return /^(?:0|[1-9]\d*)$/.test(name) ? (parent as readonly Json[])[Number(name)] : undefined;
  return isObject(parent) && Object.hasOwn(parent, name) ? parent[name] : undefined;
}

interface Place {
  readonly pointer: string;
  readonly isElement: boolean;
  /** Of the members that stand beside the digest. */
  readonly names: readonly string[];
}

function* placesOf(hash: string, value: Json, pointer: string): Generator<Place, void, void> {
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly Json[]).entries()) {
      const isElement = isObject(item) && item[ELEMENT] === hash && Object.keys(item).length === 1;
      if (isElement) yield { pointer: `${pointer}/${index}`, isElement, names: [] };
      else yield* placesOf(hash, item, `${pointer}/${index}`);
    }
  } else if (isObject(value)) {
    const digests = value[DIGESTS];
    const found: readonly Json[] = Array.isArray(digests) ? digests.filter((one: Json) => one === hash) : [];
    yield* found.map(() => ({ pointer, isElement: false, names: Object.keys(value) }));
    for (const [name, member] of Object.entries(value)) yield* placesOf(hash, member, `${pointer}/${escaped(name)}`);
  }
}

/** Undefined if it is not what RFC 9901 calls a disclosure. */
function readDisclosure(disclosure: string): { readonly name: string | undefined; readonly value: Json } | undefined {
  if (!BASE64URL.test(disclosure)) return undefined;
  try {
    const bytes = Buffer.from(disclosure, "base64url");
    const said: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (!Array.isArray(said) || typeof said[0] !== "string") return undefined;
    const [, second, third] = said as readonly Json[]; // parsed from JSON
    if (said.length === 2 && second !== undefined) return { name: undefined, value: second };
    if (said.length !== 3 || typeof second !== "string" || third === undefined || RESERVED.has(second))
      return undefined;
    return { name: second, value: third };
  } catch {
    return undefined;
  }
}

function requireUnreserved(value: Json): void {
  if (Array.isArray(value)) (value as readonly Json[]).forEach(requireUnreserved);
  else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      if (RESERVED.has(name)) throw new TypeError(`the member "${name}" is kept for the digests of sensitive fields`);
      requireUnreserved(member);
    }
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unescaped(name: string): string {
  return name.replaceAll("~1", "/").replaceAll("~0", "~");
}

function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
