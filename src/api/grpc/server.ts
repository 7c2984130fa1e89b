import type { EvidenceStore, HistoryReader, Sealer, Signer } from "#evidence";
import type { Clock, HealthSignals, Platform } from "#model";
import { Fault } from "#model";
import type { ContractKeeper, JobRunner, RunRunner, Scheduler } from "#orchestration";
import type { Identities } from "../identity/identities.ts";
import type { Authenticate, Principal } from "../identity/principal.ts";
import { Access } from "./access/access.ts";
import type { Denial, DenialKind } from "./access/denials.ts";
import { keptApart } from "./access/kept-apart.ts";
import type { Address } from "./address.ts";
import { addressText, isLoopback, parseAddress } from "./address.ts";
import { CallBudgets } from "./call-budgets.ts";
import type { CallLimits } from "./call-budgets.ts";
import type { OnCall } from "./call-watch.ts";
import { developmentPages } from "./development-pages.ts";
import { evidenceService } from "./evidence-service.ts";
import { executorService } from "./executor-service.ts";
import type { CertificateOf } from "./gate.ts";
import { governanceServices } from "./governance-services.ts";
import { HealthState, healthService } from "./health-service.ts";
import type { HooksPart } from "./hook-service.ts";
import { hookService, withHooks } from "./hook-service.ts";
import { startHttpSidePort } from "./http-side-port.ts";
import type { HttpSidePort } from "./http-side-port.ts";
import type { PeerCertificate } from "./peer-certificate.ts";
import { platformHealthService } from "./platform-health-service.ts";
import { platformService } from "./platform-service.ts";
import { queueService } from "./queue-service.ts";
import { reflectionServices } from "./reflection-service.ts";
import { runService } from "./run-service.ts";
import type { AboutServer, DenialReader } from "./server-service.ts";
import { serverService } from "./server-service.ts";
import type { MountedService } from "./service.ts";
import type { SidePage, SidePages } from "./side-pages.ts";
import { tokenAuthenticator } from "./token.ts";
import type { ServerTls, TlsMaterial } from "./tls/tls-material.ts";
import { requireSoundTls } from "./tls/tls-server.ts";
import { startTransport } from "./transport.ts";
import type { Transport, TransportLimits } from "./transport.ts";
import { WebhookDoor } from "./webhooks/webhook-door.ts";
import type { OnWebhook, WebhookEndpoint } from "./webhooks/webhook-endpoint.ts";

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
  /** What the server says of itself; absent = nothing. */
  readonly about?: AboutServer;
  readonly clock: Clock;
  /** The bearer token that calls over TCP must bring. A unix socket is guarded by its mode and asks for none. */
  readonly token?: string;
  /** Said aloud: calls over loopback TCP need no token, even if there is one, so every local user may run jobs. */
  readonly noToken?: boolean;
  /** Who calls over TCP, and whoever holds the machine; absent = the token, or the socket, is all that there is. */
  readonly identities?: Identities | undefined;
  /** Where calls prove by a certificate who makes them. */
  readonly certificateOf?: CertificateOf;
  /** A fresh id, for what a tenant makes without naming it. */
  readonly newId?: () => string;
  /** Told of calls that were denied: the first of each kind at once, then a number an interval. Must not throw. */
  readonly onDenied?: (denial: Denial) => void;
  /** Told of each call that was denied. Must not throw. */
  readonly onEachDenial?: (denial: Omit<Denial, "count">) => void;
  /** The denials that were recorded, where there are any; absent = none are. */
  readonly denials?: () => Promise<DenialReader | undefined>;
  /** Whether the server describes its services to whoever asks. Default false. */
  readonly reflection?: boolean;
  /** Spoken on TCP; absent = plain bytes, on loopback alone. */
  readonly tls?: ServerTls;
  /** Said aloud: plain bytes, and tokens in them, may go over a network. */
  readonly insecure?: boolean;
  /** A `host:port`, without `tls` a loopback one, on which browsers and `curl` are served the same services; absent = none. It asks for the token,
   * and off loopback for what `tls` asks for. */
  readonly httpAddress?: string;
  /** The page `/metrics` of the side port; absent = there is none. */
  readonly metricsPage?: () => Promise<SidePage>;
  /** Whether the side port has pages for whoever builds an application. Default false: they are not there. */
  readonly development?: boolean;
  /** What the side port takes signed deliveries for; needs `hooks`. */
  readonly webhooks?: { readonly endpoints: readonly WebhookEndpoint[]; readonly onWebhook: OnWebhook };
  /** Told of each call that ends; must not throw. */
  readonly onCall?: OnCall;
  /** Told of every error that is no `Fault`, with the path of the method. Callers are told a fixed sentence. */
  readonly onInternalError: (error: unknown, method: string) => void;
  /** Bounds, where a test or a measure needs others. */
  readonly limits?: TransportLimits & CallLimits;
}

/** What is open at one moment. */
export interface OpenNumbers {
  /** Calls under way, on both addresses. */
  readonly calls: number;
  /** Connections to the address of gRPC. */
  readonly grpcConnections: number;
  /** Connections to the side port. */
  readonly httpConnections: number;
}

