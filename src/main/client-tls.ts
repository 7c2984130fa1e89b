import { resolve } from "node:path";
import type { ClientTls } from "#api";
import type { CommonFlags } from "#cli";
import { Fault } from "#model";
import type { LoadedConfiguration } from "./load-configuration.ts";
import { readPems } from "./pem-files.ts";
import type { PemPath } from "./pem-files.ts";

/** Where the files of a client may be named. */
export interface ClientTlsSources {
  readonly flags: CommonFlags;
  /** `VERBATIM_CA`, `VERBATIM_CERT`, `VERBATIM_KEY`. */
  readonly named: Readonly<Record<"ca" | "certificate" | "key", string | undefined>>;
  readonly configuration: Pick<LoadedConfiguration, "client" | "base">;
  readonly workingDirectory: string;
}

/**
 * With what a command calls a server over TLS: flags > environment > configuration, for each file. Undefined if none is named.
 * @throws {Fault} INVALID_CONFIGURATION that lists every file that cannot be read.
 */
export function clientTls({ flags, named, configuration, workingDirectory }: ClientTlsSources): ClientTls | undefined {
  const { base, client = {} } = configuration;
  const find = (
    flag: readonly [string, string | undefined],
    variable: readonly [string, string | undefined],
    member: readonly [string, string | undefined],
  ): PemPath | undefined => {
    for (const [field, path] of [flag, variable]) if (path) return { field, path: resolve(workingDirectory, path) };
    const [field, path] = member;
    return path === undefined ? undefined : { field, path: resolve(base, path) };
  };
  const ca = find(["--ca", flags.ca], ["VERBATIM_CA", named.ca], ["client.ca", client.ca]);
  const certificate = find(
    ["--cert", flags.cert],
    ["VERBATIM_CERT", named.certificate],
    ["client.certificate", client.certificate],
  );
  const key = find(["--cert-key", flags.certKey], ["VERBATIM_KEY", named.key], ["client.key", client.key]);
  if (ca === undefined && certificate === undefined && key === undefined) return undefined;
  const { texts, problems } = readPems({ ca, certificate, key: key && { ...key, isKey: true } });
  if (problems.length === 0) return texts;
  const list = problems.map(({ field, description }) => `\n  ${field}  ${description}`).join("");
  const text = `The server cannot be called with these files:${list}`;
  throw new Fault("INVALID_CONFIGURATION", text, { violations: problems });
}
