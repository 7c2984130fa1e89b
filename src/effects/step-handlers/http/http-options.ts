import { isAbsolute } from "node:path";
import { Fault } from "#model";
import type { Clock, Violation } from "#model";
import { isSubnet } from "./address-kind.ts";
import { HOST_AND_PORT } from "./permitted-url.ts";

/** An address as a look-up gives it. */
export interface FoundAddress {
  readonly address: string;
  readonly family: number;
}

/** Finds all addresses of a name. */
export type LookupAddresses = (hostname: string) => Promise<readonly FoundAddress[]>;

/** What the server permits a step type to ask over HTTP. Nothing is permitted by default. */
export interface HttpOptions {
  /** `host:port` each, in small letters, an IPv6 address in brackets; compared with the URL as it is written. */
  readonly hosts: readonly string[];
  /**
   * Ranges such as `10.0.0.0/8` of addresses that are not public, and that the listed names may have all the same. An address
   * that `hosts` lists itself is permitted by that, and loopback by `localhost`. Default: none.
   */
  readonly privateAddresses?: readonly string[];
  /** Finds the addresses of names. Default: the system's look-up. */
  readonly lookup?: LookupAddresses;
  /** Absolute path of a file with certificates, PEM, that are trusted in place of the system's. */
  readonly caFile?: string;
  readonly clock: Clock;
}

/** Checks the options. @throws {Fault} INVALID_CONFIGURATION that lists every problem. */
export function requireHosts({ hosts, privateAddresses = [], caFile }: HttpOptions, stepType: string): void {
  const violations = hosts.flatMap((host, index): Violation[] =>
    HOST_AND_PORT.test(host) && Number(host.slice(host.lastIndexOf(":") + 1)) <= 65_535
      ? []
      : [{ field: `hosts[${index}]`, description: `"${host}" is not of the form host:port, in small letters` }],
  );
  for (const [index, range] of privateAddresses.entries()) {
    if (isSubnet(range)) continue;
    const description = `"${range}" is no range of addresses such as 10.0.0.0/8 or fd00::/8`;
    violations.push({ field: `private_addresses[${index}]`, description });
  }
  if (caFile !== undefined && !isAbsolute(caFile)) {
    violations.push({ field: "caFile", description: `"${caFile}" is not an absolute path` });
  }
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  throw new Fault("INVALID_CONFIGURATION", `${stepType} is not configured as it must be: ${list}`, { violations });
}
