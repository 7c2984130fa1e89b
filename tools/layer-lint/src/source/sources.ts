import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { codeOf } from "../error-code.ts";
import type { Facts } from "./facts.ts";
import type { FactsCache } from "./facts-cache.ts";
import { readFacts, unreadable } from "./read-facts.ts";
import { languageOf } from "./syntax.ts";

/** The facts of files; each file is read once, when it is first asked for. */
export interface Sources {
  /** The facts of a file, by its path from the project's root. */
  get(file: string): Facts;
  /** The hash of its bytes. */
  hashOf(file: string): string;
  /** How many files had to be parsed, for lack of kept facts. */
  readonly parsed: number;
}

/** Files of the project at the absolute path `root`, with the facts that `cache` has kept. */
export function openSources(root: string, cache?: FactsCache): Sources {
  const known = new Map<string, { readonly facts: Facts; readonly hash: string }>();
  let parsed = 0;
  const open = (file: string) => {
    const found = known.get(file) ?? read(file);
    known.set(file, found);
    return found;
  };
  const read = (file: string) => {
    let source: string | Uint8Array;
    try {
      source = contentOf(`${root}/${file}`);
    } catch (error) {
      const code = codeOf(error);
      return { facts: unreadable(`the system does not let it be read (${code})`), hash: `unreadable-${file}` };
    }
    const kind = `${languageOf(file)}${/\.c[jt]s$/.test(file) ? "-cjs" : ""}`;
    const key = `${kind}-${hash("sha256", source, "base64url")}`;
    let facts = cache?.get(key);
    if (facts === undefined) {
      parsed++;
      const text = textOf(source);
      facts = text === undefined ? unreadable("it is no text in UTF-8 or UTF-16") : readFacts(file, text);
      cache?.put(key, facts);
    }
    return { facts, hash: key };
  };
  return {
    get: (file) => open(file).facts,
    hashOf: (file) => open(file).hash,
    get parsed() {
      return parsed;
    },
  };
}

/** The text, if it is plain UTF-8, which is read much faster; else the bytes. */
function contentOf(path: string): string | Uint8Array {
  const text = readFileSync(path, "utf8");
  return text.includes(REPLACEMENT) ? readFileSync(path) : text;
}

/** What stands where bytes are no text. */
const REPLACEMENT = "\uFFFD";

/** The text without its byte order mark; undefined if the bytes are none. */
function textOf(source: string | Uint8Array): string | undefined {
  const text = typeof source === "string" ? source.replace(/^\uFEFF/, "") : decoded(source);
  return text?.includes("\0") === true ? undefined : text;
}

function decoded(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
