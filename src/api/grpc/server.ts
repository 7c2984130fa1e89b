import type { EvidenceStore, HistoryReader, Sealer, Signer } from "#evidence";
import type { Clock, HealthSignals, Platform } from "#model";
import { Fault } from "#model";
import type { ContractKeeper, JobRunner, RunRunner, Scheduler } from "#orchestration";
import type { Address } from "./address.ts";
import { addressText, isLoopback, parseAddress } from "./address.ts";
import { CallBudgets } from "./call-budgets.ts";
import type { CallLimits } from "./call-budgets.ts";
import type { Authenticate, Principal } from "./call-context.ts";
import { evidenceService } from "./evidence-service.ts";
import { executorService } from "./executor-service.ts";
import { governanceServices } from "./governance-services.ts";
import { HealthState, healthService } from "./health-service.ts";
import type { HooksPart } from "./hook-service.ts";
import { hookService } from "./hook-service.ts";
import { startHttpSidePort } from "./http-side-port.ts";
import type { HttpSidePort } from "./http-side-port.ts";
import type { PeerCertificate } from "./peer-certificate.ts";
import { platformHealthService } from "./platform-health-service.ts";
import { platformService } from "./platform-service.ts";
import { queueService } from "./queue-service.ts";
import { reflectionServices } from "./reflection-service.ts";
import { runService } from "./run-service.ts";
import type { MountedService } from "./service.ts";
import { tokenAuthenticator } from "./token.ts";
import type { ServerTls, TlsMaterial } from "./tls/tls-material.ts";
import { requireSoundTls } from "./tls/tls-server.ts";
import { startTransport } from "./transport.ts";
import type { Transport, TransportLimits } from "./transport.ts";

/** What a server is started with. */
export interface GrpcServerOptions {
  /** `unix:/path` or `host:port`, without `tls` a loopback one; port 0 takes a free one. */
  readonly address: string;
  readonly runner: JobRunner;
  readonly runs: RunRunner;
  readonly history: HistoryReader;
  readonly schedules: Pick<Scheduler, "list">;
  readonly store: EvidenceStore;
  /** Absent = there is no platform that a contract could change. */
  readonly contracts?: { readonly keeper: ContractKeeper; readonly store: EvidenceStore } | undefined;
  /** Absent = the configuration has none; then `signals` are absent too. */
  readonly platform?: Platform;
  /** What is said about health. */
  readonly signals?: HealthSignals;
  /** Absent = the configuration has none. */
  readonly hooks?: HooksPart;
  readonly sealer: Sealer;
  /** Whose public key is told. */
  readonly signer: Pick<Signer, "algorithm" | "keyId" | "publicKeyPem">;
  readonly clock: Clock;
  /** The bearer token that calls over TCP must bring. A unix socket is guarded by its mode and asks for none. */
  readonly token?: string;
  /** Said aloud: calls over loopback TCP need no token, even if there is one, so every local user may run jobs. */
  readonly noToken?: boolean;
  /** Whether the server describes its services to whoever asks. Default false. */
  readonly reflection?: boolean;
  /** Spoken on TCP; absent = plain bytes, on loopback alone. */
  readonly tls?: ServerTls;
  /** Said aloud: plain bytes, and tokens in them, may go over a network. */
  readonly insecure?: boolean;
  /** A `host:port`, without `tls` a loopback one, on which browsers and `curl` are served the same services; absent = none. It asks for the token,
   * and off loopback for what `tls` asks for. */
  readonly httpAddress?: string;
  /** Told of every error that is no `Fault`, with the path of the method. Callers are told a fixed sentence. */
  readonly onInternalError: (error: unknown, method: string) => void;
  /** Bounds, where a test or a measure needs others. */
  readonly limits?: TransportLimits & CallLimits;
}

/** A server that takes calls. */
export interface GrpcServer extends AsyncDisposable {
  /** Where it listens, as a client takes it. */
  readonly address: string;
  /** Where the HTTP side port listens, if there is one. */
  readonly httpAddress: string | undefined;
  /** What `grpc.health.v1.Health` tells; false when the store has halted. */
  setServing(serving: boolean): void;
  /**
   * Tells NOT_SERVING, ends the health watches, takes no new connections and calls, waits for those that run, and cuts
   * what is left after `graceMs`. Resolves when no connection is left. Safe to call twice.
   */
  drain(options: { readonly graceMs: number }): Promise<void>;
  /**
   * Has the handshakes from now on made with other files; connections that are there go on.
   * @throws {Fault} INVALID_CONFIGURATION that lists every problem; then nothing has changed.
   */
  replaceTls(material: TlsMaterial): void;
}

