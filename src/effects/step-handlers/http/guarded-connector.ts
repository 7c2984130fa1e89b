import type { LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { guardedAddresses } from "./address-guard.ts";
import type { FoundAddress, HttpOptions } from "./http-options.ts";

const CONNECT_MS = 10_000;

/** What connections are made with beside what is permitted. */
export interface ConnectionOptions {
  /** Certificates that are trusted in place of the system's. */
  readonly ca?: string;
  readonly signal: AbortSignal;
}

/**
 * Connects to addresses that were looked at, and to no others: the name is looked up once, and the answer that was judged is the one
 * that is connected to. Certificates are verified against the name.
 */
export function guardedConnector(
  options: HttpOptions,
  { signal, ...tls }: ConnectionOptions,
): buildConnector.connector {
  const reach = async (wanted: buildConnector.Options, callback: buildConnector.Callback): Promise<void> => {
    try {
      const { hostname, protocol } = wanted;
      const port = Number(wanted.port || (protocol === "https:" ? 443 : 80));
      const addresses = await guardedAddresses({ hostname, port }, options);
      // a look-up cannot be stopped, but nothing comes of it when its time is over
      if (signal.aborted) throw new Error("stopped before the connection");
      const connect = buildConnector({ timeout: CONNECT_MS, allowH2: false, ...tls, lookup: pinnedTo(addresses) });
      connect(wanted, callback);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null);
    }
  };
  return (wanted, callback) => void reach(wanted, callback);
}

/** A look-up that knows one answer. */
function pinnedTo(addresses: readonly FoundAddress[]): LookupFunction {
  return (_hostname, { all }, done) => {
    const [first] = addresses;
    if (all === true || first === undefined) done(null, [...addresses]);
    else done(null, first.address, first.family);
  };
}
