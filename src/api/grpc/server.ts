import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { ServerOptions } from "@grpc/grpc-js";
import type { EvidenceStore } from "#evidence";
import type { Clock } from "#model";
import { Fault, LIMITS } from "#model";
import type { JobRunner } from "#orchestration";
import { addService } from "./adapter.ts";
import type { Address } from "./address.ts";
import { parseAddress } from "./address.ts";
import type { Principal } from "./call-context.ts";
import { evidenceService } from "./evidence-service.ts";
import { executorService } from "./executor-service.ts";
import { createGate } from "./gate.ts";
import { HealthState, healthService } from "./health-service.ts";
import { startHttpSidePort } from "./http-side-port.ts";
import type { HttpSidePort } from "./http-side-port.ts";
import { listen } from "./listener.ts";
import type { Listener } from "./listener.ts";
import { reflectionServices } from "./reflection-service.ts";
import type { MountedService } from "./service.ts";
import { tokenAuthenticator } from "./token.ts";

/** What a server is started with. */
export interface GrpcServerOptions {
  /** `unix:/path` or a loopback `host:port`; port 0 takes a free one. */
  readonly address: string;
  readonly runner: JobRunner;
  readonly store: EvidenceStore;
  readonly clock: Clock;
  /** The bearer token that calls over TCP must bring. A unix socket is guarded by its mode and asks for none. */
  readonly token?: string;
  /** Said aloud: calls over loopback TCP need no token, so every local user may run jobs. */
  readonly noToken?: boolean;
  /** Whether the server describes its services to whoever asks. Default false. */
  readonly reflection?: boolean;
  /** A loopback `host:port` on which browsers and `curl` are served the same services; absent = none. It asks for the token. */
  readonly httpAddress?: string;
  /** Told of every error that is no `Fault`, with the path of the method. Callers are told a fixed sentence. */
  readonly onInternalError: (error: unknown, method: string) => void;
  /** Bounds, where a test or a measure needs others. */
  readonly limits?: {
    readonly connections?: number;
    readonly firstBytesTimeoutMs?: number;
    readonly receiveTimeoutMs?: number;
  };
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
}

/** Bounds of the transport; each is named in docs by its unit. */
const SERVER_OPTIONS: ServerOptions = {
  // A request just over its bound should be told so with details, not be cut by the transport: hence twice the bound.
  "grpc.max_receive_message_length": 2 * LIMITS.requestBytes,
  "grpc.max_send_message_length": LIMITS.responseBytes,
  "grpc.max_concurrent_streams": 100,
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.max_connection_idle_ms": 300_000,
  "grpc.max_connection_age_ms": 30 * 60_000,
  "grpc.max_connection_age_grace_ms": 60_000,
  "grpc.enable_channelz": 0,
};

/**
 * Starts a server on a unix socket of mode 0600 or a loopback port.
 * @throws {Fault} INVALID_CONFIGURATION for any other address, for loopback TCP without a token, or if the system
 *   refuses; STATE_LOCKED if another server answers on the socket.
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { clock, limits = {}, onInternalError } = options;
  const address = parseAddress(options.address);
  const httpAddress = options.httpAddress === undefined ? undefined : parseAddress(options.httpAddress);
  const gate = createGate({ clock, authenticate: authenticatorOf(address, options), onInternalError, ...limits });
  const server = new Server({ ...SERVER_OPTIONS, interceptors: [gate.interceptor] });

  const { services, health } = mountedServices(options);
  const { principalOf } = gate;
  for (const mounted of services) addService(server, mounted, { clock, principalOf, onInternalError });

  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = await listen({ address, clock, ...limits, accept: (socket) => injector.injectConnection(socket) });
  if (httpAddress === undefined) return runningServer({ server, listener, health, clock });
  try {
    const authenticate = authenticatorOf(httpAddress, options);
    const sidePort = await startHttpSidePort({ address: httpAddress, services, clock, authenticate, onInternalError });
    return runningServer({ server, listener, health, clock, sidePort });
  } catch (error) {
    await listener.close();
    throw error;
  }
}

function mountedServices(options: GrpcServerOptions): { services: readonly MountedService[]; health: HealthState } {
  const own = [executorService(options), evidenceService(options)];
  const names = own.map(({ service }) => service.typeName);
  const health = new HealthState(names, () => options.store.halted === undefined);
  const services = [...own, healthService(health)];
  if (options.reflection === true) services.push(...reflectionServices(services.map(({ service }) => service)));
  return { services, health };
}

function authenticatorOf(
  address: Address,
  { token, noToken }: GrpcServerOptions,
): (header: string | undefined) => Principal {
  if (address.kind === "unix") return () => LOCAL;
  if (token !== undefined) return tokenAuthenticator(token);
  if (noToken === true) return () => ANYONE;
  const text = "A loopback port is open to every local user: give a token, or say --no-token.";
  throw new Fault("INVALID_CONFIGURATION", text, { violations: [{ field: "token", description: "is missing" }] });
}

const LOCAL: Principal = { name: "local" };
const ANYONE: Principal = { name: "anyone" };

interface RunningServer {
  readonly server: Server;
  readonly listener: Listener;
  readonly health: HealthState;
  readonly clock: Clock;
  readonly sidePort?: HttpSidePort;
}

function runningServer(running: RunningServer): GrpcServer {
  const { listener, health, sidePort } = running;
  let draining: Promise<void> | undefined;
  return {
    address: listener.address,
    httpAddress: sidePort?.address,
    setServing: (serving) => health.setServing(serving),
    drain({ graceMs }) {
      draining ??= drainAll(running, graceMs);
      return draining;
    },
    async [Symbol.asyncDispose]() {
      draining ??= drainAll(running, 0);
      await draining;
    },
  };
}

async function drainAll({ server, listener, health, clock, sidePort }: RunningServer, graceMs: number): Promise<void> {
  health.setServing(false);
  health.endWatches();
  await listener.close();
  await Promise.all([drainServer(server, clock, graceMs), sidePort?.drain({ graceMs })]);
}

/** `tryShutdown` waits for calls without a limit, so the grace is ours. */
async function drainServer(server: Server, clock: Clock, graceMs: number): Promise<void> {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const stopTimer = clock.after(graceMs, () => resolve());
  server.tryShutdown(() => resolve());
  await ended;
  stopTimer();
  server.forceShutdown();
}
