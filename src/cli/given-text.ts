import { open } from "node:fs/promises";
import { Fault } from "#model";
import type { CliHost } from "./host.ts";
import { refuseEndless } from "./plain-file.ts";

/** The name of standard input, where a file can be named. */
export const STANDARD_INPUT = "-";

/** What is to be read, and how much of it at most. */
export interface GivenKind {
  /** In messages: a `plan`, a `job`. */
  readonly what: string;
  /** Bytes that it may have. */
  readonly bytes: number;
}

/** A text with the name by which it is told. */
export interface GivenText {
  /** The file as it was named, or `stdin`. */
  readonly name: string;
  readonly text: string;
}

/** Reads a file, or standard input for `-`. @throws {Fault} INVALID_REQUEST if it cannot be read, is too large, or is no text. */
export async function givenText(path: string, kind: GivenKind, host: Pick<CliHost, "stdin">): Promise<GivenText> {
  const isInput = path === STANDARD_INPUT;
  const name = isInput ? "stdin" : path;
  const bytes = isInput ? await upTo(host.stdin, name, kind) : await fileBytes(path, kind);
  try {
    return { name, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (cause) {
    throw new Fault("INVALID_REQUEST", `The ${kind.what} in ${name} is not UTF-8 text.`, { cause });
  }
}

async function fileBytes(path: string, kind: GivenKind): Promise<Uint8Array> {
  const { what } = kind;
  refuseEndless(path, `${what} file`, "to read from another program, name - and give it on standard input");
  try {
    await using file = await open(path, "r");
    return await upTo(file.createReadStream({ autoClose: false }), path, kind);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new Fault("INVALID_REQUEST", `The ${what} file ${path} cannot be read (${why}).`, { cause });
  }
}

async function upTo(
  source: AsyncIterable<Uint8Array>,
  name: string,
  { what, bytes: most }: GivenKind,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > most)
      throw new Fault("INVALID_REQUEST", `The ${what} in ${name} is larger than ${most} bytes; split it.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
