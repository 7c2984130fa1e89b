import type { ChannelCredentials, ChannelOptions } from "@grpc/grpc-js";
import { credentials } from "@grpc/grpc-js";
import { isIP } from "node:net";
import type { SecureContext } from "node:tls";
import { checkServerIdentity, createSecureContext } from "node:tls";
import { Fault } from "#model";
import type { Address } from "../address.ts";
import { addressText, isLoopback } from "../address.ts";
import { certificatesOf, privateKeyOf } from "./pem.ts";
import type { ClientTls } from "./tls-material.ts";

/** Oldest version that a client of ours speaks. */
const MINIMUM_VERSION = "TLSv1.2";

/** With what a client connects. */
export interface Connecting {
  readonly credentials: ChannelCredentials;
  /** Options that the credentials need. */
  readonly options: ChannelOptions;
}

/** What is told as the name of a server that is called by its address: no address may be told, and the library would. */
const NAMELESS = "ip-address.invalid";

/**
 * With what a client connects. Nothing here leaves the server's name or its CA unverified.
 * @throws {Fault} INVALID_CONFIGURATION for plain bytes over a network, or files that are none.
 */
export function connectingTo(
  address: Address,
  { tls, insecure }: { readonly tls?: ClientTls | undefined; readonly insecure?: boolean | undefined },
): Connecting {
  if (tls !== undefined && address.kind === "tcp") {
    const { host } = address;
    return {
      // Whatever was told as the name: the server has to show a certificate of the host that was asked for. And whatever
      // the environment says (NODE_TLS_REJECT_UNAUTHORIZED): it is verified.
      credentials: credentials.createFromSecureContext(clientContext(tls), {
        checkServerIdentity: (_told, certificate) => checkServerIdentity(host, certificate),
        rejectUnauthorized: true,
      }),
      options: isIP(host) === 0 ? {} : { "grpc.ssl_target_name_override": NAMELESS },
    };
  }
  if (address.kind === "unix" || isLoopback(address.host) || insecure === true) {
    return { credentials: credentials.createInsecure(), options: {} };
  }
  const text = `Over a network, ${addressText(address)} is called with TLS alone: say whom to trust with --ca FILE (VERBATIM_CA); or say --insecure, and whoever is on the way reads the token.`;
  throw new Fault("INVALID_CONFIGURATION", text, { violations: [{ field: "ca", description: "is missing" }] });
}

/** @throws {Fault} INVALID_CONFIGURATION that lists every problem of the files. */
export function clientContext(tls: ClientTls): SecureContext {
  const { ca, certificate, key } = tls;
  const problems = problemsOf(tls);
  if (problems.length === 0) {
    try {
      return createSecureContext({
        ...(ca !== undefined && { ca }),
        ...(certificate !== undefined && { cert: certificate }),
        ...(key !== undefined && { key }),
        minVersion: MINIMUM_VERSION,
      });
    } catch (error) {
      problems.push(`they are refused by OpenSSL: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Fault("INVALID_CONFIGURATION", `TLS cannot be spoken with these files: ${problems.join("; ")}.`);
}

function problemsOf({ ca, certificate, key }: ClientTls): string[] {
  const problems: string[] = [];
  if (ca !== undefined && certificatesOf(ca) === undefined) problems.push("the CA's holds no certificate in PEM");
  const [leaf] = (certificate !== undefined && certificatesOf(certificate)) || [];
  if (certificate !== undefined && leaf === undefined) problems.push("the client's holds no certificate in PEM");
  const read = key === undefined ? undefined : privateKeyOf(key);
  if (key !== undefined && read === undefined) {
    problems.push("the key's holds no private key in PEM that opens without a passphrase");
  }
  if ((certificate === undefined) !== (key === undefined)) {
    problems.push("a client's certificate and its key go together: give both, or neither");
  }
  if (leaf !== undefined && read !== undefined && !leaf.checkPrivateKey(read)) {
    problems.push("the key does not belong to the client's certificate");
  }
  return problems;
}
