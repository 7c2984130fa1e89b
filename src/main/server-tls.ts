import { resolve } from "node:path";
import { tlsProblems } from "#api";
import type { ServerTls, TlsMaterial } from "#api";
import type { Violation } from "#model";
import { Fault } from "#model";
import type { LoadedConfiguration } from "./load-configuration.ts";
import { readPems } from "./pem-files.ts";
import type { PemPath } from "./pem-files.ts";
import { systemClock } from "./system-clock.ts";
import type { TlsConfiguration } from "./tls-configuration.ts";

/** The files that a server speaks TLS with. */
export interface TlsFiles {
  readonly certificate: PemPath;
  readonly key: PemPath;
  readonly clientCa?: PemPath;
}

/** Where the files are that the configuration names. */
export function tlsFiles(tls: TlsConfiguration, base: string): TlsFiles {
  const at = (field: string, path: string): PemPath => ({ field, path: resolve(base, path) });
  return {
    certificate: at("tls.certificate", tls.certificate),
    key: { ...at("tls.key", tls.key), isKey: true },
    ...(tls.client_ca !== undefined && { clientCa: at("tls.client_ca", tls.client_ca) }),
  };
}

/** What the files hold at present. @throws {Fault} INVALID_CONFIGURATION that lists every file that cannot be read. */
export function readTlsFiles(files: TlsFiles): TlsMaterial {
  const { material, problems } = lookInto(files);
  if (problems.length > 0) throw unsound(problems);
  return material;
}

/**
 * With what a server of this configuration speaks TLS; undefined if it has none.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of the files and of what they hold.
 */
export function serverTls({ tls, base }: Pick<LoadedConfiguration, "tls" | "base">): ServerTls | undefined {
  if (tls === undefined) return undefined;
  const { material, problems } = lookInto(tlsFiles(tls, base));
  const served = {
    material,
    clientCertificates: tls.client_certificates,
    minimumVersion: tls.minimum_version,
  } as const;
  const unreadable = new Set(problems.map(({ field }) => field));
  const held = tlsProblems(served, Date.parse(systemClock.now())).filter(({ field }) => !unreadable.has(field));
  if (problems.length + held.length > 0) throw unsound([...problems, ...held]);
  return served;
}

/** A file that cannot be read counts as an empty one, so that the others are still looked at. */
function lookInto({ certificate, key, clientCa }: TlsFiles) {
  const { texts, problems } = readPems({ certificate, key, clientCa });
  const material: TlsMaterial = {
    certificate: texts.certificate ?? "",
    key: texts.key ?? "",
    ...(clientCa !== undefined && { clientCa: texts.clientCa ?? "" }),
  };
  return { material, problems };
}

function unsound(violations: readonly Violation[]): Fault {
  const list = violations.map(({ field, description }) => `\n  ${field}  ${description}`).join("");
  return new Fault("INVALID_CONFIGURATION", `TLS cannot be spoken with these files:${list}`, { violations });
}
