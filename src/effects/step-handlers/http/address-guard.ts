import { lookup as systemLookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { FoundAddress, HttpOptions } from "./http-options.ts";
import { liesIn, specialKind, subnetsOf } from "./address-kind.ts";
import { isListed } from "./permitted-url.ts";

/** An address, or a host, that must not be connected to. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

/** Where a connection is to go. */
export interface Destination {
  /** Without brackets. */
  readonly hostname: string;
  readonly port: number;
}

const LOOPBACK = subnetsOf(["127.0.0.0/8", "::1/128"]);

/**
 * Finds the addresses of a host that is listed. All of them have to be public or listed as private; one that is not refuses the
 * host, whatever the others are. An address that is listed as a host itself is permitted by that, as is loopback for `localhost`.
 * @throws {AddressRefused} what else the look-up throws.
 */
export async function guardedAddresses(
  { hostname, port }: Destination,
  { hosts, privateAddresses = [], lookup = lookupAll }: HttpOptions,
): Promise<readonly FoundAddress[]> {
  const family = isIP(hostname);
  const host = `${family === 6 ? `[${hostname}]` : hostname}:${port}`;
  if (!isListed(host, hosts)) throw new AddressRefused(`the host ${host} is not listed`);
  if (family !== 0) return [{ address: hostname, family }];
  const found = await lookup(hostname);
  if (found.length === 0) throw new Error(`${hostname} has no address`);
  const permitted = subnetsOf(privateAddresses);
  for (const { address } of found) {
    const kind = specialKind(address);
    if (kind === undefined || liesIn(address, permitted)) continue;
    if (hostname === "localhost" && liesIn(address, LOOPBACK)) continue;
    throw new AddressRefused(
      `the host ${host} has the address ${address} (${kind}), which the server's configuration does not permit under private_addresses`,
    );
  }
  return found;
}

function lookupAll(hostname: string): Promise<readonly FoundAddress[]> {
  return systemLookup(hostname, { all: true });
}