/** A server that takes calls. */
export interface GrpcServer extends AsyncDisposable {
  /** Where it listens, as a client takes it. */
  readonly address: string;
  /** Where the HTTP side port listens, if there is one. */
  readonly httpAddress: string | undefined;
  /** What is open now. */
  readonly open: OpenNumbers;
  /** What `grpc.health.v1.Health` tells; false when the store has halted. */
  setServing(serving: boolean): void;
  /** How many calls were denied since the start, by kind. */
  readonly denied: Readonly<Record<DenialKind, number>>;
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
 * Starts a server on a unix socket of mode 0600 or on TCP; off loopback with `tls`, or with `insecure`.
 * @throws {Fault} INVALID_CONFIGURATION for an address off loopback without either, for TCP without a credential, or if the system
 *   refuses; STATE_LOCKED if another server answers on the socket.
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { clock, limits, onInternalError, onCall, tls } = options;
  const address = parseAddress(options.address);
  const httpAddress = options.httpAddress === undefined ? undefined : parseAddress(options.httpAddress);
  if (tls !== undefined) requireSoundTls(tls, clock);
  const access = new Access({
    clock,
    bounds: options.identities?.options.bounds,
    onDenied: options.onDenied ?? ignore,
    onEachDenial: options.onEachDenial,
  });
  const { services, health } = mountedServices(options, access);
  const budgets = new CallBudgets(clock, limits);
  const { certificateOf } = options;
  const common = {
    services,
    clock,
    budgets,
    access,
    onInternalError,
    tls,
    ...(certificateOf !== undefined && { certificateOf }),
    ...(onCall !== undefined && { onCall }),
    ...(limits !== undefined && { limits }),
  };

  const sidePort =
    httpAddress &&
    (await startHttpSidePort({
      ...common,
      ...limits,
      ...besideMethods(options),
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
    return runningServer({ transport, sidePort, health, budgets, access });
  } catch (error) {
    await sidePort?.drain({ graceMs: 0 });
    throw error;
  }
}

/** What the side port serves beside the methods. */
function besideMethods({ metricsPage, development, webhooks, hooks, clock, onInternalError }: GrpcServerOptions): {
  readonly pages: SidePages;
  readonly webhooks?: WebhookDoor;
} {
  const pages: SidePages = new Map([
    ...(metricsPage === undefined ? [] : ([["/metrics", metricsPage]] as const)),
    ...(development === true ? developmentPages(hooks) : []),
  ]);
  if (webhooks === undefined) return { pages };
  const { desk } = withHooks(hooks);
  return { pages, webhooks: new WebhookDoor({ ...webhooks, desk, clock, onInternalError }) };
}

interface Mounted {
  readonly services: readonly MountedService[];
  readonly health: HealthState;
}

function mountedServices(options: GrpcServerOptions, access: Access): Mounted {
  const own = [
    executorService(options),
    runService(options),
    evidenceService(options),
    platformService(options),
    platformHealthService(options),
    ...governanceServices(options),
    hookService(options),
    queueService(options),
    serverService({
      ...options,
      hasIdentities: options.identities !== undefined,
      served: () => services.map(({ service }) => service),
    }),
  ];
  const names = own.map(({ service }) => service.typeName);
  const health = new HealthState(names, () => options.store.halted === undefined);
  const services: MountedService[] = [...own, healthService(health)];
  if (options.reflection === true) services.push(...reflectionServices(services.map(({ service }) => service)));
  const newId = options.newId ?? noId;
  const onDenied = access.denied.bind(access);
  return { services: services.map((mounted) => keptApart(mounted, { newId, onDenied })), health };
}

function noId(): never {
  throw new Fault("INVALID_REQUEST", "This server makes no ids: name what is made.");
}

function ignore(): void {
  // nobody asked
}

/** The side port speaks plain HTTP on this machine, so no certificate is seen there. */
function withoutTlsOnLoopback(address: Address, { tls, ...options }: GrpcServerOptions): GrpcServerOptions {
  const isSpoken = tls !== undefined && address.kind === "tcp" && !isLoopback(address.host);
  return isSpoken ? { ...options, tls } : options;
}

function authenticatorOf(address: Address, { token, noToken, tls, identities }: GrpcServerOptions): Authenticate {
  if (identities !== undefined) return address.kind === "unix" ? () => identities.local : identities.authenticate;
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
  readonly budgets: CallBudgets;
  readonly access: Access;
}

function runningServer({ transport, sidePort, health, budgets, access }: RunningServer): GrpcServer {
  let draining: Promise<unknown> | undefined;
  const drain = async (graceMs: number): Promise<void> => {
    health.setServing(false);
    health.endWatches();
    draining ??= Promise.all([transport.drain({ graceMs }), sidePort?.drain({ graceMs })]);
    await draining;
    access.close();
  };
  return {
    address: transport.address,
    httpAddress: sidePort?.address,
    get open() {
      const { connections: grpcConnections } = transport;
      return { calls: budgets.calls, grpcConnections, httpConnections: sidePort?.connections ?? 0 };
    },
    get denied() {
      return access.totals;
    },
    replaceTls(material) {
      transport.replaceTls(material);
      sidePort?.replaceTls(material);
    },
    setServing: (serving) => health.setServing(serving),
    drain: ({ graceMs }) => drain(graceMs),
    [Symbol.asyncDispose]: () => drain(0),
  };
}
