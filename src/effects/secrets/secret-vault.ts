import { Fault } from "#model";
import type { Violation } from "#model";
import { Redactor } from "./redactor.ts";
import { readSecret, unfitValue } from "./secret-source.ts";
import type { SecretReading, SecretSource } from "./secret-source.ts";

/** What the name of a secret looks like. */
export const SECRET_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** All secrets together: looking for them takes up to 1 KiB of memory for each byte. */
const BYTES_OF_ALL = 64 * 1024;
const SECRETS = 256;

/** Hands out the values of secrets by their names. */
export interface SecretVault {
  /** Replaces every value that was ever handed out, or could have been. */
  readonly redactor: Redactor;
  /** Secrets that could not be read when the vault was made, and why. A step that names one fails unless that has changed. */
  readonly absent: readonly Violation[];
  /** Whether there is a secret of this name. */
  has(name: string): boolean;
  /** Reads the value now; the redactor knows it before anybody else does. Never throws; a problem does not hold the value. */
  resolve(name: string): SecretAnswer;
}

/** The value of a secret, or why there is none. */
export type SecretAnswer = { readonly value: string } | { readonly problem: string };

/** What a vault is made with. */
export interface SecretVaultOptions {
  /** By name. */
  readonly sources: Readonly<Record<string, SecretSource>>;
  /** The server's own. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Makes a vault and reads every secret once.
 * @throws {Fault} INVALID_CONFIGURATION that lists every value that must not be used. One that is not there is no fault yet.
 */
export function createSecretVault({ sources, environment }: SecretVaultOptions): SecretVault {
  const names = Object.keys(sources);
  const read = (name: string): SecretReading => readFit(name, { sources, environment, names });
  const readings = names.map((name) => ({ name, reading: read(name) }));
  requireFit(readings);
  const redactor = new Redactor(names);
  const values = readings.flatMap(({ name, reading }) =>
    reading.kind === "value" ? [[name, reading.value] as const] : [],
  );
  redactor.learn(new Map(values));
  return {
    redactor,
    absent: problemsOf(readings, "absent"),
    has: (name) => Object.hasOwn(sources, name),
    resolve(name) {
      const reading = read(name);
      if (reading.kind !== "value") return { problem: reading.problem };
      redactor.learn(new Map([[name, reading.value]]));
      return { value: reading.value };
    },
  };
}

function readFit(
  name: string,
  { sources, environment, names }: SecretVaultOptions & { names: readonly string[] },
): SecretReading {
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (source === undefined) return { kind: "absent", problem: "there is no secret of this name" };
  const reading = readSecret(source, environment);
  if (reading.kind !== "value") return reading;
  const problem = unfitValue(reading.value, names);
  return problem === undefined ? reading : { kind: "unfit", problem };
}

interface Named {
  readonly name: string;
  readonly reading: SecretReading;
}

function problemsOf(readings: readonly Named[], kind: "absent" | "unfit"): readonly Violation[] {
  return readings.flatMap(({ name, reading }) =>
    reading.kind === kind && "problem" in reading ? [{ field: `secrets.${name}`, description: reading.problem }] : [],
  );
}

function requireFit(readings: readonly Named[]): void {
  const violations = [...problemsOf(readings, "unfit")];
  const bytes = readings.reduce(
    (sum, { reading }) => sum + ("value" in reading ? Buffer.byteLength(reading.value) : 0),
    0,
  );
  if (bytes > BYTES_OF_ALL) {
    violations.push({
      field: "secrets",
      description: `they have ${bytes} bytes together; at most ${BYTES_OF_ALL} are allowed`,
    });
  }
  if (readings.length > SECRETS) {
    violations.push({ field: "secrets", description: `there are ${readings.length}; at most ${SECRETS} are allowed` });
  }
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `\n  ${field}: ${description}`).join("");
  throw new Fault("INVALID_CONFIGURATION", `Secrets of the configuration cannot be used:${list}`, { violations });
}