/**
 * Starts a server on a unix socket of mode 0600 or a loopback port.
 * @throws {Fault} INVALID_CONFIGURATION for any other address, for loopback TCP without a token, or if the system
 *   refuses; STATE_LOCKED if another server answers on the socket.
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { clock, limits, onInternalError, tls } = options;
  const address = parseAddress(options.address);
  const httpAddress = options.httpAddress === undefined ? undefined : parseAddress(options.httpAddress);
  if (tls !== undefined) requireSoundTls(tls, clock);
  const { services, health } = mountedServices(options);
  const budgets = new CallBudgets(clock, limits);
  const common = { services, clock, budgets, onInternalError, tls, ...(limits !== undefined && { limits }) };

  const sidePort =
    httpAddress &&
    (await startHttpSidePort({
      ...common,
      ...limits,
      address: httpAddress,
      authenticate: authenticatorOf(httpAddress, { ...withoutTlsOnLoopback(httpAddress, options), noToken: false }),
    }));
  try {
    const transport = await startTransport({
      ...common,
      address,
      insecure: options.insecure,
      authenticate: authenticatorOf(address, options),
    });
    return runningServer({ transport, sidePort, health });
  } catch (error) {
    await sidePort?.drain({ graceMs: 0 });
    throw error;
  }
}

function mountedServices(options: GrpcServerOptions): { services: readonly MountedService[]; health: HealthState } {
  const own = [
    executorService(options),
    runService(options),
    evidenceService(options),
    platformService(options),
    platformHealthService(options),
    ...governanceServices(options),
    hookService(options),
    queueService(options),
  ];
  const names = own.map(({ service }) => service.typeName);
  const health = new HealthState(names, () => options.store.halted === undefined);
  const services = [...own, healthService(health)];
  if (options.reflection === true) services.push(...reflectionServices(services.map(({ service }) => service)));
  return { services, health };
}

/** The side port speaks plain HTTP on this machine, so no certificate is seen there. */
function withoutTlsOnLoopback(address: Address, { tls, ...options }: GrpcServerOptions): GrpcServerOptions {
  const isSpoken = tls !== undefined && address.kind === "tcp" && !isLoopback(address.host);
  return isSpoken ? { ...options, tls } : options;
}

function authenticatorOf(address: Address, { token, noToken, tls }: GrpcServerOptions): Authenticate {
  if (address.kind === "unix") return () => LOCAL;
  if (tls?.clientCertificates === "required") return certificateHolder;
  if (noToken === true) {
    requireLoopback(address);
    return () => ANYONE;
  }
  if (token !== undefined) return tokenAuthenticator(token);
  const text = "A loopback port is open to every local user: give a token, or say --no-token.";
  throw new Fault("INVALID_CONFIGURATION", text, { violations: [{ field: "token", description: "is missing" }] });
}

/** A certificate that the client CA has signed is the credential. */
function certificateHolder(_authorization: string | undefined, certificate: PeerCertificate | undefined): Principal {
  if (certificate === undefined) throw new Fault("UNAUTHENTICATED", "The connection was made without a certificate.");
  const { uriSans, commonName, fingerprint } = certificate;
  return { name: `certificate:${uriSans[0] ?? commonName ?? fingerprint}` };
}

function requireLoopback(address: Address & { kind: "tcp" }): void {
  if (isLoopback(address.host)) return;
  const text = `Without a token, whoever reaches ${addressText(address)} over the network may run jobs. Take --no-token back, or ask for client certificates (tls.client_certificates: required).`;
  const violations = [{ field: "no_token", description: "is for loopback alone" }];
  throw new Fault("INVALID_CONFIGURATION", text, { violations });
}

const LOCAL: Principal = { name: "local" };
const ANYONE: Principal = { name: "anyone" };

interface RunningServer {
  readonly transport: Transport;
  readonly sidePort: HttpSidePort | undefined;
  readonly health: HealthState;
}

function runningServer({ transport, sidePort, health }: RunningServer): GrpcServer {
  let draining: Promise<unknown> | undefined;
  const drain = async (graceMs: number): Promise<void> => {
    health.setServing(false);
    health.endWatches();
    draining ??= Promise.all([transport.drain({ graceMs }), sidePort?.drain({ graceMs })]);
    await draining;
  };
  return {
    address: transport.address,
    httpAddress: sidePort?.address,
    replaceTls(material) {
      transport.replaceTls(material);
      sidePort?.replaceTls(material);
    },
    setServing: (serving) => health.setServing(serving),
    drain: ({ graceMs }) => drain(graceMs),
    [Symbol.asyncDispose]: () => drain(0),
  };
}
