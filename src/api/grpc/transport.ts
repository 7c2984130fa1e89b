import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { ServerOptions } from "@grpc/grpc-js";
import type { Socket } from "node:net";
import type { Clock } from "#model";
import type { Authenticate } from "../identity/principal.ts";
import { LIMITS } from "#model";
import { addService } from "./adapter.ts";
import type { Address } from "./address.ts";
import type { CallBudgets } from "./call-budgets.ts";
import type { OnCall } from "./call-watch.ts";
import type { Access } from "./access/access.ts";
import { createGate } from "./gate.ts";
import type { CertificateOf } from "./gate.ts";
import { listen } from "./listener.ts";
import type { MountedService } from "./service.ts";
import type { ServerTls, TlsMaterial } from "./tls/tls-material.ts";

/** Room above the largest request, so that one just over it is refused with details and not cut by the transport. */
const SLACK_BYTES = 64 * 1024;

/** Bounds of every connection. Its age is bounded so that every stream is resumed by sequence number now and then. */
const SERVER_OPTIONS: ServerOptions = {
  "grpc.max_receive_message_length": LIMITS.requestBytes + SLACK_BYTES,
  "grpc.max_send_message_length": LIMITS.responseBytes,
  "grpc.max_concurrent_streams": 100,
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.max_connection_idle_ms": 300_000,
  "grpc.max_connection_age_ms": 30 * 60_000,
  "grpc.max_connection_age_grace_ms": 60_000,
  "grpc.enable_channelz": 0,
};

/** Bounds that a test or a measure may set. */
export interface TransportLimits {
  readonly connections?: number;
  readonly unprovenMs?: number;
  readonly receiveTimeoutMs?: number;
}

/** What a transport is given. */
export interface TransportOptions {
  readonly address: Address;
  readonly services: readonly MountedService[];
  readonly clock: Clock;
  readonly budgets: CallBudgets;
  readonly authenticate: Authenticate;
  readonly access: Access;
  readonly certificateOf?: CertificateOf;
  readonly onInternalError: (error: unknown, method: string) => void;
  readonly onCall?: OnCall;
  readonly limits?: TransportLimits;
  /** Absent = as plain bytes, as on every unix socket. */
  readonly tls?: ServerTls | undefined;
  /** Said aloud: plain bytes may go over a network. */
  readonly insecure?: boolean | undefined;
}

/** Services on an address. */
export interface Transport {
  /** Where it listens, as a client takes it. */
  readonly address: string;
  /** Connections that are open. */
  readonly connections: number;
  /** Takes no new connections and calls, waits for those that run, and cuts what is left after `graceMs`. Call it once. */
  drain(options: { readonly graceMs: number }): Promise<void>;
  /** Has the handshakes from now on made with other files. @throws {Fault} INVALID_CONFIGURATION; then nothing has changed. */
  replaceTls(material: TlsMaterial): void;
}

/**
 * Serves over gRPC on a unix socket of mode 0600, on a loopback port, or on any port with TLS.
 * @throws {Fault} INVALID_CONFIGURATION for any other address, or if the system refuses; STATE_LOCKED if another server
 *   answers on the socket.
 */
export async function startTransport(options: TransportOptions): Promise<Transport> {
  const { address, services, clock, access, onInternalError, limits = {}, tls, insecure } = options;
  const { interceptor, letIn } = createGate({ ...options, ...limits });
  const server = new Server({ ...SERVER_OPTIONS, interceptors: [interceptor] });
  const served = services.flatMap((mounted) => addService(server, mounted, { clock, letIn, onInternalError }));
  access.requireRows(served);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  // TLS is ours and not the library's: it would hand over no connection before its handshake, and counts none of them.
  const accept = (socket: Socket): void => injector.injectConnection(socket);
  const listener = await listen({ address, clock, ...limits, tls, insecure, accept });

  return {
    address: listener.address,
    get connections() {
      return listener.connections;
    },
    replaceTls: (material) => listener.replaceTls(material),
    async drain({ graceMs }) {
      // The library's own shutdown waits without a limit, and does not see connections that were injected: every one is
      // asked to end after its calls, and cut after the grace.
      injector.drain(graceMs + 1000); // the cut below comes first, and reads as UNAVAILABLE to clients
      const stopTimer = clock.after(graceMs, () => listener.cut());
      await listener.close();
      stopTimer();
      server.forceShutdown();
    },
  };
}
