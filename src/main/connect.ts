import { dirname } from "node:path";
import { certificateEnds, connectClient, isOverNetwork, presentedCertificate, readToken } from "#api";
import type { ClientTls } from "#api";
import type { CertificatesOfCall, CommonFlags, Connection, ConnectOptions } from "#cli";
import { DisclosureFiles } from "#evidence";
import { Fault } from "#model";
import { clientTls } from "./client-tls.ts";
import { compose } from "./compose.ts";
import { loadConfiguration } from "./load-configuration.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import { createEventLog } from "./log-events.ts";
import { noteServer, notedServer } from "./running-server.ts";

/**
 * The server that the flags name (or `VERBATIM_SERVER`), else the one that runs on the state directory, else a machine in
 * this process. The token is that of the environment (`VERBATIM_TOKEN`) or of the state directory. @throws {Fault}
 */
export async function connect(flags: CommonFlags, options: ConnectOptions = {}): Promise<Connection> {
  const configuration = await loadConfiguration({ flags, environment: process.env, workingDirectory: process.cwd() });
  const named = flags.server ?? process.env["VERBATIM_SERVER"];
  const noted = named === undefined ? notedServer(configuration.state) : undefined;
  const address = named ?? noted?.address;
  if (address === undefined && options.isRunning === true) throw noServer(configuration.state);
  if (address === undefined) return await embedded(configuration, options);
  const tls = tlsFor(address, { flags, configuration, isNoted: noted !== undefined, isTls: noted?.tls === true });
  const token = address.startsWith("unix:") ? undefined : await tokenFor(configuration, address);
  const client = connectClient({ address, tls, insecure: flags.insecure, ...(token !== undefined && { token }) });
  return {
    client,
    where: address,
    ...(tls !== undefined && { certificates: () => certificatesOfCall(address, tls) }),
    [Symbol.asyncDispose]() {
      client.close();
      return Promise.resolve();
    },
  };
}

/** What is kept of the values of sensitive fields in the state directory of the flags. @throws {Fault} */
export async function keptDisclosures(flags: CommonFlags): Promise<DisclosureFiles> {
  const sources = { flags, environment: process.env, workingDirectory: process.cwd() };
  return new DisclosureFiles((await loadConfiguration(sources)).state);
}

async function certificatesOfCall(address: string, tls: ClientTls): Promise<CertificatesOfCall> {
  const [client] = tls.certificate === undefined ? [] : certificateEnds({ certificate: tls.certificate, key: "" });
  return { server: await presentedCertificate(address, tls), client };
}

function noServer(state: string): Fault {
  const text = `No server runs on the state directory ${state}. Start one with \`verbatim serve\`, or name another with --server ADDRESS or VERBATIM_SERVER.`;
  return new Fault("SERVER_UNREACHABLE", text);
}

interface Calling {
  readonly flags: CommonFlags;
  readonly configuration: LoadedConfiguration;
  /** Whether the server has left word of itself in the state directory, and of whether it speaks TLS. */
  readonly isNoted: boolean;
  readonly isTls: boolean;
}

/** With what the server is called; undefined = as plain bytes. Over a network TLS it is, unless it is said aloud. */
function tlsFor(address: string, { flags, configuration, isNoted, isTls }: Calling): ClientTls | undefined {
  const isSaid = flags.ca !== undefined || flags.cert !== undefined || flags.certKey !== undefined;
  if (flags.insecure === true && isSaid) {
    const text =
      "--insecure is to call without TLS, and --ca, --cert and --cert-key are for TLS: say one or the other.";
    throw new Fault("INVALID_CONFIGURATION", text);
  }
  if (address.startsWith("unix:") || flags.insecure === true || (isNoted && !isTls && !isSaid)) return undefined;
  const { env } = process;
  const named = { ca: env["VERBATIM_CA"], certificate: env["VERBATIM_CERT"], key: env["VERBATIM_KEY"] };
  const given = clientTls({ flags, named, configuration, workingDirectory: process.cwd() });
  return given ?? (isTls || isOverNetwork(address) ? {} : undefined);
}

/** The token of the state directory is for the server of this machine, where it counts; another one is sent none of it. */
async function tokenFor(configuration: LoadedConfiguration, address: string): Promise<string | undefined> {
  if (configuration.no_token) return undefined;
  const isNoCredential = configuration.identity?.local_token === false;
  if (isOverNetwork(address) || isNoCredential) return process.env["VERBATIM_TOKEN"];
  try {
    return process.env["VERBATIM_TOKEN"] ?? (await readToken(configuration.state));
  } catch (error) {
    if (error instanceof Fault && error.code === "UNAUTHENTICATED") return undefined; // the server says whether it asks for one
    throw error;
  }
}

/** The same server that `serve` runs, on a socket of its own, for as long as the command lasts. */
async function embedded(configuration: LoadedConfiguration, { isFound = false }: ConnectOptions): Promise<Connection> {
  const { listen: _elsewhere, http: _port, tls: _network, ...local } = configuration;
  const level = configuration.log_level === "info" ? "error" : configuration.log_level;
  const app = await compose(local, { log: createEventLog(level), drivesOn: false });
  const client = connectClient({ address: app.address });
  const forget = isFound ? noteUntilExit(configuration.state, app.address) : undefined;
  return {
    client,
    where: `embedded in ${dirname(configuration.state)}`,
    drain: () => app.drain(),
    async [Symbol.asyncDispose]() {
      forget?.(); // first, so that nobody is led to a machine that stops
      client.close();
      await app.stop();
    },
  };
}

/** The word is taken away as well where the process is left in the middle. */
function noteUntilExit(state: string, address: string): () => void {
  const forget = noteServer(state, address);
  process.once("exit", forget);
  return () => {
    process.off("exit", forget);
    forget();
  };
}
