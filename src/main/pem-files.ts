import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import type { Violation } from "#model";

/** Largest file of certificates, bytes: the usual bundle of all public CAs has 220 KiB. */
const PEM_BYTES = 1024 * 1024;

const OTHERS_MAY = 0o077;

/** A file with certificates or a key. */
export interface PemPath {
  /** What names it for people: a member of the configuration, a flag. */
  readonly field: string;
  /** Absolute. */
  readonly path: string;
  /** Whether nobody else may read it. */
  readonly isKey?: boolean;
}

/** The text of a file, or what is wrong with it. */
export function readPem(file: PemPath): { readonly text: string } | { readonly problem: Violation } {
  const { field, path, isKey = false } = file;
  const problem = (description: string) => ({ problem: { field, description } });
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe must not hold up the start
  } catch (error) {
    return problem(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    const { mode, size } = fstatSync(descriptor);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return problem(`is no file: ${path}`);
    if (size > PEM_BYTES) return problem(`has ${size} bytes: ${path}; expected at most ${PEM_BYTES}`);
    if (isKey && (mode & OTHERS_MAY) !== 0) {
      const seen = (mode & 0o777).toString(8).padStart(4, "0");
      return problem(
        `has mode ${seen}, so others may have the key: ${path}; expected 0600 or 0400. If nobody read it, chmod 600 it; else have a new one made`,
      );
    }
    return { text: readFileSync(descriptor, "utf8") };
  } finally {
    closeSync(descriptor);
  }
}

/** The texts of several files, or everything that is wrong with them. */
export function readPems<Name extends string>(
  files: Readonly<Record<Name, PemPath | undefined>>,
): { readonly texts: Readonly<Partial<Record<Name, string>>>; readonly problems: readonly Violation[] } {
  const texts: Partial<Record<Name, string>> = {};
  const problems: Violation[] = [];
  for (const name of Object.keys(files) as Name[]) {
    const file = files[name];
    if (file === undefined) continue;
    const read = readPem(file);
    if ("text" in read) texts[name] = read.text;
    else problems.push(read.problem);
  }
  return { texts, problems };
}
